"""Queueing a message in the caller's transaction: it goes out if and only if its cause has committed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.contracts.messages import Message
from hub.contracts.parties import DeliveryKind
from hub.db.locks import lock_names
from hub.kernel import clock
from hub.kernel.ids import new_id
from hub.kernel.logging import current_correlation
from hub.kernel.settings import vault
from hub.outbox import sealing
from hub.taskqueue.names import TaskName
from hub.taskqueue.nudge import nudge

PRIORITY_CODE = 1
PRIORITY_NOTICE = 5
PRIORITY_MAILING = 8
"""Somebody waits for a code with the phone in hand; a mailing waits for everybody."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to deliver, and under which keys.

    `coalesce_key`: while one with this key still waits for its first try, a newer message takes its
    place (for what tells a state, never for what tells an event). `ordering_key`: one after another.
    """

    kind: DeliveryKind
    delivery_key: str
    message: Message = field(repr=False)
    about: str | None = None
    ordering_key: str | None = None
    coalesce_key: str | None = None
    priority: int = PRIORITY_NOTICE
    not_before: datetime | None = None
    expires_at: datetime | None = None
    """None: the kind's own life after `not_before`."""


def enqueue(session: Session, order: Order) -> bool:
    """Queue the message; whether a delivery of its own was made. The same delivery_key changes nothing."""
    public_id = new_id()
    not_before = order.not_before or clock.now()
    facts = {
        "public_id": public_id,
        "destination": order.kind.destination.value,
        "kind": order.kind.value,
        "delivery_key": order.delivery_key,
        "about": order.about,
        "recipient": _recipient_index(order.message),
        "ordering_key": order.ordering_key,
        "coalesce_key": order.coalesce_key,
        "priority": order.priority,
        "not_before": not_before,
        "expires_at": order.expires_at,
        "correlation_id": current_correlation(),
    }
    if order.coalesce_key is not None and _coalesce(session, order, facts):
        return False
    sealed = sealing.seal(order.message, public_id=public_id, destination=order.kind.destination)
    made = session.execute(_INSERT, {**facts, "sealed": sealed}).all()
    nudge(session, TaskName.DELIVER, order.kind.destination)
    return bool(made)


def _coalesce(session: Session, order: Order, facts: Mapping[str, object]) -> bool:
    """Take the place of the message that waits; whether nothing is left to queue."""
    # Two at once would both find nothing to take the place of.
    lock_names(session, [f"coalesce:{order.coalesce_key}"])
    if session.execute(_FIND_KEY, facts).one_or_none() is not None:
        return True
    waiting = session.execute(_LOCK_WAITING, facts).one_or_none()
    if waiting is None:
        return False
    sealed = sealing.seal(order.message, public_id=waiting.public_id, destination=order.kind.destination)
    session.execute(_REPLACE, {**facts, "id": waiting.id, "sealed": sealed})
    session.execute(_ABSORB, {**facts, "id": waiting.id})
    return True


def _recipient_index(message: Message) -> bytes:
    return vault().blind_index("recipient", sealing.recipient_of(message))


_INSERT = text("""
INSERT INTO outbox_delivery (public_id, destination, kind, delivery_key, about, recipient_index,
                             ordering_key, coalesce_key, priority, sealed, state, next_attempt_at,
                             expires_at, correlation_id)
VALUES (:public_id, :destination, :kind, :delivery_key, :about, :recipient, :ordering_key, :coalesce_key,
        :priority, :sealed, 'ready', :not_before,
        coalesce(cast(:expires_at AS timestamptz), cast(:not_before AS timestamptz) + make_interval(
          secs => (SELECT s.ttl_s FROM retry_schedule s WHERE s.kind = :kind))), :correlation_id)
ON CONFLICT (delivery_key) DO NOTHING RETURNING id
""")
_FIND_KEY = text("""
SELECT 1 FROM outbox_delivery WHERE delivery_key = :delivery_key
UNION ALL SELECT 1 FROM absorbed_order WHERE delivery_key = :delivery_key
""")
_LOCK_WAITING = text("""
SELECT id, public_id FROM outbox_delivery
WHERE coalesce_key = :coalesce_key AND state = 'ready' AND tries = 0 FOR UPDATE
""")
_REPLACE = text("""
UPDATE outbox_delivery
SET sealed = :sealed, recipient_index = :recipient, hits = hits + 1, priority = least(priority, :priority),
    expires_at = greatest(expires_at, coalesce(
      cast(:expires_at AS timestamptz), cast(:not_before AS timestamptz) + make_interval(
        secs => (SELECT s.ttl_s FROM retry_schedule s WHERE s.kind = :kind))))
WHERE id = :id
""")
_ABSORB = text("INSERT INTO absorbed_order (delivery_key, delivery_id) VALUES (:delivery_key, :id)")
