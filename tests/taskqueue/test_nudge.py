"""A nudge comes after the commit, off the caller's path, and may be lost; it never hurts its caller."""

import json
import threading
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import kombu.pools
import pytest
import redis
import structlog

from hub.db.transaction import transaction
from hub.taskqueue.app import app
from hub.taskqueue.names import Queue, TaskName
from hub.taskqueue.nudge import Nudge, Nudger, nudge, nudge_now, publish
from tests.conftest import Servers
from tests.db.failing import FailedError, fail_after
from tools.stack.redis import Redis

DRAIN = Nudge(TaskName.DRAIN_INBOX, "core")
PATIENCE_S = 15


@pytest.fixture(autouse=True)
def log() -> Generator[list[Any]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


@pytest.fixture(scope="module")
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """A broker of these tests alone, to be stopped, filled and started again."""
    server = Redis(tmp_path_factory.mktemp("redis"), password="own-redis-password")
    server.start()
    yield server
    server.stop(immediate=True)


def disconnect() -> None:
    """Let the next sender open a connection to whatever the broker's address is now."""
    kombu.pools.reset()
    app._after_fork()  # type: ignore[attr-defined]  # not in the stubs


@pytest.fixture
def broker(database: Servers, own_redis: Redis, monkeypatch: pytest.MonkeyPatch) -> Generator[redis.Redis]:
    """The broker, empty, with Celery pointed at it; gives a look into it."""
    own_redis.start()
    monkeypatch.setitem(app.conf, "broker_url", own_redis.url())
    monkeypatch.setitem(app.conf, "broker_connection_timeout", 0.5)  # how long an absent one is asked for
    disconnect()
    with redis.Redis.from_url(own_redis.url()) as client:
        client.config_set("maxmemory", 0)
        client.flushall()
        yield client
    disconnect()


def waiting(broker: redis.Redis, queue: Queue = Queue.CORE) -> list[dict[str, Any]]:
    return [json.loads(message) for message in broker.lrange(f"hub:{queue.value}", 0, -1)]


def until(claim: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not claim():
        assert time.monotonic() < deadline_s
        threading.Event().wait(0.01)


def test_nudges_go_to_their_tasks_queue_and_expire(broker: redis.Redis) -> None:
    assert publish([DRAIN, Nudge(TaskName.DELIVER, "sms")])
    [drain], [deliver] = waiting(broker), waiting(broker, Queue.IO)
    assert (drain["headers"]["task"], drain["headers"]["argsrepr"]) == ("inbox.drain", "['core']")
    assert deliver["headers"]["task"] == "outbox.deliver"
    assert drain["headers"]["expires"] is not None


def test_publishing_nothing_is_nothing(broker: redis.Redis) -> None:
    assert publish([])
    assert waiting(broker) == []


def test_a_nudge_asked_for_in_a_transaction_comes_after_its_commit(
    broker: redis.Redis, clean: Servers
) -> None:
    with transaction() as session:
        nudge(session, TaskName.DRAIN_INBOX, "core")
        let_another_overtake(broker)
        assert waiting(broker) == []
    until(lambda: waiting(broker))


def test_a_failed_transaction_nudges_nobody(broker: redis.Redis, clean: Servers) -> None:
    with pytest.raises(FailedError):
        fail_after(lambda session: nudge(session, TaskName.DRAIN_INBOX, "core"))
    let_another_overtake(broker)
    assert waiting(broker) == []


def let_another_overtake(broker: redis.Redis) -> None:
    """Whatever was asked for before has been sent when this one has."""
    nudge_now(TaskName.DELIVER, "sms")
    until(lambda: waiting(broker, Queue.IO))


def test_a_crowd_of_wishes_is_a_few_nudges(broker: redis.Redis) -> None:
    nudger = Nudger()
    for _ in range(2_000):
        nudger.ask(DRAIN)
    until(lambda: waiting(broker))
    assert len(waiting(broker)) < 100


def test_without_redis_asking_never_raises_and_publishing_says_no(
    broker: redis.Redis, own_redis: Redis, log: list[Any]
) -> None:
    own_redis.stop(immediate=True)
    nudger = Nudger()
    for _ in range(100):
        nudger.ask(DRAIN)
    assert publish([DRAIN]) is False
    assert "nudge_lost" in {line["event"] for line in log}


def test_when_redis_is_back_the_same_sender_goes_on(broker: redis.Redis, own_redis: Redis) -> None:
    nudger = Nudger()
    own_redis.stop(immediate=True)
    nudger.ask(DRAIN)
    assert publish([DRAIN]) is False
    own_redis.start()

    def came_through() -> object:
        nudger.ask(DRAIN)
        return waiting(broker)

    until(came_through)


def test_a_full_redis_loses_the_nudge_and_not_the_sender(broker: redis.Redis, log: list[Any]) -> None:
    """It answers, but takes nothing more: the process that nudges must live on."""
    nudger = Nudger()
    broker.config_set("maxmemory", 1)
    assert publish([DRAIN]) is False
    nudger.ask(DRAIN)
    until(lambda: sum(line["event"] == "nudge_lost" for line in log) >= 2)
    broker.config_set("maxmemory", 0)

    def came_through() -> object:
        nudger.ask(DRAIN)
        return waiting(broker)

    until(came_through)


def test_a_frozen_redis_holds_a_publisher_for_seconds_only(broker: redis.Redis, tmp_path: Path) -> None:
    assert publish([DRAIN])
    broker.client_pause(60_000)  # every command hangs, as on a frozen host; the sockets' timeouts end it
    Nudger().ask(DRAIN)
    assert publish([DRAIN]) is False
