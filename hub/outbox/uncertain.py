"""Uncertain deliveries: ask the destination what became of them; nobody sends them again blindly.

When it cannot tell either, they wait for a person, who says "it arrived" or "send it again".
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.contracts.parties import Destination
from hub.contracts.ports import LookUp
from hub.kernel import backoff
from hub.outbox.claiming import open_attempts
from hub.outbox.models import DeliveryState

LOOK_UPS_MAX = 20
_PATIENCE: tuple[int, ...] = (30, 120, 600, 3_600)
"""Waits between questions; then a person must look."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A delivery that may have been taken, asked about under this number."""

    id: int
    public_id: UUID
    tries: int
    asked: int
    """Questions so far, this one included."""


def claim_doubts(session: Session, *, destination: Destination, lease_s: float) -> list[Doubt]:
    """Take uncertain deliveries that are due for a question; nobody else asks before the lease ends."""
    rows = session.execute(
        _CLAIM, {"destination": destination.value, "limit": LOOK_UPS_MAX, "lease_s": lease_s}
    ).all()
    open_attempts(session, [(row.id, row.tries) for row in rows])
    return [Doubt(row.id, row.public_id, row.tries, row.asked) for row in rows]


def record_look_up(session: Session, doubt: Doubt, found: LookUp) -> DeliveryState:
    """Write the answer: taken → delivered; not taken → ready; unknown → asked again, or left to a person."""
    state, delay_s = DeliveryState.UNCERTAIN, 0.0
    needs_person = False
    if found == "taken":
        state = DeliveryState.DELIVERED
    elif found == "not-taken":
        state = DeliveryState.READY
    else:
        waited_s = backoff.delay_s(_PATIENCE, doubt.asked)
        needs_person, delay_s = waited_s is None, waited_s or 0.0
    facts = {
        "id": doubt.id,
        "no": doubt.tries,
        "state": state.value,
        "delay_s": delay_s,
        "needs_person": needs_person,
        "found": found,
    }
    session.execute(_CLOSE_ATTEMPT, facts)
    session.execute(_RECORD, facts)
    return state


# A question is a try of its own, but burns no attempt.
_CLAIM = text("""
UPDATE outbox_delivery d
SET tries = d.tries + 1, next_attempt_at = clock_timestamp() + make_interval(secs => :lease_s)
WHERE d.id IN (SELECT id FROM outbox_delivery
               WHERE destination = :destination AND state = 'uncertain' AND NOT needs_person
                 AND next_attempt_at <= now()
               ORDER BY next_attempt_at LIMIT :limit FOR UPDATE SKIP LOCKED)
RETURNING d.id, d.public_id, d.tries,
  1 + (SELECT count(*) FROM delivery_attempt a
       WHERE a.delivery_id = d.id AND a.reason LIKE 'look-up: %') AS asked
""")
_CLOSE_ATTEMPT = text("""
UPDATE delivery_attempt
SET finished_at = clock_timestamp(), outcome = 'look-up', reason = 'look-up: ' || :found
WHERE delivery_id = :id AND attempt_no = :no
""")
_RECORD = text("""
UPDATE outbox_delivery
SET state = :state, reason = 'look-up: ' || :found,
    next_attempt_at = clock_timestamp() + make_interval(secs => :delay_s),
    needs_person = :needs_person,
    finished_at = CASE WHEN :state = 'delivered' THEN clock_timestamp() END
WHERE id = :id AND state = 'uncertain'
""")
