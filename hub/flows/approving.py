"""What one person asked for another one approves or rejects; what is approved is done in the same commit.

A kind of request is one line of `EXECUTORS`: whatever can be asked for, somebody can do.
"""

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from uuid import UUID

from sqlalchemy.orm import Session

from hub.audit.trail import Action, record_action
from hub.domain.approvals.deciding import decide, expire_due
from hub.domain.approvals.models import Approval
from hub.domain.approvals.queries import ApprovalView, get_approval, view
from hub.domain.staff.permissions import Permission, Role, has_permission
from hub.flows import staff_roles
from hub.kernel.errors import ForbiddenError

EXECUTORS: Mapping[str, Callable[[Session, Approval], None]] = MappingProxyType(
    {staff_roles.KIND: staff_roles.grant_roles}
)
BATCH_MAX = 100


def approve(
    session: Session, approval_id: UUID, *, by: str, roles: Collection[Role], reason: str
) -> ApprovalView:
    """Agree, and do what was asked for.

    Raises: NotFoundError; ForbiddenError; OwnApprovalError; ApprovalClosedError; what the executor raises,
    and then nothing is decided.
    """
    approval = _decide(session, approval_id, by=by, roles=roles, is_approved=True)
    _record(session, approval, "approval.approved", by=by, reason=reason)
    EXECUTORS[approval.kind](session, approval)
    return view(approval)


def reject(
    session: Session, approval_id: UUID, *, by: str, roles: Collection[Role], reason: str
) -> ApprovalView:
    """Disagree. Raises: NotFoundError; ForbiddenError; OwnApprovalError; ApprovalClosedError."""
    approval = _decide(session, approval_id, by=by, roles=roles, is_approved=False)
    _record(session, approval, "approval.rejected", by=by, reason=reason)
    return view(approval)


def expire_approvals(session: Session) -> dict[str, int]:
    """Close a batch of requests that nobody decided in time; `more` when it was full."""
    expired = expire_due(session, limit=BATCH_MAX)
    for approval in expired:
        _record(session, approval, "approval.expired", by="clock", reason="")
    return {"expired": len(expired), "more": int(len(expired) >= BATCH_MAX)}


def _decide(
    session: Session, approval_id: UUID, *, by: str, roles: Collection[Role], is_approved: bool
) -> Approval:
    """Let decide who has the very right that this request asks for, not only the right to decide."""
    if not has_permission(roles, Permission(get_approval(session, approval_id).permission)):
        raise ForbiddenError
    return decide(session, approval_id, decider=by, is_approved=is_approved)


def _record(session: Session, approval: Approval, action: str, *, by: str, reason: str) -> None:
    details = {
        "kind": approval.kind,
        "object_type": approval.object_type,
        "object_id": approval.object_id,
        "requester": approval.requester,
    }
    record_action(session, Action(by, action, "approval", str(approval.id), details, reason=reason))
