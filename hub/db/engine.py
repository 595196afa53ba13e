"""One engine per process, made when first used and thrown away after a fork.

Statement and lock timeouts stand on every connection: a stuck statement is an error, not an outage.
"""

import os
from functools import cache

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import ConnectionPoolEntry

from hub.kernel.settings import settings

_STATEMENT_TIMEOUT_MS = 30_000
_LOCK_TIMEOUT_MS = 10_000
_IDLE_TIMEOUT_MS = 30_000
_CONNECT_TIMEOUT_S = 3
_PREPARE_AFTER = 3


@cache
def engine() -> Engine:
    """Give the process's engine. Pool size from HUB_POOL_SIZE, set by each process's own start."""
    size = int(os.environ.get("HUB_POOL_SIZE", "8"))
    return make_engine(settings().database_url.get_secret_value(), pool_size=size)


def make_engine(url: str, *, pool_size: int) -> Engine:
    """Make an engine with the hub's timeouts; a dead pooled connection is replaced before use."""
    made = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5,
        pool_pre_ping=True,
        hide_parameters=True,  # values may be personal, and errors are logged
        connect_args={"connect_timeout": _CONNECT_TIMEOUT_S, "prepare_threshold": _PREPARE_AFTER},
    )
    event.listen(made, "connect", _set_timeouts)
    return made


def forget_engine_after_fork() -> None:
    """Drop the parent's connections without closing them: the sockets are the parent's."""
    if engine.cache_info().currsize:
        engine().dispose(close=False)
        engine.cache_clear()


def _set_timeouts(connection: object, _entry: ConnectionPoolEntry) -> None:
    """Set by statement, not by start-up option, so that poolers in between do not mind."""
    cursor = connection.cursor()  # type: ignore[attr-defined]  # a psycopg connection, typed as object by SQLAlchemy
    cursor.execute(
        f"SET statement_timeout = {_STATEMENT_TIMEOUT_MS};"
        f"SET lock_timeout = {_LOCK_TIMEOUT_MS};"
        f"SET idle_in_transaction_session_timeout = {_IDLE_TIMEOUT_MS};"
        "SET TIME ZONE 'UTC'"
    )
    connection.commit()  # type: ignore[attr-defined]  # ends the transaction of the SETs above
    cursor.close()
