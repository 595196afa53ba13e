"""Transactions that end badly, for tests of what is left of them: nothing."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from hub.db.transaction import transaction

Work = Callable[[Session], object]


class FailedError(Exception):
    """What came after the work."""


def fail_after(*works: Work) -> None:
    """Do the work in a transaction, and fail before its end."""
    with transaction() as session:
        for work in works:
            work(session)
        raise FailedError


def commit(*works: Work) -> None:
    """Do the work in a transaction."""
    with transaction() as session:
        for work in works:
            work(session)
