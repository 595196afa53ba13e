"""The promise, with real processes: what was acknowledged is never lost and never counted twice."""

import concurrent.futures
import os
import signal
import uuid

import psycopg
from psycopg import sql

from hub.db.locks import lock_key
from tests.conftest import Servers
from tests.factories.onec import visit_event
from tests.scenarios.conftest import Hub, wait_until


def start(hub: Hub, *names: str) -> None:
    for name in names:
        hub.start(name)
    if "api" in names:
        wait_until(hub.is_ready, within_s=30, what="the API is ready")


def all_done(hub: Hub, event_ids: list[str]) -> bool:
    return all(hub.state(event_id) in {"processed", "duplicate"} for event_id in event_ids)


def test_a_hundred_parallel_copies_make_one_effect(hub: Hub) -> None:
    start(hub, "api", "core", "relay")
    event = visit_event()
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: hub.push(event), range(100)))
    assert {answer.status_code for answer in answers} == {202}
    assert [answer.json()["duplicate"] for answer in answers].count(False) == 1
    assert len({answer.json()["receipt_id"] for answer in answers}) == 1
    wait_until(lambda: all_done(hub, [event["event_id"]]), within_s=30, what="the event is processed")
    assert hub.cashback() == 13_005


def test_a_worker_killed_in_mid_batch_loses_and_doubles_nothing(hub: Hub, clean: Servers) -> None:
    start(hub, "api", "relay")
    events = [visit_event(ref=str(uuid.uuid4())) for _ in range(50)]
    for event in events:
        assert hub.push(event).status_code == 202
    obstacle = lock_key(f"visit:umc_corp:{events[30]['object']['ref']}")
    with psycopg.connect(clean.superuser_conninfo, autocommit=True) as connection:
        # Hold one document of the batch, so that the worker stands in the middle of its transaction.
        connection.execute("SELECT pg_advisory_lock(%s)", [obstacle])
        start(hub, "core")
        wait_until(lambda: is_waiting(connection), within_s=30, what="a worker stands in mid-batch")
        hub.kill("core")
        connection.execute("SELECT pg_advisory_unlock(%s)", [obstacle])
    assert hub.cashback() == 0
    start(hub, "core")
    ids = [event["event_id"] for event in events]
    wait_until(lambda: all_done(hub, ids), within_s=45, what="all events are processed")
    assert hub.cashback() == 50 * 13_005


def test_a_backend_killed_between_commit_and_nudge_loses_nothing(hub: Hub, clean: Servers) -> None:
    start(hub, "api", "core")
    event = visit_event()
    os.kill(clean.redis.pid, signal.SIGSTOP)
    try:
        assert hub.push(event).status_code == 202
        hub.kill("api")
    finally:
        os.kill(clean.redis.pid, signal.SIGCONT)
    start(hub, "relay", "api")
    wait_until(lambda: all_done(hub, [event["event_id"]]), within_s=30, what="the relay finds the event")
    again = hub.push(event)
    assert (again.status_code, again.json()["duplicate"]) == (202, True)
    assert hub.cashback() == 13_005


def test_webhooks_are_kept_while_redis_is_away_and_drained_after(hub: Hub, clean: Servers) -> None:
    start(hub, "api", "core", "relay")
    clean.redis.stop(immediate=True)
    events = [visit_event(ref=str(uuid.uuid4())) for _ in range(10)]
    try:
        assert {hub.push(event).status_code for event in events} == {202}
    finally:
        clean.redis.start()
    ids = [event["event_id"] for event in events]
    wait_until(lambda: all_done(hub, ids), within_s=45, what="all events are processed")
    assert hub.cashback() == 10 * 13_005


def is_waiting(connection: psycopg.Connection) -> bool:
    query = sql.SQL("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    row = connection.execute(query).fetchone()
    return row is not None and row[0] > 0


def test_a_relay_whose_lock_was_cut_off_leads_again_or_not_at_all(hub: Hub, clean: Servers) -> None:
    start(hub, "relay")
    with psycopg.connect(clean.superuser_conninfo, autocommit=True) as connection:
        wait_until(lambda: leaders(connection) != [], within_s=30, what="the relay leads")
        [cut_off] = leaders(connection)
        connection.execute("SELECT pg_terminate_backend(%s)", [cut_off])
        wait_until(
            lambda: leaders(connection) not in ([], [cut_off]),
            within_s=30,
            what="the relay holds its lock again",
        )


def leaders(connection: psycopg.Connection) -> list[int]:
    """Server processes of the connections that hold the relay's lock."""
    query = (
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
        " AND (classid::bigint << 32) + objid::bigint = %s"
    )
    return [pid for (pid,) in connection.execute(query, [lock_key("relay")]).fetchall()]
