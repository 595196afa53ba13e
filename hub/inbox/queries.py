"""Reads of the inbox: one event, lists for operators, ages for health and metrics."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from hub.contracts.parties import Source
from hub.db.paging import Page, cut_page, read_cursor
from hub.inbox.models import InboxBody, InboxEvent, InboxState
from hub.inbox.store import body_context
from hub.kernel.errors import NotFoundError
from hub.kernel.ids import find_uuid
from hub.kernel.settings import vault


@dataclass(frozen=True, slots=True)
class QueueLevel:
    """How many events of a queue stand in a state, and since when the oldest has been due."""

    queue: str
    state: str
    count: int
    oldest_at: datetime | None


def find_latest(session: Session, *, source: Source, sender: str, given_id: str) -> InboxEvent | None:
    """Find an event of the sender by its own id (the newest row) or by our receipt id."""
    own = InboxEvent.event_id == given_id
    receipt = find_uuid(given_id)
    return session.scalars(
        select(InboxEvent)
        .where(InboxEvent.source == source.value, InboxEvent.sender == sender)
        .where(or_(own, InboxEvent.public_id == receipt) if receipt else own)
        .order_by(InboxEvent.id.desc())
        .limit(1)
    ).first()


def get_event(session: Session, public_id: str) -> InboxEvent:
    """Get one event by our id. Raises: NotFoundError."""
    found = session.scalars(select(InboxEvent).where(InboxEvent.public_id == find_uuid(public_id))).first()
    if found is None:
        raise NotFoundError
    return found


def list_events(
    session: Session,
    *,
    state: InboxState | None,
    topic: str | None,
    sender: str | None,
    cursor: str | None,
    limit: int,
) -> Page[InboxEvent]:
    """List events, newest first."""
    query = select(InboxEvent).order_by(InboxEvent.id.desc()).limit(limit + 1)
    if state:
        query = query.where(InboxEvent.state == state.value)
    if topic:
        query = query.where(InboxEvent.topic == topic)
    if sender:
        query = query.where(InboxEvent.sender == sender)
    if after := read_cursor(cursor, int):
        query = query.where(InboxEvent.id < after[0])
    return cut_page(session.scalars(query).all(), limit=limit, key=lambda event: [event.id])


def open_body(session: Session, event: InboxEvent) -> tuple[str, bytes]:
    """Open the sealed bytes for an operator: (format, content). The caller audits the look."""
    body = session.get_one(InboxBody, event.id)
    return body.format, vault().open(body.sealed, context=body_context(event.public_id))


def list_levels(session: Session) -> Sequence[QueueLevel]:
    """Count what is unfinished or buried, per queue and state."""
    rows = session.execute(
        select(
            InboxEvent.queue,
            InboxEvent.state,
            func.count().label("events"),
            func.min(InboxEvent.next_attempt_at).label("oldest_at"),
        )
        .where(InboxEvent.state.in_(_OPEN_STATES))
        .group_by(InboxEvent.queue, InboxEvent.state)
    )
    return [QueueLevel(row.queue, row.state, row.events, row.oldest_at) for row in rows]


def find_last_received_at(session: Session, source: Source) -> datetime | None:
    """Find when this source last told us anything."""
    return session.scalars(
        select(InboxEvent.received_at)
        .where(InboxEvent.source == source.value)
        .order_by(InboxEvent.id.desc())
        .limit(1)
    ).first()


_OPEN_STATES = [
    state.value for state in (InboxState.READY, InboxState.RUNNING, InboxState.PARKED, InboxState.BURIED)
]
