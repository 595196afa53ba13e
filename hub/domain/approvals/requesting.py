"""Asking: a request is written, and waits for somebody else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from hub.domain.approvals.errors import ApprovalPendingError, OwnApprovalError
from hub.domain.approvals.models import Approval
from hub.domain.approvals.rules import LIFETIME, ApprovalState
from hub.domain.approvals.wording import seal_reason
from hub.kernel import clock
from hub.kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: of which kind, about which object, by whom, for whose good."""

    kind: str
    object_type: str
    object_id: str
    payload: Mapping[str, str | int | bool | None]
    permission: str
    requester: str
    beneficiary: str | None
    reason: str = field(repr=False)


def request_approval(session: Session, wish: Wish) -> UUID:
    """Write a request; gives its id.

    Raises: OwnApprovalError when the requester is the one who gains; ApprovalPendingError when the same kind
    is asked for about this object already, so on repetition.
    """
    if wish.requester == wish.beneficiary:
        raise OwnApprovalError
    _close_overdue(session, wish)
    approval_id = new_id()
    made = session.scalar(
        insert(Approval)
        .values(
            id=approval_id,
            kind=wish.kind,
            object_type=wish.object_type,
            object_id=wish.object_id,
            payload=dict(wish.payload),
            reason=seal_reason(approval_id, wish.reason),
            permission=wish.permission,
            requester=wish.requester,
            beneficiary=wish.beneficiary,
            state=ApprovalState.PENDING,
            expires_at=clock.now() + LIFETIME,
        )
        .on_conflict_do_nothing(
            index_elements=["kind", "object_type", "object_id"],
            index_where=Approval.state == ApprovalState.PENDING.value,
        )
        .returning(Approval.id)
    )
    if made is None:
        raise ApprovalPendingError(approval_id=str(_find_pending(session, wish)))
    return approval_id


def _close_overdue(session: Session, wish: Wish) -> None:
    """Close a pending request about this object whose time is over, so that a new one may stand."""
    for row in session.scalars(
        _pending(wish).where(Approval.expires_at <= clock.now()).with_for_update(key_share=True)
    ):
        row.state, row.closed_at = ApprovalState.EXPIRED, clock.now()
    session.flush()  # no id: the unique index must see it before the new row does


def _find_pending(session: Session, wish: Wish) -> UUID | None:
    row = session.scalars(_pending(wish)).first()
    return row.id if row is not None else None


def _pending(wish: Wish) -> Select[Approval]:
    return select(Approval).where(
        Approval.kind == wish.kind,
        Approval.object_type == wish.object_type,
        Approval.object_id == wish.object_id,
        Approval.state == ApprovalState.PENDING.value,
    )
