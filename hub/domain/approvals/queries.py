"""Requests as deciders and auditors see them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.db.paging import Page, cut_page, read_cursor
from hub.domain.approvals.models import Approval
from hub.domain.approvals.rules import ApprovalState, state_at
from hub.domain.approvals.wording import open_reason
from hub.kernel import clock
from hub.kernel.errors import CursorInvalidError, NotFoundError
from hub.kernel.ids import find_uuid


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """A request with its words opened, and its state as of now."""

    approval_id: UUID
    kind: str
    object_type: str
    object_id: str
    payload: dict[str, Any]
    permission: str
    requester: str
    beneficiary: str | None
    state: ApprovalState
    decider: str | None
    requested_at: datetime
    expires_at: datetime
    closed_at: datetime | None
    reason: str = field(repr=False)


def get_approval(session: Session, approval_id: UUID) -> ApprovalView:
    """Get one request. Raises: NotFoundError."""
    row = session.get(Approval, approval_id)
    if row is None:
        raise NotFoundError
    return view(row)


def list_approvals(
    session: Session, *, state: ApprovalState | None, cursor: str | None, limit: int
) -> Page[ApprovalView]:
    """Give a page of requests, newest first; ids grow with time. Raises: CursorInvalidError."""
    query = select(Approval)
    if state is not None:
        query = query.where(Approval.state == state.value)
    after = read_cursor(cursor, str)
    if after is not None:
        last = find_uuid(str(after[0]))
        if last is None:
            raise CursorInvalidError(field="cursor")
        query = query.where(Approval.id < last)
    rows = session.scalars(query.order_by(Approval.id.desc()).limit(limit + 1)).all()
    return cut_page([view(row) for row in rows], limit=limit, key=lambda one: [str(one.approval_id)])


def view(row: Approval) -> ApprovalView:
    """Open a row."""
    return ApprovalView(
        approval_id=row.id,
        kind=row.kind,
        object_type=row.object_type,
        object_id=row.object_id,
        payload=row.payload,
        permission=row.permission,
        requester=row.requester,
        beneficiary=row.beneficiary,
        state=state_at(ApprovalState(row.state), expires_at=row.expires_at, now=clock.now()),
        decider=row.decider,
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        closed_at=row.closed_at,
        reason=open_reason(row.id, row.reason),
    )
