"""One engine per process, made when first used and thrown away after a fork.

Statement and lock timeouts stand on every connection: a stuck statement is an error, not an outage.
"""

import os
import threading
from typing import Any

from psycopg import Connection
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import ConnectionPoolEntry

from hub.db.arrays import ArrayDumper
from hub.kernel.settings import settings

_STATEMENT_TIMEOUT_MS = 30_000
_LOCK_TIMEOUT_MS = 10_000
_IDLE_TIMEOUT_MS = 30_000
_CONNECT_TIMEOUT_S = 3
_PREPARE_AFTER = 3
# Our statements look rows up by key, and the server keeps their plans: one made while a table was small must
# not go on scanning it when it has grown. Whoever reads whole tables says so (ledger/checks.py). A scan that
# cannot be helped then looks dear enough to be compiled, which costs more than it brings.
_SESSION = f"""
SET statement_timeout = {_STATEMENT_TIMEOUT_MS};
SET lock_timeout = {_LOCK_TIMEOUT_MS};
SET idle_in_transaction_session_timeout = {_IDLE_TIMEOUT_MS};
SET TIME ZONE 'UTC';
SET enable_seqscan = off;
SET jit = off
""".encode()


class _Once:
    """Makes the process's engine once, however many threads ask for it first."""

    def __init__(self) -> None:
        self._making = threading.Lock()
        self._made: Engine | None = None

    def __call__(self) -> Engine:
        """Give the process's engine. Pool size from HUB_POOL_SIZE, set by each process's own start."""
        with self._making:
            if self._made is None:
                size = int(os.environ.get("HUB_POOL_SIZE", "8"))
                self._made = make_engine(settings().database_url.get_secret_value(), pool_size=size)
            return self._made

    def cache_clear(self) -> None:
        """Forget the engine; the next call makes another."""
        self._made = None

    def abandon(self) -> None:
        """Forget it in a forked child: the connections are the parent's, and its threads are not here."""
        self._making = threading.Lock()
        if self._made is not None:
            self._made.dispose(close=False)
        self._made = None


engine = _Once()


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
    event.listen(made, "connect", _set_up)
    return made


def forget_engine_after_fork() -> None:
    """Drop the parent's connections without closing them: the sockets are the parent's."""
    engine.abandon()


def _set_up(connection: Connection[Any], _entry: ConnectionPoolEntry) -> None:
    """Set by statement, not by start-up option, so that poolers in between do not mind."""
    connection.adapters.register_dumper(list, ArrayDumper)
    with connection.cursor() as cursor:
        cursor.execute(_SESSION)
    connection.commit()  # ends the transaction of the SETs
