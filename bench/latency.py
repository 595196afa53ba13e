"""From a webhook that was due to its committed effect, 50 a second; against publishing a raw Celery no-op.

An effect counts when another connection sees its row terminal, which is after COMMIT. The row's own
`finished_at` would flatter: it is written before the commit's fsync. Both clocks are this machine's.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Generator
from contextlib import ExitStack, contextmanager

from bench.ground import Ground, wait_until
from bench.intake import HUB_PATH, send
from bench.machine import now_text
from bench.measures import Part, Series, percentile
from bench.road_tasks import DELAYS_KEY, NOTE_DELAY
from hub.taskqueue.app import app
from hub.taskqueue.names import Queue
from tools.stack.ports import is_free

ROUNDS = 5
RATE_PER_S = 50
EVENTS = 400
WARM_UP_EVENTS = 50
_LOOK_EVERY_S = 0.002
_PATIENCE_S = 20.0
REMARKS = [
    "Webhooks are sent by the clock whether or not earlier ones are answered; delays start when one was due.",
    f"API, core worker and relay run as in `make run`; {ROUNDS} rounds of {EVENTS // RATE_PER_S} s.",
    "An effect counts when another connection sees its row terminal, after COMMIT; a look every 2 ms.",
    "That overstates ours by 1 ms on average. The no-op is timed inside its task, before anything is stored.",
]


def run(ground: Ground) -> Part:
    """Interleave webhooks and no-ops."""
    ground.forget_events()
    points: dict[str, list[float]] = defaultdict(list)
    with ExitStack() as stack:
        for name in ("api", "core", "relay"):
            stack.enter_context(ground.running(ground.program(name)))
        stack.enter_context(ground.running(ground.worker_of("bench.road_tasks", Queue.SLOW)))
        wait_until(lambda: not is_free(ground.desk.ports.api), "the API listens", patience_s=30)
        _hub_delays_ms(ground, WARM_UP_EVENTS)
        _no_op_delays_ms(ground, WARM_UP_EVENTS)
        for _ in range(ROUNDS):
            for key, delays_ms in (
                ("hub", _hub_delays_ms(ground, EVENTS)),
                ("no_op", _no_op_delays_ms(ground, EVENTS)),
            ):
                points[f"{key}_p50"].append(percentile(delays_ms, 0.50))
                points[f"{key}_p99"].append(percentile(delays_ms, 0.99))
    titles = {"hub": "hub: webhook due → effect committed", "no_op": "raw Celery no-op: publish → run"}
    series = {
        f"{key}_{point}": Series(f"{title}, {point}", "ms", points[f"{key}_{point}"])
        for key, title in titles.items()
        for point in ("p50", "p99")
    }
    return Part(now_text(), series, REMARKS)


def _hub_delays_ms(ground: Ground, events: int) -> list[float]:
    """Send webhooks by the clock; milliseconds of each until its effect was seen."""
    with _watching(ground) as seen_at_s:
        told = send(
            ground.desk.ports.api, HUB_PATH, events=events, rate=RATE_PER_S, words=["--with-instants"]
        )
        due_at_s: dict[str, float] = told["sent_at_s"]
        wait_until(lambda: due_at_s.keys() <= seen_at_s.keys(), "every effect seen", patience_s=_PATIENCE_S)
    return [(seen_at_s[event_id] - due_s) * 1000 for event_id, due_s in due_at_s.items()]


@contextmanager
def _watching(ground: Ground) -> Generator[dict[str, float]]:
    """Note, while the block runs, when each new event's row is first seen terminal."""
    seen_at_s: dict[str, float] = {}
    stopping = threading.Event()
    with ground.connect() as connection:
        [(floor,)] = connection.execute("SELECT coalesce(max(id), 0) FROM inbox_event").fetchall()

        def watch() -> None:
            unseen_from = floor
            while not stopping.wait(_LOOK_EVERY_S):
                rows = connection.execute(_TERMINAL, {"floor": unseen_from}).fetchall()
                now_s = time.time()
                for _, event_id in rows:
                    seen_at_s.setdefault(event_id, now_s)
                # Ids may be seen out of order; only an unbroken row of them can be left behind.
                for number, _ in rows:
                    if number != unseen_from + 1:
                        break
                    unseen_from = number

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield seen_at_s
        finally:
            stopping.set()
            watcher.join()


def _no_op_delays_ms(ground: Ground, events: int) -> list[float]:
    """Publish no-ops by the clock; milliseconds of each until its task ran."""
    with ground.broker() as broker, app.producer_pool.acquire(block=True) as producer:
        broker.delete(DELAYS_KEY)
        started_at_s = time.time()
        for number in range(events):
            time.sleep(max(0.0, started_at_s + number / RATE_PER_S - time.time()))
            app.send_task(
                NOTE_DELAY, args=[time.time()], queue=Queue.SLOW.value, producer=producer, retry=False
            )
        wait_until(lambda: broker.llen(DELAYS_KEY) == events, "every no-op run", patience_s=_PATIENCE_S)
        return [float(delay_ms) for delay_ms in broker.lrange(DELAYS_KEY, 0, -1)]


_TERMINAL = """
SELECT id, event_id FROM inbox_event
WHERE id > %(floor)s AND state NOT IN ('ready', 'running', 'parked') ORDER BY id
"""
