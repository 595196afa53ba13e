"""Recording what became of sends: fenced by the claim, on the row, its attempt and the gate at once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.contracts.messages import SendOutcome
from hub.contracts.parties import Destination
from hub.kernel import backoff, clock
from hub.outbox import gate as gates
from hub.outbox.claiming import ClaimedDelivery
from hub.outbox.destinations import lock_destination, read_gate, write_gate
from hub.outbox.models import DeliveryState, WhenUncertain
from hub.outbox.schedules import Schedule, list_schedules

THROTTLED_S = 2.0
"""How long to keep silent when a destination says "too fast" and not for how long."""
HOLD_S_MAX = 3_600
LOOK_UP_S = 1.0
RECEIPT_S = 30
"""A receipt is asked for first after so long; by then most texts have arrived."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One send and how it ended."""

    delivery: ClaimedDelivery
    outcome: SendOutcome
    duration_ms: int = 0


def record(session: Session, destination: Destination, sends: Sequence[Sent]) -> dict[int, DeliveryState]:
    """Write what became of sends; new states by id, without those whose lease was lost meanwhile."""
    if not sends:
        return {}
    row = lock_destination(session, destination)
    schedules = list_schedules(session)
    now = clock.now()
    gate = gates.note(
        read_gate(row),
        succeeded=sum(sent.outcome.state in {"accepted", "refused"} for sent in sends),
        failed=sum(sent.outcome.state in {"unreachable", "uncertain"} for sent in sends),
        now=now,
    )
    wishes = [_silence_s(sent.outcome) for sent in sends]
    if any(wishes):
        gate = gates.hold(gate, now + timedelta(seconds=max(wishes)))
    write_gate(row, gate)
    row.outcomes = dict(Counter(row.outcomes) + Counter(str(sent.outcome.state) for sent in sends))
    session.flush()  # no id: a claim in this same transaction reads the gate anew
    rows = [_next(schedules[sent.delivery.kind], sent) for sent in sends]
    columns = {name: [line[name] for line in rows] for name in rows[0]}
    session.execute(_CLOSE_ATTEMPTS, columns)
    ended = session.execute(_RECORD, {**columns, "receipt_s": RECEIPT_S}).all()
    return {line.id: DeliveryState(line.state) for line in ended}


def _next(schedule: Schedule, sent: Sent) -> dict[str, Any]:
    """Decide the row's next state."""
    outcome = sent.outcome
    state, delay_s, burns = DeliveryState.BURIED, 0.0, 1
    if outcome.state == "accepted":
        state = DeliveryState.DELIVERED
    elif outcome.state == "throttled":
        state, delay_s, burns = DeliveryState.READY, _silence_s(outcome), 0
    elif outcome.state == "uncertain" and schedule.when_uncertain is not WhenUncertain.RESEND:
        state, delay_s = DeliveryState.UNCERTAIN, LOOK_UP_S
    elif outcome.state in {"unreachable", "uncertain"}:
        waited_s = backoff.delay_s(schedule.delays_s, sent.delivery.attempts)
        if waited_s is not None:
            state, delay_s = DeliveryState.READY, max(waited_s, _wish_s(outcome))
    return {
        "id": sent.delivery.id,
        "claim": sent.delivery.claim_id,
        "no": sent.delivery.tries,
        "state": state.value,
        "delay_s": float(delay_s),
        "unburnt": 1 - burns,
        "needs_person": state is DeliveryState.UNCERTAIN and schedule.when_uncertain is WhenUncertain.PERSON,
        "reference": outcome.reference or None,
        "outcome": outcome.state,
        "reason": outcome.reason or None,
        "duration_ms": sent.duration_ms,
        "parts": outcome.parts,
        "cost_kopecks": outcome.cost_kopecks,
        "receipt": "awaited" if outcome.state == "accepted" and outcome.awaits_receipt else None,
    }


def _silence_s(outcome: SendOutcome) -> float:
    """How long the whole destination should keep silent because of this answer."""
    if outcome.state == "throttled":
        return max(_wish_s(outcome), THROTTLED_S)
    return _wish_s(outcome) if outcome.state == "unreachable" else 0.0


def _wish_s(outcome: SendOutcome) -> float:
    return min(outcome.retry_after_s or 0.0, HOLD_S_MAX)


_CLOSE_ATTEMPTS = text("""
UPDATE delivery_attempt a
SET finished_at = clock_timestamp(), outcome = r.outcome, reason = r.reason, duration_ms = r.duration_ms
FROM unnest(cast(:id AS bigint[]), cast(:no AS smallint[]), cast(:outcome AS text[]),
            cast(:reason AS text[]), cast(:duration_ms AS bigint[]))
  AS r (id, no, outcome, reason, duration_ms)
WHERE a.delivery_id = r.id AND a.attempt_no = r.no
""")
_RECORD = text("""
UPDATE outbox_delivery d
SET state = r.state, claim_id = NULL, leased_until = NULL, reason = r.reason,
    attempts = d.attempts - r.unburnt,
    provider_reference = coalesce(r.reference, d.provider_reference),
    parts = coalesce(r.parts, d.parts), cost_kopecks = coalesce(r.cost_kopecks, d.cost_kopecks),
    receipt = r.receipt,
    receipt_due_at = CASE WHEN r.receipt = 'awaited'
                          THEN clock_timestamp() + make_interval(secs => :receipt_s) END,
    next_attempt_at = clock_timestamp() + make_interval(secs => r.delay_s),
    needs_person = r.needs_person,
    finished_at = CASE WHEN r.state IN ('delivered', 'buried') THEN clock_timestamp() END
FROM unnest(cast(:id AS bigint[]), cast(:claim AS uuid[]), cast(:state AS text[]),
            cast(:delay_s AS double precision[]), cast(:unburnt AS smallint[]),
            cast(:needs_person AS boolean[]), cast(:reference AS text[]), cast(:reason AS text[]),
            cast(:parts AS smallint[]), cast(:cost_kopecks AS bigint[]), cast(:receipt AS text[]))
  AS r (id, claim_id, state, delay_s, unburnt, needs_person, reference, reason, parts, cost_kopecks,
        receipt)
WHERE d.id = r.id AND d.claim_id = r.claim_id
RETURNING d.id, d.state
""")
