"""Reads of deliveries for operators: lists, one with its attempts, levels for health and metrics."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from hub.contracts.messages import Message
from hub.contracts.parties import DeliveryKind, Destination
from hub.db.paging import Page, cut_page, read_cursor
from hub.kernel.errors import NotFoundError
from hub.kernel.settings import vault
from hub.outbox import sealing
from hub.outbox.models import DeliveryAttempt, DeliveryState, OutboxDelivery


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries to list; None = any."""

    state: DeliveryState | None = None
    destination: Destination | None = None
    kind: DeliveryKind | None = None
    about: str | None = None
    recipient: str | None = None
    """A phone in E.164 or an address, found by its blind index."""
    needs_person: bool | None = None


@dataclass(frozen=True, slots=True)
class DeliveryLevel:
    """How many deliveries of a destination stand in a state, and since when the oldest has been due."""

    destination: str
    state: str
    count: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class BuriedGroup:
    """Dead letters of one destination, kind and reason."""

    destination: str
    kind: str
    reason: str | None
    count: int
    oldest_at: datetime
    newest_at: datetime


def get_delivery(session: Session, public_id: UUID) -> OutboxDelivery:
    """Get one delivery. Raises: NotFoundError."""
    found = session.scalar(select(OutboxDelivery).where(OutboxDelivery.public_id == public_id))
    if found is None:
        raise NotFoundError
    return found


def list_deliveries(
    session: Session, wanted: DeliveryFilter, *, cursor: str | None, limit: int
) -> Page[OutboxDelivery]:
    """List deliveries, newest first."""
    query = _filtered(wanted).order_by(OutboxDelivery.id.desc()).limit(limit + 1)
    if after := read_cursor(cursor, int):
        query = query.where(OutboxDelivery.id < after[0])
    return cut_page(session.scalars(query).all(), limit=limit, key=lambda delivery: [delivery.id])


def list_attempts(session: Session, delivery: OutboxDelivery) -> Sequence[DeliveryAttempt]:
    """Give all tries of a delivery, first to last; the schedule and the patience of questions bound them."""
    return session.scalars(
        select(DeliveryAttempt)
        .where(DeliveryAttempt.delivery_id == delivery.id)
        .order_by(DeliveryAttempt.attempt_no)
        .limit(200)
    ).all()


def open_message(delivery: OutboxDelivery) -> Message:
    """Open what is or was sent. Raises: SealBrokenError. The caller masks it, or audits the look."""
    return sealing.unseal(
        delivery.sealed, public_id=delivery.public_id, destination=Destination(delivery.destination)
    )


def list_levels(session: Session) -> Sequence[DeliveryLevel]:
    """Count what is unfinished or buried, per destination and state."""
    rows = session.execute(
        select(
            OutboxDelivery.destination,
            OutboxDelivery.state,
            func.count().label("deliveries"),
            func.min(OutboxDelivery.next_attempt_at).label("oldest_at"),
        )
        .where(OutboxDelivery.state.in_(_OPEN_STATES))
        .group_by(OutboxDelivery.destination, OutboxDelivery.state)
    )
    return [DeliveryLevel(row.destination, row.state, row.deliveries, row.oldest_at) for row in rows]


def list_buried_groups(session: Session) -> Sequence[BuriedGroup]:
    """Count dead letters by destination, kind and reason, the newest trouble first; reasons are few."""
    rows = session.execute(
        select(
            OutboxDelivery.destination,
            OutboxDelivery.kind,
            OutboxDelivery.reason,
            func.count().label("deliveries"),
            func.min(OutboxDelivery.finished_at).label("oldest_at"),
            func.max(OutboxDelivery.finished_at).label("newest_at"),
        )
        .where(OutboxDelivery.state == DeliveryState.BURIED.value)
        .group_by(OutboxDelivery.destination, OutboxDelivery.kind, OutboxDelivery.reason)
        .order_by(func.max(OutboxDelivery.finished_at).desc())
        .limit(_GROUPS_MAX)
    )
    return [
        BuriedGroup(row.destination, row.kind, row.reason, row.deliveries, row.oldest_at, row.newest_at)
        for row in rows
    ]


def _filtered(wanted: DeliveryFilter) -> Select[OutboxDelivery]:
    query = select(OutboxDelivery)
    if wanted.state is not None:
        query = query.where(OutboxDelivery.state == wanted.state.value)
    if wanted.destination is not None:
        query = query.where(OutboxDelivery.destination == wanted.destination.value)
    if wanted.kind is not None:
        query = query.where(OutboxDelivery.kind == wanted.kind.value)
    if wanted.about is not None:
        query = query.where(OutboxDelivery.about == wanted.about)
    if wanted.recipient is not None:
        index = vault().blind_index("recipient", wanted.recipient.casefold())
        query = query.where(OutboxDelivery.recipient_index == index)
    if wanted.needs_person is not None:
        query = query.where(OutboxDelivery.needs_person.is_(wanted.needs_person))
    return query


_GROUPS_MAX = 200
_OPEN_STATES = [
    state.value
    for state in (
        DeliveryState.READY,
        DeliveryState.RUNNING,
        DeliveryState.UNCERTAIN,
        DeliveryState.BURIED,
    )
]
