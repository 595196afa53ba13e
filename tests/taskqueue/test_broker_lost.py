"""A worker outlives its broker, however it stands when the broker goes."""

import logging
import socket
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import pytest
from kombu import Connection, Exchange, Message, Queue

from hub.taskqueue.app import app
from tools.stack.redis import Redis

CORE, SCHED = (
    Queue(name, Exchange("hub", type="direct"), routing_key=name, auto_delete=False)
    for name in ("core", "sched")
)


@pytest.fixture
def broker(tmp_path: Path) -> Generator[Redis]:
    redis = Redis(tmp_path / "redis")
    redis.start()
    yield redis
    redis.stop(immediate=True)


@pytest.mark.usefixtures("database")
def test_a_connection_with_a_nudge_in_hand_is_given_up_in_peace(
    broker: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    connection = Connection(broker.url(), transport_options=app.conf.broker_transport_options)
    in_hand: list[Message] = []
    consumers = [
        connection.Consumer(
            queue, channel=channel, callbacks=[lambda _body, message: in_hand.append(message)]
        )
        for queue, channel in ((CORE, connection.default_channel), (SCHED, connection.channel()))
    ]
    for consumer in consumers:
        consumer.consume()
    with connection.Producer() as producer:
        producer.publish({}, exchange=CORE.exchange, routing_key="core", declare=[CORE])
    while not in_hand:
        connection.drain_events(timeout=5)
    with suppress(socket.timeout):
        connection.drain_events(timeout=0.2)  # both channels stand waiting for the next one
    broker.stop(immediate=True)
    # Celery's worker does just this, and dies of whatever is raised here.
    connection.collect(socket_timeout=1)
    connection.close()
    in_hand[0].ack()
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []
