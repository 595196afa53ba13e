"""An operator's hand on deliveries: send again, call off, or say that it arrived after all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select, text
from sqlalchemy.orm import Session

from hub.contracts.parties import DeliveryKind, Destination
from hub.kernel.errors import ErrorKind, HubError
from hub.outbox.models import DeliveryState, OutboxDelivery
from hub.outbox.queries import get_delivery
from hub.taskqueue.names import TaskName
from hub.taskqueue.nudge import nudge

REDELIVERED_MAX = 10_000
"""Deliveries that one call by filter may wake or count; the rest wait for the next call."""
_REDELIVERABLE = (
    DeliveryState.BURIED,
    DeliveryState.EXPIRED,
    DeliveryState.CANCELLED,
    DeliveryState.UNCERTAIN,
)
_CANCELLABLE = (DeliveryState.READY, DeliveryState.UNCERTAIN)


class DeliveryClosedError(HubError):
    """The delivery is in a state that this cannot be done in; fact: state."""

    code = "delivery-closed"
    kind = ErrorKind.CONFLICT


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which ended deliveries to send again; None = any."""

    destination: Destination | None = None
    kind: DeliveryKind | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def redeliver(session: Session, public_id: UUID) -> OutboxDelivery:
    """Make a delivery ready with its whole schedule and life before it; the key at the destination stays.

    One that is ready or running already is given back as it is. Raises: NotFoundError;
    DeliveryClosedError when it was delivered.
    """
    delivery = _lock(session, public_id)
    if delivery.state in {DeliveryState.READY, DeliveryState.RUNNING}:
        return delivery
    if delivery.state not in _REDELIVERABLE:
        raise DeliveryClosedError(state=delivery.state)
    _wake(session, [delivery.id])
    session.refresh(delivery)
    return delivery


def redeliver_many(session: Session, wanted: Wanted, *, is_rehearsal: bool) -> int:
    """Make buried deliveries ready by filter, oldest first, up to a bound; how many. A rehearsal counts."""
    buried = _select_buried(wanted)
    if is_rehearsal:
        return len(session.scalars(buried).all())
    rows = session.scalars(buried.with_for_update(skip_locked=True)).all()
    _wake(session, rows)
    return len(rows)


def cancel(session: Session, public_id: UUID) -> OutboxDelivery:
    """Call off what has not gone out; repeating changes nothing.

    Raises: NotFoundError; DeliveryClosedError.
    """
    delivery = _lock(session, public_id)
    if delivery.state == DeliveryState.CANCELLED:
        return delivery
    if delivery.state not in _CANCELLABLE:
        raise DeliveryClosedError(state=delivery.state)
    _close(session, delivery, DeliveryState.CANCELLED)
    return delivery


def confirm(session: Session, public_id: UUID) -> OutboxDelivery:
    """Take a person's word that an uncertain delivery arrived.

    Raises: NotFoundError; DeliveryClosedError.
    """
    delivery = _lock(session, public_id)
    if delivery.state == DeliveryState.DELIVERED:
        return delivery
    if delivery.state != DeliveryState.UNCERTAIN:
        raise DeliveryClosedError(state=delivery.state)
    _close(session, delivery, DeliveryState.DELIVERED)
    return delivery


def _lock(session: Session, public_id: UUID) -> OutboxDelivery:
    delivery = get_delivery(session, public_id)
    session.refresh(delivery, with_for_update=True)
    return delivery


def _close(session: Session, delivery: OutboxDelivery, state: DeliveryState) -> None:
    session.execute(_CLOSE, {"id": delivery.id, "state": state.value})
    session.refresh(delivery)


def _wake(session: Session, ids: Sequence[int]) -> None:
    for destination in {row.destination for row in session.execute(_WAKE, {"id": list(ids)})}:
        nudge(session, TaskName.DELIVER, destination)


def _select_buried(wanted: Wanted) -> Select[int]:
    found = select(OutboxDelivery.id).where(OutboxDelivery.state == DeliveryState.BURIED)
    if wanted.destination is not None:
        found = found.where(OutboxDelivery.destination == wanted.destination.value)
    if wanted.kind is not None:
        found = found.where(OutboxDelivery.kind == wanted.kind.value)
    if wanted.reason is not None:
        found = found.where(OutboxDelivery.reason == wanted.reason)
    if wanted.since is not None:
        found = found.where(OutboxDelivery.finished_at >= wanted.since)
    if wanted.until is not None:
        found = found.where(OutboxDelivery.finished_at < wanted.until)
    return found.order_by(OutboxDelivery.id).limit(REDELIVERED_MAX)


# Woken at least once: it must not take the place of a newer one that waits for its first try.
_WAKE = text("""
UPDATE outbox_delivery d
SET state = 'ready', attempts = 0, needs_person = false, finished_at = NULL, reason = NULL,
    receipt = NULL, receipt_due_at = NULL, receipt_at = NULL, tries = greatest(d.tries, 1),
    next_attempt_at = clock_timestamp(),
    expires_at = greatest(d.expires_at, clock_timestamp() + make_interval(secs => s.ttl_s))
FROM retry_schedule s
WHERE d.id = ANY(cast(:id AS bigint[])) AND s.kind = d.kind RETURNING d.destination
""")
_CLOSE = text("""
UPDATE outbox_delivery
SET state = :state, needs_person = false, reason = 'by-person', finished_at = clock_timestamp()
WHERE id = :id
""")
