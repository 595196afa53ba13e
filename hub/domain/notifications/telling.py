"""Rows of notices on their way: which are due, which wait for the evening, what became of each.

Who works on a patient's notices holds that patient's name locked: caps and gatherings are decided one by one.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.db.locks import lock_names
from hub.domain.notifications.catalogue import NoticeKind
from hub.domain.notifications.models import NoticeState
from hub.kernel import clock


@dataclass(frozen=True, slots=True)
class DueNotice:
    """A notice whose time has come; its row is locked to the end of the transaction."""

    id: int
    notice_key: str
    kind: NoticeKind
    patient_id: UUID
    facts: Mapping[str, str | int]
    is_gathered: bool
    expires_at: datetime
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a notice. `outcome`: by channel, "queued" or why not."""

    notice_id: int
    state: NoticeState
    recipient_id: UUID | None
    told_on: date | None
    outcome: Mapping[str, str]


def claim_due(session: Session, *, limit: int) -> Sequence[DueNotice]:
    """Take due notices that nobody else holds, earliest first; they come back if we fail."""
    rows = session.execute(_CLAIM, {"now": clock.now(), "limit": limit})
    return [
        DueNotice(
            row.id, row.notice_key, NoticeKind(row.kind), row.patient_id, row.facts, row.is_gathered,
            row.expires_at, row.correlation_id,
        )
        for row in rows
    ]  # fmt: skip  # one row, one line


def lock_recipients(session: Session, patient_ids: Collection[UUID]) -> None:
    """Hold what is decided per patient: another worker's notices of the same one wait."""
    lock_names(session, [f"notices:{patient_id}" for patient_id in patient_ids])


def find_told(session: Session, recipients: Mapping[UUID, date]) -> frozenset[tuple[UUID, NoticeKind]]:
    """Find which kinds each recipient was told on their day."""
    rows = session.execute(_TOLD, {"recipient": list(recipients), "day": list(recipients.values())})
    return frozenset((row.recipient_id, NoticeKind(row.kind)) for row in rows)


def keep_for_evening(session: Session, gathered: Mapping[int, datetime]) -> None:
    """Put notices off to be told together."""
    if gathered:
        session.execute(_GATHER, {"id": list(gathered), "at": list(gathered.values())})


def settle(session: Session, settled: Sequence[Settled]) -> None:
    """Write what became of notices; one statement however many there are."""
    if not settled:
        return
    session.execute(
        _SETTLE,
        {
            "id": [one.notice_id for one in settled],
            "state": [one.state.value for one in settled],
            "recipient": [one.recipient_id for one in settled],
            "told_on": [one.told_on for one in settled],
            "outcome": [json.dumps(dict(one.outcome)) for one in settled],
        },
    )


def is_anything_due(session: Session) -> bool:
    """Whether a notice's time has come."""
    return session.scalar(_DUE, {"now": clock.now()}) is not None


_CLAIM = text("""
SELECT id, notice_key, kind, patient_id, facts, is_gathered, expires_at, correlation_id FROM notice
WHERE state = 'waiting' AND not_before_at <= :now ORDER BY not_before_at, id LIMIT :limit
FOR UPDATE SKIP LOCKED
""")
_TOLD = text("""
SELECT DISTINCT n.recipient_id, n.kind
FROM unnest(cast(:recipient AS uuid[]), cast(:day AS date[])) AS d (recipient, day)
JOIN notice n ON n.recipient_id = d.recipient AND n.told_on = d.day AND n.state = 'told'
""")
_GATHER = text("""
UPDATE notice n SET is_gathered = true, not_before_at = g.at
FROM unnest(cast(:id AS bigint[]), cast(:at AS timestamptz[])) AS g (id, at)
WHERE n.id = g.id AND n.id = ANY(cast(:id AS bigint[]))
""")
_SETTLE = text("""
UPDATE notice n SET state = s.state, recipient_id = s.recipient, told_on = s.told_on,
  outcome = cast(s.outcome AS jsonb), settled_at = clock_timestamp()
FROM unnest(cast(:id AS bigint[]), cast(:state AS text[]), cast(:recipient AS uuid[]),
            cast(:told_on AS date[]), cast(:outcome AS text[])) AS s (id, state, recipient, told_on, outcome)
WHERE n.id = s.id AND n.id = ANY(cast(:id AS bigint[]))
""")
_DUE = text("SELECT 1 FROM notice WHERE state = 'waiting' AND not_before_at <= :now LIMIT 1")
