"""The only place that begins, commits and rolls back.

A door opens `transaction()`; it does not nest; what was registered by `after_commit` runs after a
good commit only. Adapters call `assert_no_transaction()` before they touch the network.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from hub.db.engine import engine
from hub.kernel.errors import BusyError

_open: ContextVar[Session | None] = ContextVar("open_transaction", default=None)
_CALLBACKS = "after_commit"


class TransactionNestedError(RuntimeError):
    """A transaction was opened inside another: a door was called from within a door."""


class NetworkInTransactionError(RuntimeError):
    """The network was used while a transaction was open: locks would wait for a stranger."""


@contextmanager
def transaction() -> Generator[Session]:
    """Run the block in one transaction: commit at its end, roll back on any error.

    Raises: TransactionNestedError; BusyError when the database cannot be reached or is restarting.
    """
    if _open.get() is not None:
        raise TransactionNestedError
    callbacks: list[Callable[[], None]] = []
    with Session(engine(), expire_on_commit=False, autoflush=False) as session:
        session.info[_CALLBACKS] = callbacks
        token = _open.set(session)
        try:
            with _away_is_busy(), session.begin():
                yield session
        finally:
            _open.reset(token)
    for call in callbacks:
        call()


def after_commit(session: Session, call: Callable[[], None]) -> None:
    """Run `call` once the transaction has committed; never when it rolls back. It must not raise."""
    session.info[_CALLBACKS].append(call)


@contextmanager
def savepoint(session: Session) -> Generator[None]:
    """Run the block so that its failure undoes the block alone, callbacks included.

    Raises: BusyError when the database went away: then the whole transaction is gone, not the block.
    """
    callbacks: list[Callable[[], None]] = session.info[_CALLBACKS]
    registered = len(callbacks)
    try:
        with _away_is_busy(), session.begin_nested():
            yield
    except BaseException:
        del callbacks[registered:]
        raise


def assert_no_transaction() -> None:
    """Raise NetworkInTransactionError when a transaction is open in this context."""
    if _open.get() is not None:
        raise NetworkInTransactionError


@contextmanager
def _away_is_busy() -> Generator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        if error.connection_invalidated or _is_unreachable(error):
            raise BusyError(resource="database") from error
        raise
    except PoolTimeoutError as error:
        raise BusyError(resource="database") from error


def _is_unreachable(error: OperationalError | InterfaceError) -> bool:
    """Tell a server that is away (no SQLSTATE, or class 57/08/53) from a statement that failed."""
    sqlstate = getattr(error.orig, "sqlstate", None)
    return sqlstate is None or (sqlstate[:2] in {"08", "53", "57"} and sqlstate != "57014")
