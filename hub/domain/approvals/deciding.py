"""Deciding: one decision, by somebody who neither asked nor gains, before the time is over."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.domain.approvals.errors import ApprovalClosedError, OwnApprovalError
from hub.domain.approvals.models import Approval
from hub.domain.approvals.rules import ApprovalState, is_own, state_at
from hub.kernel import clock
from hub.kernel.errors import NotFoundError


def decide(session: Session, approval_id: UUID, *, decider: str, is_approved: bool) -> Approval:
    """Close a request; gives its row, locked. The caller does what was asked for in the same transaction.

    Raises: NotFoundError; OwnApprovalError; ApprovalClosedError when it was decided already, so on repetition
    and for the second of two who decide at once.
    """
    row = lock_approval(session, approval_id)
    if is_own(requester=row.requester, beneficiary=row.beneficiary, decider=decider):
        raise OwnApprovalError
    state = state_at(ApprovalState(row.state), expires_at=row.expires_at, now=clock.now())
    if state is not ApprovalState.PENDING:
        raise ApprovalClosedError(state=state)
    row.state = ApprovalState.APPROVED if is_approved else ApprovalState.REJECTED
    row.decider = decider
    row.closed_at = clock.now()
    return row


def lock_approval(session: Session, approval_id: UUID) -> Approval:
    """Lock a request. Raises: NotFoundError."""
    row = session.scalar(
        select(Approval)
        .where(Approval.id == approval_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFoundError
    return row


def expire_due(session: Session, *, limit: int) -> list[Approval]:
    """Close pending requests whose time is over; gives them. Safe to run doubled."""
    rows = session.scalars(
        select(Approval)
        .where(Approval.state == ApprovalState.PENDING.value, Approval.expires_at <= clock.now())
        .order_by(Approval.expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    for row in rows:
        row.state, row.closed_at = ApprovalState.EXPIRED, clock.now()
    return list(rows)
