"""Inbox rows to posted cashback through a real worker and relay; against raw Celery, and a task per event.

A round starts its worker afresh, warms it up, prepares the work while nothing runs, and takes the time from
the first nudge (or the worker's awakening) until the last row is terminal (or the broker is empty).
"""

import itertools
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import redis
from sqlalchemy import text

from bench.events import patient_refs, visits
from bench.ground import Ground, StalledError, wait_until
from bench.machine import now_text
from bench.measures import Part, Series
from bench.road_tasks import HANDLE_ONE, NOTHING, TUNED
from hub.db.transaction import transaction
from hub.flows.onec_intake import read_arrivals
from hub.inbox.store import receive
from hub.taskqueue.app import app
from hub.taskqueue.names import Queue, TaskName
from hub.taskqueue.nudge import Nudge, publish
from tools.seed import INFOBASE
from tools.stack.children import Program

ROUNDS = 5
EVENTS = 20_000
WARM_UP_EVENTS = 400
NO_OPS = 5_000
SINGLE_EVENTS = 1_000
_PATIENCE_S = 120.0
_ARRIVALS_PER_STATEMENT = 200
_MESSAGES_PER_TRIP = 500
REMARKS = [
    "Each event is a visit of two lines of one of 2,000 patients: mirror, cashback, ledger, audit, outbox.",
    f"A round: {EVENTS:,} rows of ours, all due at once; {NO_OPS:,} no-ops; {SINGLE_EVENTS:,} single events.",
    "Every worker runs as `make run`'s core worker: prefork -c 2, late acks, prefetch 1, task events.",
    "Tuned no-ops run without task events and hoard 16 messages a child.",
    "The task per event claims by id, tells the same flow and settles in one transaction.",
]
_numbers = itertools.count(50_000_000, 100_000)


def run(ground: Ground) -> Part:
    """Interleave the ways, round by round."""
    rates: dict[str, list[float]] = defaultdict(list)
    bench_worker = ground.worker_of("bench.road_tasks", Queue.SLOW)
    tuned = replace(bench_worker, env={**bench_worker.env, TUNED: "1"})
    for _ in range(ROUNDS):
        rates["hub"].append(_drain_rate(ground))
        rates["no_op"].append(_no_op_rate(ground, bench_worker))
        rates["single"].append(_single_rate(ground, bench_worker))
        rates["no_op_tuned"].append(_no_op_rate(ground, tuned))
    titles = {
        "hub": "hub: nudge and drain",
        "no_op": "raw Celery no-op tasks",
        "single": "one Celery task per event, same work",
        "no_op_tuned": "raw Celery no-op tasks, tuned",
    }
    return Part(now_text(), {key: Series(title, "/s", rates[key]) for key, title in titles.items()}, REMARKS)


def _drain_rate(ground: Ground) -> float:
    """Events per second of the hub's own worker and relay."""
    ground.forget_events()
    with ground.running(ground.program("core")), ground.running(ground.program("relay")):
        _keep(WARM_UP_EVENTS, Queue.CORE)
        publish([Nudge(TaskName.DRAIN_INBOX, Queue.CORE)])
        _wait_until_terminal(ground)
        floor = _last_id(ground)
        _keep(EVENTS, Queue.CORE)
        started_at_s = time.time()
        publish([Nudge(TaskName.DRAIN_INBOX, Queue.CORE)])
        _wait_until_terminal(ground)
        return EVENTS / (_finished_at_s(ground, floor, EVENTS) - started_at_s)


def _no_op_rate(ground: Ground, worker: Program) -> float:
    """Messages per second of a worker whose tasks do nothing."""
    ground.forget_events()
    with ground.running(worker) as process, ground.broker() as broker:
        _warm_up(broker)
        return _consume(process, broker, NOTHING, [()] * NO_OPS)


def _single_rate(ground: Ground, worker: Program) -> float:
    """Events per second when each has a message, a task and a commit of its own."""
    ground.forget_events()
    with ground.running(worker) as process, ground.broker() as broker:
        _warm_up(broker)
        # Of a queue that the relay knows nothing of, and in nobody else's reach.
        ids = _keep(WARM_UP_EVENTS, "bench")
        _consume(process, broker, HANDLE_ONE, [(event_id,) for event_id in ids])
        ids = _keep(SINGLE_EVENTS, "bench")
        rate = _consume(process, broker, HANDLE_ONE, [(event_id,) for event_id in ids])
    _finished_at_s(ground, ids[0] - 1, SINGLE_EVENTS)
    return rate


