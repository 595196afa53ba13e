"""Noting what a patient must be told, in the transaction that made it true: light rows, no words yet."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.domain.notifications.catalogue import CATALOGUE, NoticeKind
from hub.kernel import clock
from hub.kernel.logging import current_correlation
from hub.taskqueue.names import TaskName
from hub.taskqueue.nudge import nudge


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeDraft:
    """What to tell whom. `facts`: hundredths, ISO instants (`…_at`), plain words; nothing personal."""

    kind: NoticeKind
    notice_key: str
    """The same event has the same key, whoever notes it and how often."""
    patient_id: UUID
    facts: Mapping[str, str | int]
    happened_at: datetime
    expires_at: datetime | None = None
    """None: the kind's own life after it happened."""
    correlation_id: str = ""

    def life_ends_at(self) -> datetime:
        """Tell when nobody wants to know any more."""
        return self.expires_at or self.happened_at + timedelta(days=CATALOGUE[self.kind].life_days)


def notify(session: Session, drafts: Sequence[NoticeDraft]) -> int:
    """Keep the notices; one statement however many there are. Gives how many were new.

    What nobody wants to know any more is not kept: a base that brings its past tells it to nobody. The same
    notice_key changes nothing.
    """
    now = clock.now()
    fresh = [draft for draft in drafts if draft.life_ends_at() > now]
    if not fresh:
        return 0
    kept = session.execute(
        _INSERT,
        {
            "notice_key": [draft.notice_key for draft in fresh],
            "kind": [draft.kind.value for draft in fresh],
            "patient_id": [draft.patient_id for draft in fresh],
            "facts": [json.dumps(dict(draft.facts)) for draft in fresh],
            "expires_at": [draft.life_ends_at() for draft in fresh],
            "correlation_id": [draft.correlation_id or current_correlation() for draft in fresh],
            "now": now,
        },
    ).all()
    nudge(session, TaskName.NOTIFY, "")
    return len(kept)


_INSERT = text("""
INSERT INTO notice (notice_key, kind, patient_id, facts, not_before_at, expires_at, correlation_id)
SELECT n.notice_key, n.kind, n.patient_id, cast(n.facts AS jsonb), :now, n.expires_at, n.correlation_id
FROM unnest(cast(:notice_key AS text[]), cast(:kind AS text[]), cast(:patient_id AS uuid[]),
            cast(:facts AS text[]), cast(:expires_at AS timestamptz[]), cast(:correlation_id AS text[]))
  AS n (notice_key, kind, patient_id, facts, expires_at, correlation_id)
ON CONFLICT (notice_key) DO NOTHING RETURNING id
""")
