"""Uncertain deliveries: ask the destination what became of them; nobody sends them again blindly.

When it cannot tell either, they wait for a person, who says "it arrived" or "send it again". While the
destination's gate is shut nobody asks: an outage must not use up the patience.
"""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.contracts.messages import Message
from hub.contracts.parties import DeliveryKind, Destination
from hub.contracts.ports import LookUp
from hub.kernel import backoff, clock
from hub.outbox import gate as gates
from hub.outbox.claiming import find_message, open_attempts
from hub.outbox.destinations import get_destination, read_gate
from hub.outbox.models import DeliveryState
from hub.outbox.schedules import list_schedules

LOOK_UPS_MAX = 20
_PATIENCE: tuple[int, ...] = (30, 120, 600, 3_600)
"""Waits between questions; then a person must look."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A delivery that may have been taken, asked about under this number."""

    id: int
    public_id: UUID
    kind: DeliveryKind
    attempts: int
    tries: int
    """Number of this question among the tries; fences its answer."""
    asked: int
    """Questions since the last send, this one included."""
    message: Message | None = field(repr=False)
    """None: it cannot be read any more."""


def claim_doubts(session: Session, *, destination: Destination, lease_s: float) -> list[Doubt]:
    """Take uncertain deliveries that are due for a question; nobody else asks before the lease ends."""
    facts = {"destination": destination.value, "limit": LOOK_UPS_MAX, "lease_s": lease_s}
    if gates.is_shut(read_gate(get_destination(session, destination)), clock.now()):
        return []
    rows = session.execute(_CLAIM, facts).all()
    if not rows:
        return []
    open_attempts(session, [(row.id, row.tries) for row in rows], reason="look-up")
    return [
        Doubt(
            row.id,
            row.public_id,
            DeliveryKind(row.kind),
            row.attempts,
            row.tries,
            row.asked,
            find_message(row, destination),
        )
        for row in rows
    ]


def record_look_up(session: Session, doubt: Doubt, found: LookUp) -> DeliveryState | None:
    """Write the answer; None when the delivery went on without it.

    Taken → delivered. Not taken → as unreachable: tried again by its schedule, or buried. Unknown →
    asked again, or left to a person.
    """
    state, delay_s = DeliveryState.UNCERTAIN, backoff.delay_s(_PATIENCE, doubt.asked)
    needs_person = found == "unknown" and delay_s is None
    if found == "taken":
        state, delay_s = DeliveryState.DELIVERED, None
    elif found == "not-taken":
        delay_s = backoff.delay_s(list_schedules(session)[doubt.kind].delays_s, doubt.attempts)
        state = DeliveryState.BURIED if delay_s is None else DeliveryState.READY
    facts = {
        "id": doubt.id,
        "no": doubt.tries,
        "state": state.value,
        "delay_s": delay_s or 0.0,
        "needs_person": needs_person,
        "found": found,
    }
    session.execute(_CLOSE_ATTEMPT, facts)
    is_ours = session.execute(_RECORD, facts).one_or_none() is not None
    return state if is_ours else None


# A question is a try of its own, but burns no attempt.
_CLAIM = text("""
WITH due AS MATERIALIZED (
  SELECT id FROM outbox_delivery
  WHERE destination = :destination AND state = 'uncertain' AND NOT needs_person
    AND next_attempt_at <= now()
  ORDER BY next_attempt_at LIMIT :limit FOR UPDATE SKIP LOCKED)
UPDATE outbox_delivery d
SET tries = d.tries + 1, next_attempt_at = clock_timestamp() + make_interval(secs => :lease_s)
FROM due WHERE d.id = due.id
RETURNING d.id, d.public_id, d.kind, d.attempts, d.tries, d.sealed,
  1 + (SELECT count(*) FROM delivery_attempt a
       WHERE a.delivery_id = d.id AND a.reason LIKE 'look-up%' AND a.attempt_no > (
         SELECT coalesce(max(s.attempt_no), 0) FROM delivery_attempt s
         WHERE s.delivery_id = d.id AND s.reason NOT LIKE 'look-up%' IS NOT FALSE)) AS asked
""")
_CLOSE_ATTEMPT = text("""
UPDATE delivery_attempt
SET finished_at = clock_timestamp(), outcome = 'look-up', reason = 'look-up: ' || :found
WHERE delivery_id = :id AND attempt_no = :no
""")
# An answer that comes after its lease must not speak about a send that began meanwhile.
_RECORD = text("""
UPDATE outbox_delivery
SET state = :state, reason = 'look-up: ' || :found,
    next_attempt_at = clock_timestamp() + make_interval(secs => :delay_s),
    needs_person = :needs_person,
    finished_at = CASE WHEN :state IN ('delivered', 'buried') THEN clock_timestamp() END
WHERE id = :id AND state = 'uncertain' AND tries = :no RETURNING id
""")
