"""Reads of notices for operators: why somebody was not told; and trying again what failed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from hub.db.paging import Page, cut_page, read_cursor
from hub.domain.notifications.models import NoticeRow, NoticeState
from hub.kernel import clock
from hub.taskqueue.names import TaskName
from hub.taskqueue.nudge import nudge


@dataclass(frozen=True, slots=True)
class NoticeLevel:
    """How many notices are due, since when the oldest has been, and how many failed."""

    due: int
    oldest_at: datetime | None
    failed: int


def list_notices(
    session: Session, *, patient_id: UUID | None, state: NoticeState | None, cursor: str | None, limit: int
) -> Page[NoticeRow]:
    """List notices, newest first."""
    query = select(NoticeRow).order_by(NoticeRow.id.desc()).limit(limit + 1)
    if patient_id is not None:
        query = query.where(NoticeRow.patient_id == patient_id)
    if state is not None:
        query = query.where(NoticeRow.state == state.value)
    if after := read_cursor(cursor, int):
        query = query.where(NoticeRow.id < after[0])
    return cut_page(session.scalars(query).all(), limit=limit, key=lambda notice: [notice.id])


def read_level(session: Session) -> NoticeLevel:
    """Count what is due and what failed."""
    due, oldest_at = session.execute(
        select(func.count(), func.min(NoticeRow.not_before_at)).where(
            NoticeRow.state == NoticeState.WAITING.value, NoticeRow.not_before_at <= clock.now()
        )
    ).one()
    failed = session.scalar(
        select(func.count()).select_from(NoticeRow).where(NoticeRow.state == NoticeState.FAILED.value)
    )
    return NoticeLevel(due, oldest_at, failed or 0)


def retry_failed(session: Session) -> int:
    """Let every failed notice be told again, after its words were mended; gives how many.

    What nobody wants to know any more ends as expired. Nothing was sent of it, so nothing is sent twice.
    """
    retried = session.execute(
        update(NoticeRow)
        .where(NoticeRow.state == NoticeState.FAILED.value)
        .values(state=NoticeState.WAITING.value, settled_at=None, not_before_at=clock.now())
        .returning(NoticeRow.id)
    ).all()
    nudge(session, TaskName.NOTIFY, "")
    return len(retried)
