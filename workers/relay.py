"""The relay: `python -m workers.relay`. Finds due rows and dead leases, and nudges.

One leads (an advisory lock on its own connection), any number stand by. It needs neither beat nor a
working broker: when Redis is away it goes on tending, and the nudges follow when it is back.
"""

import os
import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager

import structlog
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from hub.db.engine import engine
from hub.db.locks import lock_key
from hub.db.transaction import transaction
from hub.flows.tend import Tended, tend
from hub.kernel.errors import BusyError
from hub.kernel.logging import configure_logging
from hub.kernel.settings import settings
from hub.taskqueue.names import TaskName
from hub.taskqueue.nudge import Nudge, publish

TICK_S = 1.0
STANDBY_S = 2.0
_ARE_WE_CONNECTED = text("SELECT 1")
log = structlog.get_logger()


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    os.environ.setdefault("HUB_POOL_SIZE", "2")
    configure_logging(level=settings().log_level, as_json=settings().log_json)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while not stop.is_set():
        try:
            with _leadership() as connection:
                _lead(stop, connection) if connection else stop.wait(STANDBY_S)
        except (BusyError, SQLAlchemyError) as error:
            log.warning("relay_put_off", error_class=type(error).__name__)
            stop.wait(STANDBY_S)


def _lead(stop: threading.Event, leadership: Connection) -> None:
    """Tend and nudge, tick by tick, as long as the leader's connection lives."""
    log.info("relay_leads")
    while not stop.wait(TICK_S):
        # The lock dies silently with its connection, and tending would go on over another one.
        leadership.execute(_ARE_WE_CONNECTED)
        with transaction() as session:
            tended = tend(session)
        if tended.leases_expired or tended.uncertain:
            log.warning("leases_expired", inbox=tended.leases_expired, deliveries=tended.uncertain)
        nudges = _nudges(tended)
        if nudges:
            publish(nudges)


def _nudges(tended: Tended) -> list[Nudge]:
    return [
        *(Nudge(TaskName.DRAIN_INBOX, queue) for queue in tended.queues),
        *(Nudge(TaskName.DELIVER, destination) for destination in tended.destinations),
        *([Nudge(TaskName.NOTIFY, "")] if tended.has_notices else []),
    ]


@contextmanager
def _leadership() -> Generator[Connection | None]:
    """Hold the leader's lock as long as this connection lives; None when another relay leads."""
    connection: Connection
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        is_leader = connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": lock_key("relay")})
        try:
            yield connection if is_leader else None
        finally:
            if is_leader and not connection.invalidated:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": lock_key("relay")})


if __name__ == "__main__":
    main()
