"""A colleague's roles are changed by two people: one asks, another one agrees, neither is the colleague."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from hub.audit.trail import Action, record_action
from hub.domain.approvals.models import Approval
from hub.domain.approvals.requesting import Wish, request_approval
from hub.domain.staff.granting import change_roles, check_roles, get_roles
from hub.domain.staff.permissions import Permission, Role

KIND = "staff.roles"


def request_roles(session: Session, *, staff_id: UUID, roles: Sequence[Role], by: str, reason: str) -> UUID:
    """Ask that somebody has these roles from now on, all others ending; gives the request's id.

    Raises: FieldInvalidError; NotFoundError; OwnApprovalError; ApprovalPendingError.
    """
    check_roles(roles)
    former = get_roles(session, staff_id)
    wanted = _write(roles)
    approval_id = request_approval(
        session,
        Wish(
            kind=KIND,
            object_type="staff",
            object_id=str(staff_id),
            payload={"roles": wanted, "former": _write(former)},
            permission=Permission.MANAGE_STAFF,
            requester=by,
            beneficiary=f"staff:{staff_id}",
            reason=reason,
        ),
    )
    details = {"kind": KIND, "object_type": "staff", "object_id": str(staff_id), "roles": wanted}
    record_action(
        session, Action(by, "approval.requested", "approval", str(approval_id), details, reason=reason)
    )
    return approval_id


def grant_roles(session: Session, approval: Approval) -> None:
    """Do what was agreed to. Raises: NotFoundError."""
    roles = [Role(name) for name in str(approval.payload["roles"]).split(",")]
    former = change_roles(session, UUID(approval.object_id), roles)
    record_action(
        session,
        Action(
            *(str(approval.decider), "staff.roles-changed", "staff", approval.object_id),
            details={"approval_id": str(approval.id)},
            before={"roles": _write(former)},
            after={"roles": _write(roles)},
            on_behalf_of=approval.requester,
        ),
    )


def _write(roles: Sequence[Role]) -> str:
    return ",".join(sorted(set(roles)))
