"""Staff who can do much show two things: a password they know and a code from a phone they have.

An administrator without the second step is led through setting it up before they are let in, in production
always. The code from the phone, and each recovery code, works once. A lost phone and lost recovery codes are
a matter for the console, where the next sign-in starts it anew.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from hub.audit.trail import Action, record_action
from hub.domain.staff import second_step
from hub.domain.staff.permissions import Role
from hub.domain.staff.queries import StaffIdentity, find_staff
from hub.domain.staff.second_step import SecondStepRefusal, Setup
from hub.kernel import tokens
from hub.kernel.errors import ForbiddenError
from hub.kernel.settings import settings


@dataclass(frozen=True, slots=True)
class SetupDue:
    """Who knew the password, and what has to go into their phone before they are let in."""

    staff_id: UUID
    setup: Setup


def pass_second_step(
    session: Session, member: StaffIdentity, code: str | None
) -> SetupDue | SecondStepRefusal | None:
    """Judge whoever knew the password: None lets in, a set-up has to be finished first; commit always."""
    if second_step.is_enrolled(session, member.staff_id):
        return second_step.check_code(session, member.staff_id, code)
    if Role.ADMIN in member.roles and settings().is_admin_totp_required:
        setup = second_step.start_setup(session, member.staff_id, login=member.login)
        return SetupDue(member.staff_id, setup)
    return None


def set_up_own(session: Session, staff_id: UUID) -> Setup:
    """Start the second step of staff who are signed in. Raises: ForbiddenError; TotpEnrolledError."""
    member = find_staff(session, staff_id)
    if member is None or not member.is_active:
        raise ForbiddenError
    return second_step.start_setup(session, staff_id, login=member.login)


def finish(
    session: Session, setup_token: str, code: str
) -> tuple[StaffIdentity, list[str]] | SecondStepRefusal:
    """Finish a set-up by a code from the phone: who it is, and their recovery codes; commit always.

    Raises: TokenInvalidError; TokenExpiredError; TotpEnrolledError; ForbiddenError.
    """
    staff_id = tokens.read_setup(setup_token)
    member = find_staff(session, staff_id)
    if member is None or not member.is_active:
        raise ForbiddenError
    codes = second_step.finish_setup(session, staff_id, code)
    if not isinstance(codes, list):
        return codes
    action = Action(f"staff:{staff_id}", "staff.second-step-set", "staff", str(staff_id))
    record_action(session, action)
    return StaffIdentity(member.staff_id, member.login, member.roles), codes
