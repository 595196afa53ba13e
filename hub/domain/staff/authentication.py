"""Signing in by login and password: uniform failure, uniform time, ten failures lock the place out.

The failure is counted in the door's transaction, so the refusal is given back, not raised: the door
commits first and raises then. Logins that exist and that do not take the same statements.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hub.domain.staff.errors import SignInFailedError, SignInLockedError
from hub.domain.staff.failures import forget_failures, keep_failures, lock_failures
from hub.domain.staff.models import Staff
from hub.domain.staff.passwords import hash_password, is_password
from hub.domain.staff.queries import StaffIdentity, identify
from hub.kernel import clock
from hub.kernel.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who is no staff and may sign in under the login too: patients by their e-mail."""

    user_id: UUID
    password_hash: str = field(repr=False)


SignInOutcome = StaffIdentity | SignInFailedError | SignInLockedError


def verify_password(session: Session, login: str, password: str, *, place: str = "") -> SignInOutcome:
    """Let a member of staff in, or give back (not raise) why not; commit in both cases.

    The tenth failure in a row from a place locks the login there for 15 minutes, for the right password
    too; the fiftieth from anywhere locks it for two. Each call with a wrong password is another failure.
    """
    outcome = verify_anybody(session, login, password, others=(), place=place)
    assert not isinstance(outcome, Candidate)  # none was given
    return outcome


def verify_anybody(
    session: Session, login: str, password: str, *, others: Sequence[Candidate], place: str
) -> SignInOutcome | Candidate:
    """Let a member of staff or another candidate of the login in, likewise."""
    at = clock.now()
    login = normalise_login(login)
    failures = lock_failures(session, login, place, at)
    locked_until = failures.locked_until(at)
    if locked_until is not None:
        return SignInLockedError(retry_after_s=int((locked_until - at).total_seconds()) + 1)
    found = _match(session, login, password, others)
    keep_failures(session, login, place, failures.without() if found else failures.with_failure(at), at)
    return found or SignInFailedError()


def set_password(session: Session, *, staff_id: UUID, password: str) -> None:
    """Give a member of staff a new password and end the locks of the login.

    Raises: FieldInvalidError; NotFoundError. Repeating only hashes anew.
    """
    login = session.scalar(
        update(Staff)
        .where(Staff.id == staff_id)
        .values(password_hash=hash_password(password))
        .returning(Staff.login)
    )
    if login is None:
        raise NotFoundError
    forget_failures(session, login)


def normalise_login(login: str) -> str:
    """Write a login as it is stored: case and blanks around it mean nothing."""
    return login.strip().lower()


def _match(
    session: Session, login: str, password: str, others: Sequence[Candidate]
) -> StaffIdentity | Candidate | None:
    """Find whose password it is; at least one hash is always made."""
    member = session.scalars(select(Staff).where(Staff.login == login)).one_or_none()
    known = [other for other in others if is_password(password, other.password_hash)]
    if member is None and others:
        return known[0] if known else None
    fits = is_password(password, member.password_hash if member else None)
    if member is not None and member.is_active and fits:
        return identify(member)
    return known[0] if known else None
