"""Coming in and staying in: whoever proved who they are gets a short pass and a token for the next one.

Each next pass is made from what the person is today: a dismissed member of staff, or a patient whose card
was closed or folded into another, gets none and is signed out everywhere. A token that comes a second time
means that two hold it, and nobody can tell who is the thief: that device is signed out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from hub.audit.trail import Action, record_action
from hub.domain.devices import revoking, rotating
from hub.domain.devices.errors import TokenReusedError
from hub.domain.devices.rotating import Issued, Refused, Visitor
from hub.domain.devices.rules import Owner, Revocation
from hub.domain.patients import queries as patients
from hub.domain.patients.models import PatientStatus
from hub.domain.staff import queries as staff
from hub.domain.staff.permissions import Role
from hub.kernel import tokens
from hub.kernel.errors import HubError, NotFoundError
from hub.kernel.tokens import TokenInvalidError

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody who is in: the pair of tokens, in clear, and who they are now."""

    user_id: UUID
    roles: tuple[Role, ...]
    device_id: UUID
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    refresh_expires_at: datetime


def enter(session: Session, *, user_id: UUID, roles: Sequence[Role], visitor: Visitor) -> Entered:
    """Let in whoever proved to be this user, on a device of its own. Each call is another device."""
    owner = Owner.PATIENT if Role.PATIENT in roles else Owner.STAFF
    issued = rotating.open_device(session, user_id=user_id, owner=owner, visitor=visitor)
    if owner is Owner.STAFF:
        record_action(session, _action(user_id, owner, "device.signed-in", issued.device_id))
    return _entered(issued, roles)


def refresh(session: Session, token: str, visitor: Visitor) -> Entered | HubError:
    """Give the next pair for a refresh token, or give back why not; commit in both cases."""
    rotated = rotating.rotate_token(session, token, visitor)
    if isinstance(rotated, Refused):
        return _refuse(session, rotated)
    roles = _roles_now(session, rotated)
    if not roles:
        close_account(session, rotated.user_id)
        return TokenInvalidError()
    return _entered(rotated, roles)


def leave(session: Session, token: str) -> None:
    """Sign out the device of a refresh token; an unknown one changes nothing."""
    revoking.revoke_by_token(session, token)


def leave_everywhere(session: Session, *, user_id: UUID, roles: Sequence[Role]) -> None:
    """Sign a user out on every device. Repeating changes nothing."""
    owner = Owner.PATIENT if Role.PATIENT in roles else Owner.STAFF
    for device_id in revoking.revoke_all(session, user_id, because=Revocation.EVERYWHERE):
        record_action(session, _action(user_id, owner, "device.revoked", device_id))


def close_account(session: Session, user_id: UUID) -> None:
    """Sign out whoever was dismissed, blocked, merged or erased. Repeating changes nothing."""
    ended = revoking.revoke_all(session, user_id, because=Revocation.CLOSED)
    if ended:
        log.info("devices_of_closed_account_revoked", user_id=str(user_id), devices=len(ended))


def _refuse(session: Session, refused: Refused) -> HubError:
    if isinstance(refused.error, TokenReusedError) and refused.device_id and refused.user_id:
        log.warning("refresh_token_reused", device_id=str(refused.device_id))
        record_action(
            session,
            Action(
                actor=f"user:{refused.user_id}",
                action="device.token-reused",
                object_type="device",
                object_id=str(refused.device_id),
            ),
        )
    return refused.error


def _roles_now(session: Session, issued: Issued) -> tuple[Role, ...]:
    """Tell what the user is today; nothing for whoever may not be here any more."""
    if issued.owner is Owner.STAFF:
        member = staff.find_staff(session, issued.user_id)
        return member.roles if member is not None and member.is_active else ()
    try:
        patient = patients.get_patient(session, issued.user_id)
    except NotFoundError:
        return ()
    return (Role.PATIENT,) if patient.status is PatientStatus.ACTIVE else ()


def _entered(issued: Issued, roles: Sequence[Role]) -> Entered:
    return Entered(
        user_id=issued.user_id,
        roles=tuple(roles),
        device_id=issued.device_id,
        access_token=tokens.issue_access(issued.user_id, roles, device_id=issued.device_id),
        refresh_token=issued.token,
        refresh_expires_at=issued.expires_at,
    )


def _action(user_id: UUID, owner: Owner, action: str, device_id: UUID) -> Action:
    return Action(
        actor=f"{owner.value}:{user_id}",
        action=action,
        object_type="device",
        object_id=str(device_id),
    )
