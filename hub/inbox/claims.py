"""Claiming and settling: a worker leases rows, and every completion is fenced by its claim.

Order per document: only the head of each ordering key is claimed, with its followers behind it, so
two workers never hold events of one document. A row that crashed its worker is claimed alone.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.inbox.models import InboxState
from hub.inbox.store import body_context
from hub.kernel.crypto import SealBrokenError
from hub.kernel.errors import ErrorKind, HubError
from hub.kernel.ids import new_id
from hub.kernel.settings import vault

BATCH_MAX = 200
LEASE_S = 30
CRASHES_MAX = 3
_TAIL_MAX = 20
log = structlog.get_logger()


class LeaseLostError(HubError):
    """The rows were taken over while we worked; our transaction must not commit."""

    code = "lease-lost"
    kind = ErrorKind.CONFLICT


@dataclass(frozen=True, slots=True)
class Claimed:
    """One leased event with its opened body."""

    id: int
    public_id: UUID
    source: str
    sender: str
    topic: str
    ordering_key: str | None
    attempts: int
    correlation_id: str
    received_at: datetime
    format: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Claim:
    """A lease on some events, in the order in which they must be handled."""

    id: UUID
    events: tuple[Claimed, ...]


@dataclass(frozen=True, slots=True)
class Settlement:
    """How one event ended, or why it waits. `reason` holds no personal values."""

    event_id: int
    state: InboxState
    reason_code: str | None = None
    reason: str | None = None
    waiting_for: str | None = None
    delay_s: float = 0
    effects: tuple[dict[str, Any], ...] = ()


def claim_batch(session: Session, *, queue: str, worker: str, limit: int = BATCH_MAX) -> Claim:
    """Lease up to `limit` due events of the queue that never crashed a worker."""
    return _claim(session, queue=queue, worker=worker, is_crashed=False, heads=limit, tail=_TAIL_MAX)


def claim_suspect(session: Session, *, queue: str, worker: str) -> Claim:
    """Lease one due event that was in a worker's hands when it died: alone, to spare the others."""
    return _claim(session, queue=queue, worker=worker, is_crashed=True, heads=1, tail=0)


def _claim(session: Session, *, queue: str, worker: str, is_crashed: bool, heads: int, tail: int) -> Claim:
    claim_id = new_id()
    rows = session.execute(
        _CLAIM,
        {
            "queue": queue,
            "claim": claim_id,
            "worker": worker,
            "lease_s": LEASE_S,
            "crashed": is_crashed,
            "heads": heads,
            "tail": tail,
            "cap": heads,
        },
    ).all()
    opened = {row.id: _find_content(row.public_id, row.sealed) for row in rows}
    events = [
        Claimed(
            id=row.id,
            public_id=row.public_id,
            source=row.source,
            sender=row.sender,
            topic=row.topic,
            ordering_key=row.ordering_key,
            attempts=row.attempts,
            correlation_id=row.correlation_id,
            received_at=row.received_at,
            format=row.format,
            content=content,
        )
        for row in rows
        if (content := opened[row.id]) is not None
    ]
    settle(session, claim_id, [_unreadable(event_id) for event_id in opened if opened[event_id] is None])
    return Claim(id=claim_id, events=tuple(sorted(events, key=lambda event: event.id)))


def _find_content(public_id: UUID, sealed: bytes) -> bytes | None:
    try:
        return vault().open(sealed, context=body_context(public_id))
    except SealBrokenError:
        log.exception("inbox_body_unreadable", event_id=str(public_id))
        return None


def _unreadable(event_id: int) -> Settlement:
    """One damaged row, or a key taken away too early, must not deafen the queue; it can be replayed."""
    return Settlement(event_id, InboxState.BURIED, reason_code="body-unreadable")


def settle(session: Session, claim_id: UUID, settlements: Sequence[Settlement]) -> None:
    """Write how the events ended, in the transaction of their effects.

    Raises: LeaseLostError when any row is no longer ours: then nothing of this may commit.
    """
    if not settlements:
        return
    settled = session.execute(
        _SETTLE,
        {
            "claim": claim_id,
            "id": [settlement.event_id for settlement in settlements],
            "state": [settlement.state.value for settlement in settlements],
            "reason_code": [settlement.reason_code for settlement in settlements],
            "reason": [settlement.reason for settlement in settlements],
            "waiting_for": [settlement.waiting_for for settlement in settlements],
            "delay_s": [settlement.delay_s for settlement in settlements],
            "effects": [json.dumps(settlement.effects) for settlement in settlements],
        },
    ).all()
    if len(settled) != len(settlements):
        raise LeaseLostError


def release_untouched(session: Session, claim_id: UUID, event_ids: Sequence[int]) -> None:
    """Give rows back that were claimed and not tried: no attempt is burnt."""
    session.execute(_RELEASE, {"claim": claim_id, "id": list(event_ids)})


def resume_waiting(session: Session, keys: Sequence[str]) -> int:
    """Make events ready that were parked for one of these facts."""
    if not keys:
        return 0
    return len(session.execute(_RESUME, {"keys": list(keys)}).all())


def recall_told(session: Session, event_ids: Sequence[int]) -> set[int]:
    """Make finished events ready to be told once more; gives those that are in somebody's hands just now."""
    session.execute(_RECALL, {"id": list(event_ids)})
    return set(session.scalars(_RUNNING, {"id": list(event_ids)}))


def sweep_expired(session: Session) -> list[str]:
    """Take back rows whose worker died: ready again, or buried after the third crash. Gives queues."""
    rows = session.execute(_SWEEP, {"crashes_max": CRASHES_MAX}).all()
    return [row.queue for row in rows]