def _keep(count: int, queue: str) -> list[int]:
    """Receive so many visits in one transaction, so that all become due at the same instant; their ids."""
    bodies = visits(count, first_no=next(_numbers), patients=patient_refs())
    arrivals = [
        replace(arrival, queue=queue)
        for body in bodies
        for arrival in read_arrivals(
            body.content, body.content_type, infobase=INFOBASE, correlation_id="bench-road"
        ).arrivals
    ]
    with transaction() as session:
        for first in range(0, count, _ARRIVALS_PER_STATEMENT):
            receive(session, arrivals[first : first + _ARRIVALS_PER_STATEMENT])
        rows = session.execute(_NEWEST, {"count": count}).all()
    return [row.id for row in rows]


def _wait_until_terminal(ground: Ground) -> None:
    with ground.connect() as connection:
        wait_until(
            lambda: connection.execute(_IS_SOME_OPEN).fetchone() == (False,),
            "every row terminal",
            patience_s=_PATIENCE_S,
            every_s=0.1,
        )


def _last_id(ground: Ground) -> int:
    with ground.connect() as connection:
        [(last_id,)] = connection.execute("SELECT max(id) FROM inbox_event").fetchall()
    return int(last_id)


def _finished_at_s(ground: Ground, floor: int, expected: int) -> float:
    """Give when the last row above the floor became terminal. Raises: StalledError unless all had effect."""
    with ground.connect() as connection:
        [(processed, finished_at_s)] = connection.execute(_SUMMARY, {"floor": floor}).fetchall()
    if processed != expected:
        raise StalledError(f"{processed} of {expected} events were processed with effect")
    return float(finished_at_s)


def _warm_up(broker: "redis.Redis") -> None:
    """Let the worker run a few messages, which also tells that it is there."""
    _publish(NOTHING, [()] * 100)
    wait_until(lambda: not _waiting(broker), "the worker answers", patience_s=_PATIENCE_S)


def _consume(
    process: subprocess.Popen[bytes], broker: "redis.Redis", task: str, calls: Sequence[tuple[int, ...]]
) -> float:
    """Publish while the worker's main process stands still, then wake it; messages per second until none."""
    process.send_signal(signal.SIGSTOP)
    try:
        _publish(task, calls)
    finally:
        process.send_signal(signal.SIGCONT)
    started_at_s = time.perf_counter()
    wait_until(lambda: not _waiting(broker), f"{task} drained", patience_s=_PATIENCE_S, every_s=0.01)
    return len(calls) / (time.perf_counter() - started_at_s)


def _publish(task: str, calls: Sequence[tuple[int, ...]]) -> None:
    with app.producer_pool.acquire(block=True) as producer:
        for first in range(0, len(calls), _MESSAGES_PER_TRIP):
            with producer.batch():  # type: ignore[attr-defined]  # new in kombu 5.7, not in the stubs yet
                for call in calls[first : first + _MESSAGES_PER_TRIP]:
                    app.send_task(task, args=call, queue=Queue.SLOW.value, producer=producer, retry=False)


def _waiting(broker: "redis.Redis") -> int:
    """Count messages that wait, and those that a worker has taken and not acknowledged."""
    pipeline = broker.pipeline(transaction=False)
    pipeline.llen(f"hub:{Queue.SLOW}")
    pipeline.hlen("hub:unacked")
    return sum(pipeline.execute())


_NEWEST = text(
    "SELECT id FROM (SELECT id FROM inbox_event ORDER BY id DESC LIMIT :count) AS newest ORDER BY id"
)
_IS_SOME_OPEN = "SELECT EXISTS (SELECT FROM inbox_event WHERE state IN ('ready', 'running'))"
_SUMMARY = """
SELECT count(*) FILTER (WHERE state = 'processed' AND effects <> '[]'), extract(epoch FROM max(finished_at))
FROM inbox_event WHERE id > %(floor)s
"""
