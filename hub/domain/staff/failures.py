"""Failures in a row, counted by login and by login and place; rows are blind: people type passwords there.

A row is made and locked first: guesses at one login run one by one, so none slips past the count.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from hub.domain.staff.models import PlaceFailure, SignInFailure
from hub.domain.staff.rules import NO_FAILURES, FailureRow
from hub.kernel import clock
from hub.kernel.settings import vault


@dataclass(frozen=True, slots=True)
class Failures:
    """At one login: from this place, and from anywhere."""

    here: FailureRow
    anywhere: FailureRow

    def locked_until(self, at: datetime) -> datetime | None:
        """Tell until when nobody is let in from here, if so."""
        locks = [row.locked_until for row in (self.here, self.anywhere) if row.is_locked(at)]
        return max((lock for lock in locks if lock is not None), default=None)

    def with_failure(self, at: datetime) -> "Failures":
        """Count one more."""
        return Failures(self.here.with_failure(at), self.anywhere.with_failure_of_any(at))

    def without(self) -> "Failures":
        """Start both counts anew: the password was right."""
        return Failures(NO_FAILURES, NO_FAILURES)


def lock_failures(session: Session, login: str, place: str, at: datetime) -> Failures:
    """Give the counts of a login, making and locking their rows, the login's first."""
    index, place_index = _login_index(login), _place_index(place)
    started = {"failed_count": 0, "changed_at": at}
    session.execute(insert(SignInFailure).values(login_index=index, **started).on_conflict_do_nothing())
    anywhere = session.execute(
        select(SignInFailure.failed_count, SignInFailure.locked_until)
        .where(SignInFailure.login_index == index)
        .with_for_update()
    ).one()
    session.execute(
        insert(PlaceFailure)
        .values(login_index=index, place_index=place_index, **started)
        .on_conflict_do_nothing()
    )
    here = session.execute(
        select(PlaceFailure.failed_count, PlaceFailure.locked_until)
        .where(PlaceFailure.login_index == index, PlaceFailure.place_index == place_index)
        .with_for_update()
    ).one()
    return Failures(here=FailureRow(*here), anywhere=FailureRow(*anywhere))


def keep_failures(session: Session, login: str, place: str, failures: Failures, at: datetime) -> None:
    """Write the counts of locked rows."""
    index = _login_index(login)
    session.execute(
        update(SignInFailure)
        .where(SignInFailure.login_index == index)
        .values(**_columns(failures.anywhere, at))
    )
    session.execute(
        update(PlaceFailure)
        .where(PlaceFailure.login_index == index, PlaceFailure.place_index == _place_index(place))
        .values(**_columns(failures.here, at))
    )


def forget_failures(session: Session, login: str) -> None:
    """End every lock of a login."""
    index, at = _login_index(login), clock.now()
    for table in (SignInFailure, PlaceFailure):
        session.execute(update(table).where(table.login_index == index).values(**_columns(NO_FAILURES, at)))


def _columns(row: FailureRow, at: datetime) -> dict[str, object]:
    return {"failed_count": row.failed_count, "locked_until": row.locked_until, "changed_at": at}


def _login_index(login: str) -> bytes:
    return vault().blind_index("sign-in-failure", login)


def _place_index(place: str) -> bytes:
    return vault().blind_index("sign-in-failure.place", place)
