"""The trail as auditors read it: newest first, filtered, with its place in the chain."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from hub.audit.models import AuditHead, AuditLink, AuditRecord
from hub.audit.notes import open_notes
from hub.db.paging import Page, cut_page, read_cursor


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records; None asks nothing. `until` is exclusive."""

    actor: str | None = None
    action: str | None = None
    object_type: str | None = None
    object_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class TrailRow:
    """A record, what a person said about it, and its link once it is sealed."""

    record: AuditRecord
    link: AuditLink | None
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ChainState:
    """How far the chain has come."""

    seq: int
    sealed_at: datetime | None
    head_seq: int
    head_signed_at: datetime | None
    exported_seq: int
    exported_at: datetime | None


def list_records(session: Session, wanted: Wanted, *, cursor: str | None, limit: int) -> Page[TrailRow]:
    """Give a page of records, newest first. Raises: CursorInvalidError."""
    after = read_cursor(cursor, int)
    query = _filter(
        select(AuditRecord, AuditLink).outerjoin(AuditLink, AuditLink.record_id == AuditRecord.id), wanted
    )
    if after is not None:
        query = query.where(AuditRecord.id < after[0])
    found = session.execute(query.order_by(AuditRecord.id.desc()).limit(limit + 1)).all()
    notes = open_notes(session, [record.id for record, _ in found])
    rows = [TrailRow(record, link, notes.get(record.id, "")) for record, link in found]
    return cut_page(rows, limit=limit, key=lambda row: [row.record.id])


def get_chain_state(session: Session) -> ChainState:
    """Tell how far records are sealed, heads signed and heads exported."""
    link = session.scalars(select(AuditLink).order_by(AuditLink.seq.desc()).limit(1)).first()
    head = session.scalars(select(AuditHead).order_by(AuditHead.seq.desc()).limit(1)).first()
    exported = session.execute(
        select(func.max(AuditHead.seq), func.max(AuditHead.exported_at)).where(
            AuditHead.exported_at.is_not(None)
        )
    ).one()
    return ChainState(
        seq=link.seq if link else 0,
        sealed_at=link.sealed_at if link else None,
        head_seq=head.seq if head else 0,
        head_signed_at=head.signed_at if head else None,
        exported_seq=exported[0] or 0,
        exported_at=exported[1],
    )


def _filter(query: Select[AuditRecord, AuditLink], wanted: Wanted) -> Select[AuditRecord, AuditLink]:
    equal = {
        AuditRecord.actor: wanted.actor,
        AuditRecord.action: wanted.action,
        AuditRecord.object_type: wanted.object_type,
        AuditRecord.object_id: wanted.object_id,
    }
    query = query.where(*(column == value for column, value in equal.items() if value is not None))
    if wanted.since is not None:
        query = query.where(AuditRecord.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditRecord.at < wanted.until)
    return query
