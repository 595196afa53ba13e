"""Deliveries: enqueue in the caller's transaction; claim, send and record in three steps.

Invariant: a message that may have been sent is never sent again blindly. A claim whose worker died
leaves the delivery `uncertain`, because nobody knows whether the destination took it.
"""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.contracts.messages import SendOutcome, SendSms
from hub.contracts.parties import Destination
from hub.kernel import backoff
from hub.kernel.crypto import SealBrokenError
from hub.kernel.ids import new_id
from hub.kernel.logging import current_correlation
from hub.kernel.settings import vault
from hub.outbox.models import DeliveryState

CLAIM_MAX = 20
LEASE_S = 60
"""Twice what a send may take: the client waits 10 s per phase, and may ask for the outcome after that."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A leased message. `public_id` is our key at the destination: the same on every attempt."""

    id: int
    public_id: UUID
    attempts: int
    claim_id: UUID
    message: SendSms = field(repr=False)


def enqueue_sms(session: Session, message: SendSms, *, delivery_key: str, expires_at: datetime) -> None:
    """Queue a text for the gateway. The same delivery_key again changes nothing."""
    public_id = new_id()
    session.execute(
        _ENQUEUE,
        {
            "public_id": public_id,
            "destination": Destination.SMS.value,
            "kind": "sms.code",
            "delivery_key": delivery_key,
            "sealed": vault().seal(json.dumps(asdict(message)).encode(), context=_context(public_id)),
            "expires_at": expires_at,
            "correlation_id": current_correlation(),
        },
    )


def claim(session: Session, *, destination: Destination, limit: int = CLAIM_MAX) -> list[ClaimedDelivery]:
    """Lease due deliveries and open an attempt for each; what expired meanwhile is closed unsent."""
    session.execute(_EXPIRE, {"destination": destination.value})
    claim_id = new_id()
    rows = session.execute(
        _CLAIM,
        {"destination": destination.value, "claim": claim_id, "limit": limit, "lease_s": LEASE_S},
    ).all()
    opened = {row.id: _find_message(row.public_id, row.sealed) for row in rows}
    unreadable = [row_id for row_id, message in opened.items() if message is None]
    session.execute(_BURY_UNREADABLE, {"id": unreadable})
    claimed = [
        ClaimedDelivery(row.id, row.public_id, row.attempts, claim_id, message)
        for row in rows
        if (message := opened[row.id]) is not None
    ]
    session.execute(
        _OPEN_ATTEMPTS, {"id": [one.id for one in claimed], "attempt_no": [one.attempts for one in claimed]}
    )
    return claimed


def record(session: Session, claimed: ClaimedDelivery, outcome: SendOutcome) -> DeliveryState | None:
    """Write what became of a send, fenced by the claim; None when the lease was lost."""
    state, delay_s = _next_state(claimed, outcome)
    facts = {
        "id": claimed.id,
        "claim": claimed.claim_id,
        "state": state.value,
        "delay_s": delay_s,
        "reference": outcome.reference or None,
        "outcome": outcome.state,
        "reason": outcome.reason or None,
        "attempt_no": claimed.attempts,
    }
    session.execute(_CLOSE_ATTEMPT, facts)
    return state if session.execute(_RECORD, facts).all() else None


def sweep_expired(session: Session) -> int:
    """Mark deliveries whose worker died mid-send as uncertain."""
    return len(session.execute(_SWEEP).all())


def due_destinations(session: Session) -> dict[str, int]:
    """Count due deliveries per destination, up to a bound."""
    return {row.destination: row.due for row in session.execute(_DUE)}


def _find_message(public_id: UUID, sealed: bytes) -> SendSms | None:
    try:
        return SendSms(**json.loads(vault().open(sealed, context=_context(public_id))))
    except SealBrokenError:
        log.exception("delivery_unreadable", delivery_id=str(public_id))
        return None


def _next_state(claimed: ClaimedDelivery, outcome: SendOutcome) -> tuple[DeliveryState, float]:
    if outcome.state == "accepted":
        return DeliveryState.DELIVERED, 0
    if outcome.state == "uncertain":
        return DeliveryState.UNCERTAIN, 0
    delay_s = backoff.delay_s(backoff.SMS_CODE, claimed.attempts)
    if outcome.state == "refused" or delay_s is None:
        return DeliveryState.BURIED, 0
    return DeliveryState.READY, max(delay_s, outcome.retry_after_s or 0)


def _context(public_id: UUID) -> str:
    return f"outbox_delivery:{public_id}"


_ENQUEUE = text("""
INSERT INTO outbox_delivery (public_id, destination, kind, delivery_key, sealed, state, expires_at,
                             correlation_id)
VALUES (:public_id, :destination, :kind, :delivery_key, :sealed, 'ready', :expires_at, :correlation_id)
ON CONFLICT (delivery_key) DO NOTHING
""")
_EXPIRE = text("""
UPDATE outbox_delivery SET state = 'expired', finished_at = clock_timestamp()
WHERE destination = :destination AND state = 'ready' AND expires_at <= now()
""")
_CLAIM = text("""
UPDATE outbox_delivery d
SET state = 'running', attempts = d.attempts + 1, claim_id = :claim,
    leased_until = clock_timestamp() + make_interval(secs => :lease_s)
WHERE d.id IN (SELECT id FROM outbox_delivery
               WHERE destination = :destination AND state = 'ready' AND next_attempt_at <= now()
               ORDER BY next_attempt_at, id LIMIT :limit FOR UPDATE SKIP LOCKED)
RETURNING d.id, d.public_id, d.attempts, d.sealed
""")
_OPEN_ATTEMPTS = text("""
INSERT INTO delivery_attempt (delivery_id, attempt_no)
SELECT * FROM unnest(cast(:id AS bigint[]), cast(:attempt_no AS smallint[]))
""")
# One damaged row, or a key taken away too early, must not silence the destination.
_BURY_UNREADABLE = text("""
UPDATE outbox_delivery
SET state = 'buried', claim_id = NULL, leased_until = NULL, reason = 'body-unreadable',
    finished_at = clock_timestamp()
WHERE id = ANY(cast(:id AS bigint[]))
""")
_CLOSE_ATTEMPT = text("""
UPDATE delivery_attempt SET finished_at = clock_timestamp(), outcome = :outcome, reason = :reason
WHERE delivery_id = :id AND attempt_no = :attempt_no
""")
_RECORD = text("""
UPDATE outbox_delivery
SET state = :state, claim_id = NULL, leased_until = NULL, reason = :reason,
    provider_reference = coalesce(:reference, provider_reference),
    next_attempt_at = clock_timestamp() + make_interval(secs => :delay_s),
    finished_at = CASE WHEN :state = 'ready' THEN NULL ELSE clock_timestamp() END
WHERE id = :id AND claim_id = :claim RETURNING id
""")
_SWEEP = text("""
UPDATE outbox_delivery
SET state = 'uncertain', claim_id = NULL, leased_until = NULL, reason = 'worker-died',
    finished_at = clock_timestamp()
WHERE state = 'running' AND leased_until < clock_timestamp() RETURNING id
""")
_DUE = text("""
SELECT destination, count(*) AS due FROM outbox_delivery
WHERE state = 'ready' AND (next_attempt_at <= now() OR expires_at <= now()) GROUP BY destination
""")