def retry_parked(session: Session) -> int:
    """Look at long-parked events again: a net under the resume that normally wakes them."""
    return len(session.execute(_RETRY_PARKED).all())


def due_queues(session: Session) -> dict[str, int]:
    """Count due events per queue, up to a bound."""
    return {row.queue: row.due for row in session.execute(_DUE)}


_CLAIM = text("""
WITH heads AS MATERIALIZED (
  SELECT i.id, i.ordering_key FROM inbox_event i
  WHERE i.queue = :queue AND i.state = 'ready' AND i.next_attempt_at <= now() AND (i.crashes > 0) = :crashed
    AND (i.ordering_key IS NULL OR NOT EXISTS (
      SELECT 1 FROM inbox_event e
      WHERE e.ordering_key = i.ordering_key AND e.state IN ('ready', 'running')
        AND (e.id < i.id OR e.state = 'running')))
  ORDER BY i.next_attempt_at, i.id LIMIT :heads FOR UPDATE OF i SKIP LOCKED),
tails AS (
  SELECT t.id FROM heads h CROSS JOIN LATERAL (
    SELECT x.id FROM inbox_event x
    WHERE x.ordering_key = h.ordering_key AND x.id > h.id AND x.queue = :queue AND x.state = 'ready'
      AND x.next_attempt_at <= now() AND x.crashes = 0
      AND NOT EXISTS (
        SELECT 1 FROM inbox_event y
        WHERE y.ordering_key = h.ordering_key AND y.id > h.id AND y.id < x.id
          AND y.state IN ('ready', 'running')
          AND (y.state = 'running' OR y.next_attempt_at > now() OR y.crashes > 0))
    ORDER BY x.id LIMIT :tail) t),
chosen AS (SELECT id FROM heads UNION ALL SELECT id FROM tails LIMIT :cap)
UPDATE inbox_event i
SET state = 'running', attempts = attempts + 1, claim_id = :claim, claimed_by = :worker,
    leased_until = clock_timestamp() + make_interval(secs => :lease_s)
FROM chosen c JOIN inbox_body b ON b.event_id = c.id
WHERE i.id = c.id AND i.state = 'ready'
RETURNING i.id, i.public_id, i.source, i.sender, i.topic, i.ordering_key, i.attempts, i.correlation_id,
          i.received_at, b.format, b.sealed
""")
_SETTLE = text("""
UPDATE inbox_event i
SET state = s.state, attempts = CASE WHEN s.state = 'parked' THEN 0 ELSE i.attempts END,
    reason_code = s.reason_code, reason = s.reason, waiting_for = s.waiting_for,
    effects = cast(s.effects AS jsonb), claim_id = NULL, leased_until = NULL,
    next_attempt_at = clock_timestamp() + make_interval(secs => s.delay_s),
    finished_at = CASE WHEN s.state IN ('ready', 'parked') THEN NULL ELSE clock_timestamp() END
FROM unnest(cast(:id AS bigint[]), cast(:state AS text[]), cast(:reason_code AS text[]),
            cast(:reason AS text[]), cast(:waiting_for AS text[]), cast(:delay_s AS float8[]),
            cast(:effects AS text[]))
  AS s (id, state, reason_code, reason, waiting_for, delay_s, effects)
WHERE i.id = s.id AND i.claim_id = :claim
RETURNING i.id
""")
_RELEASE = text("""
UPDATE inbox_event SET state = 'ready', attempts = attempts - 1, claim_id = NULL, leased_until = NULL
WHERE claim_id = :claim AND id = ANY(cast(:id AS bigint[]))
""")
_RESUME = text("""
UPDATE inbox_event SET state = 'ready', waiting_for = NULL, next_attempt_at = clock_timestamp()
WHERE state = 'parked' AND waiting_for = ANY(cast(:keys AS text[])) RETURNING id
""")
_RECALL = text("""
UPDATE inbox_event SET state = 'ready', attempts = 0, reason_code = NULL, finished_at = NULL,
  next_attempt_at = clock_timestamp()
WHERE id = ANY(cast(:id AS bigint[])) AND state IN ('processed', 'duplicate', 'stale')
""")
_RUNNING = text("""
SELECT id FROM inbox_event WHERE id = ANY(cast(:id AS bigint[])) AND state = 'running'
""")
_SWEEP = text("""
UPDATE inbox_event
SET crashes = crashes + 1, claim_id = NULL, leased_until = NULL, next_attempt_at = now(),
    state = CASE WHEN crashes + 1 >= :crashes_max THEN 'buried' ELSE 'ready' END,
    reason_code = CASE WHEN crashes + 1 >= :crashes_max THEN 'worker-crashed' END,
    finished_at = CASE WHEN crashes + 1 >= :crashes_max THEN clock_timestamp() END
WHERE id IN (SELECT id FROM inbox_event WHERE state = 'running' AND leased_until < clock_timestamp()
             ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED)
RETURNING queue
""")
_RETRY_PARKED = text("""
UPDATE inbox_event SET state = 'ready', waiting_for = NULL
WHERE id IN (SELECT id FROM inbox_event WHERE state = 'parked' AND next_attempt_at <= now()
             ORDER BY id LIMIT 200 FOR UPDATE SKIP LOCKED)
RETURNING id
""")
_DUE = text("""
SELECT queue, count(*) AS due FROM (
  SELECT queue FROM inbox_event WHERE state = 'ready' AND next_attempt_at <= now() LIMIT 10000) AS ready
GROUP BY queue
""")
