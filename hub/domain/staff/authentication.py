"""Staff sign in by login and password: uniform failure, uniform time, ten failures lock the login.

The failure is counted in the door's transaction, so the refusal is given back, not raised: the door
commits first and raises then. Logins that exist and that do not take the same statements.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from hub.domain.staff.errors import SignInFailedError, SignInLockedError
from hub.domain.staff.models import SignInFailure, Staff
from hub.domain.staff.passwords import hash_password, is_password
from hub.domain.staff.queries import StaffIdentity, identify
from hub.domain.staff.rules import NO_FAILURES, FailureRow
from hub.kernel import clock
from hub.kernel.errors import NotFoundError
from hub.kernel.settings import vault

SignInOutcome = StaffIdentity | SignInFailedError | SignInLockedError


def verify_password(session: Session, login: str, password: str) -> SignInOutcome:
    """Let a member of staff in, or give back (not raise) why not; commit in both cases.

    The tenth failure in a row locks the login for 15 minutes, for the right password too. Each call
    with a wrong password is another failure.
    """
    at = clock.now()
    login = normalise_login(login)
    failures = _lock_failures(session, login, at)
    if failures.locked_until is not None and failures.is_locked(at):
        return SignInLockedError(retry_after_s=int((failures.locked_until - at).total_seconds()) + 1)
    member = session.scalars(select(Staff).where(Staff.login == login)).one_or_none()
    fits = is_password(password, member.password_hash if member else None)
    is_let_in = member is not None and member.is_active and fits
    _keep_failures(session, login, NO_FAILURES if is_let_in else failures.with_failure(at), at)
    return identify(member) if member is not None and is_let_in else SignInFailedError()


def set_password(session: Session, *, staff_id: UUID, password: str) -> None:
    """Give a member of staff a new password and end the lock of the login.

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
    at = clock.now()
    _lock_failures(session, login, at)
    _keep_failures(session, login, NO_FAILURES, at)


def normalise_login(login: str) -> str:
    """Write a login as it is stored: case and blanks around it mean nothing."""
    return login.strip().lower()


def _lock_failures(session: Session, login: str, at: datetime) -> FailureRow:
    """Make and lock the row first: guesses at one login run one by one, so none slips past the count."""
    index = _login_index(login)
    session.execute(
        insert(SignInFailure)
        .values(login_index=index, failed_count=0, changed_at=at)
        .on_conflict_do_nothing()
    )
    row = session.execute(
        select(SignInFailure.failed_count, SignInFailure.locked_until)
        .where(SignInFailure.login_index == index)
        .with_for_update()
    ).one()
    return FailureRow(row.failed_count, row.locked_until)


def _keep_failures(session: Session, login: str, failures: FailureRow, at: datetime) -> None:
    session.execute(
        update(SignInFailure)
        .where(SignInFailure.login_index == _login_index(login))
        .values(failed_count=failures.failed_count, locked_until=failures.locked_until, changed_at=at)
    )


def _login_index(login: str) -> bytes:
    """Index blindly: people type passwords into the login field."""
    return vault().blind_index("sign-in-failure", login)
