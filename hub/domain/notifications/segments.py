"""Whom a mailing means: always only patients whose newest word about marketing is yes.

Consent is asked again when each message is made: who withdraws meanwhile hears nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.domain.notifications.preferences import Language
from hub.kernel import clock


@dataclass(frozen=True, slots=True)
class Segment:
    """Who is meant, of all who consented to marketing; None: whoever."""

    language: Language | None = None
    inactive_days: int | None = None
    """No visit for at least so long."""


def list_segment(session: Session, segment: Segment, *, after: UUID | None, limit: int) -> list[UUID]:
    """List whom the segment means, in order of ids, from behind the given one."""
    rows = session.execute(_SEGMENT, {**_values(segment), "after": after, "limit": limit})
    return [row.id for row in rows]


def count_segment(session: Session, segment: Segment) -> int:
    """Count whom the segment means now."""
    return int(session.scalar(_COUNT, {**_values(segment), "after": None, "limit": None}) or 0)


def _values(segment: Segment) -> dict[str, object]:
    since: datetime | None = None
    if segment.inactive_days is not None:
        since = clock.now() - timedelta(days=segment.inactive_days)
    return {"language": segment.language.value if segment.language else None, "since": since}


_WHO = """
FROM patient p LEFT JOIN notification_preference w ON w.patient_id = p.id
WHERE p.status = 'active' AND (CAST(:after AS uuid) IS NULL OR p.id > :after)
  AND (SELECT c.is_granted FROM consent c WHERE c.patient_id = p.id AND c.purpose = 'marketing'
       ORDER BY c.at DESC, c.id DESC LIMIT 1)
  AND (CAST(:language AS text) IS NULL OR coalesce(w.language, 'ru') = :language)
  AND (CAST(:since AS timestamptz) IS NULL OR NOT EXISTS (
       SELECT FROM visit v WHERE v.patient_id = p.id AND v.is_live AND v.completed_at > :since))
"""
_SEGMENT = text(f"SELECT p.id {_WHO} ORDER BY p.id LIMIT CAST(:limit AS bigint)")  # our own text
_COUNT = text(f"SELECT count(*) {_WHO}")  # our own text
