"""Claiming deliveries: as many as the destination's gate lets through, each under a lease.

Invariant: what the gate keeps back burns no attempt. A claim whose worker died leaves its deliveries
`uncertain`, or ready again where the destination shows a repetition once. The destination's row is
locked first, by every claim and every record.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from hub.contracts.messages import Message
from hub.contracts.parties import DeliveryKind, Destination
from hub.kernel import clock
from hub.kernel.crypto import SealBrokenError
from hub.kernel.ids import new_id
from hub.outbox import gate as gates
from hub.outbox import sealing
from hub.outbox.destinations import lock_destination, read_gate, write_gate

CLAIM_MAX = 64
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A leased message. `public_id` is our key at the destination: the same on every attempt."""

    id: int
    public_id: UUID
    claim_id: UUID = field(repr=False)
    """Fences the record: whoever lost the lease changes nothing."""
    kind: DeliveryKind
    attempts: int
    """Tries that count against the schedule, this one included."""
    tries: int
    """Number of this try."""
    message: Message = field(repr=False)


def claim(
    session: Session, *, destination: Destination, lease_s: float, limit: int = CLAIM_MAX
) -> list[ClaimedDelivery]:
    """Lease due deliveries and open an attempt for each; what expired meanwhile is closed unsent."""
    row = lock_destination(session, destination)
    session.execute(_EXPIRE, {"destination": destination.value})
    gate, now = read_gate(row), clock.now()
    in_flight = session.scalars(_IN_FLIGHT, {"destination": destination.value}).one()
    allowed = gates.permit(gate, wanted=limit, in_flight=in_flight, now=now)
    if allowed == 0:
        return []
    claim_id = new_id()
    facts = {"destination": destination.value, "claim": claim_id, "limit": allowed, "lease_s": lease_s}
    rows = session.execute(_CLAIM, facts).all()
    if not rows:
        return []
    write_gate(row, gates.spend(gate, len(rows), now))
    session.flush()  # no id: the destination's row changes before its deliveries', always
    opened = {claimed.id: find_message(claimed, destination) for claimed in rows}
    unreadable = [key for key, message in opened.items() if message is None]
    if unreadable:
        session.execute(_BURY_UNREADABLE, {"id": unreadable})
    deliveries = [
        ClaimedDelivery(
            claimed.id,
            claimed.public_id,
            claim_id,
            DeliveryKind(claimed.kind),
            claimed.attempts,
            claimed.tries,
            message,
        )
        for claimed in sorted(rows, key=lambda row: (row.priority, row.id))
        if (message := opened[claimed.id]) is not None
    ]
    open_attempts(session, [(one.id, one.tries) for one in deliveries])
    return deliveries


def open_attempts(session: Session, tries: Sequence[tuple[int, int]], *, reason: str | None = None) -> None:
    """Note that these tries, by delivery and number, are on their way."""
    facts = {
        "id": [row_id for row_id, _ in tries],
        "no": [number for _, number in tries],
        "reason": reason,
    }
    session.execute(_OPEN_ATTEMPTS, facts)


def sweep_expired(session: Session) -> int:
    """Take back deliveries whose worker died in mid-send, each by its kind's rule; how many."""
    return len(session.execute(_SWEEP).all())


def due_destinations(session: Session) -> dict[str, int]:
    """Count what is due per destination whose gate may let something through."""
    return {row.destination: row.due for row in session.execute(_DUE)}


def find_message(claimed: Row[Any], destination: Destination) -> Message | None:
    """Read a row's message; None, and a line in the log, when its key is gone or it was damaged."""
    try:
        return sealing.unseal(claimed.sealed, public_id=claimed.public_id, destination=destination)
    except SealBrokenError:
        log.exception("delivery_unreadable", delivery_id=str(claimed.public_id))
        return None


