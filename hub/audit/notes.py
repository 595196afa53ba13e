"""Words of people about what was done: sealed, bound to their record, erasable without breaking the chain."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.audit.models import AuditNote
from hub.kernel.settings import vault


def keep_note(session: Session, record_id: int, words: str) -> None:
    """Keep what was said about a record."""
    session.add(
        AuditNote(record_id=record_id, sealed=vault().seal(words.encode(), context=note_context(record_id)))
    )


def open_notes(session: Session, record_ids: Collection[int]) -> dict[int, str]:
    """Give the words about these records, where there are any. Raises: SealBrokenError."""
    rows = session.scalars(select(AuditNote).where(AuditNote.record_id.in_(record_ids)))
    return {
        row.record_id: vault().open(row.sealed, context=note_context(row.record_id)).decode() for row in rows
    }


def note_context(record_id: int) -> str:
    """Bind a note to its record."""
    return f"audit_note:{record_id}"