_EXPIRE = text("""
UPDATE outbox_delivery SET state = 'expired', finished_at = clock_timestamp()
WHERE id IN (SELECT id FROM outbox_delivery
             WHERE destination = :destination AND state = 'ready' AND expires_at <= now()
             ORDER BY expires_at LIMIT 1000 FOR UPDATE SKIP LOCKED)
""")
_IN_FLIGHT = text("""
SELECT count(*) FROM outbox_delivery WHERE destination = :destination AND state = 'running'
""")
# Head of line: nothing overtakes an earlier unfinished delivery to the same destination under the same
# ordering key. Materialized, or a plan may run the inner query again and take more than the limit.
_CLAIM = text("""
WITH due AS MATERIALIZED (
  SELECT o.id FROM outbox_delivery o
  WHERE o.destination = :destination AND o.state = 'ready' AND o.next_attempt_at <= now()
    AND (o.ordering_key IS NULL OR NOT EXISTS (
         SELECT FROM outbox_delivery e
         WHERE e.ordering_key = o.ordering_key AND e.id < o.id AND e.destination = o.destination
           AND e.state IN ('ready', 'running', 'uncertain')))
  ORDER BY o.priority, o.next_attempt_at, o.id LIMIT :limit FOR UPDATE SKIP LOCKED)
UPDATE outbox_delivery d
SET state = 'running', attempts = d.attempts + 1, tries = d.tries + 1, claim_id = :claim,
    leased_until = clock_timestamp() + make_interval(secs => :lease_s)
FROM due WHERE d.id = due.id
RETURNING d.id, d.public_id, d.kind, d.attempts, d.tries, d.priority, d.sealed
""")
_OPEN_ATTEMPTS = text("""
INSERT INTO delivery_attempt (delivery_id, attempt_no, reason)
SELECT t.id, t.no, :reason FROM unnest(cast(:id AS bigint[]), cast(:no AS smallint[])) AS t (id, no)
""")
# One damaged row, or a key taken away too early, must not silence the destination.
_BURY_UNREADABLE = text("""
UPDATE outbox_delivery
SET state = 'buried', claim_id = NULL, leased_until = NULL, reason = 'body-unreadable',
    finished_at = clock_timestamp()
WHERE id = ANY(cast(:id AS bigint[]))
""")
# Where a repetition is shown once it is tried again by its schedule, and buried at its end: what kills
# each worker that sends it must not do so for ever.
_SWEEP = text("""
WITH dead AS MATERIALIZED (
  SELECT id FROM outbox_delivery WHERE state = 'running' AND leased_until < clock_timestamp()
  FOR UPDATE SKIP LOCKED)
UPDATE outbox_delivery d
SET state = CASE WHEN s.when_uncertain <> 'resend' THEN 'uncertain'
                 WHEN d.attempts > cardinality(s.delays_s) THEN 'buried' ELSE 'ready' END,
    next_attempt_at = now() + make_interval(
      secs => CASE WHEN s.when_uncertain = 'resend' THEN coalesce(s.delays_s[d.attempts], 0) ELSE 0 END),
    finished_at = CASE WHEN s.when_uncertain = 'resend' AND d.attempts > cardinality(s.delays_s)
                       THEN clock_timestamp() END,
    needs_person = (s.when_uncertain = 'person'),
    claim_id = NULL, leased_until = NULL, reason = 'worker-died'
FROM dead, retry_schedule s
WHERE d.id = dead.id AND s.kind = d.kind
RETURNING d.id
""")
_DUE = text("""
SELECT d.destination, count(*) AS due
FROM outbox_delivery d JOIN destination g ON g.name = d.destination
WHERE d.state IN ('ready', 'uncertain') AND NOT d.needs_person AND (d.next_attempt_at <= now()
      OR (d.state = 'ready' AND d.expires_at <= now()))
  AND g.paused_at IS NULL AND coalesce(g.held_until, now()) <= now()
  AND coalesce(g.open_until, now()) <= now()
GROUP BY d.destination
""")
