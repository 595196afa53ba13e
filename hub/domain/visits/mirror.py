"""Reading the mirror: visits with their lines and refunds, locked by document.

Invariant: whoever decides about a document holds its lock from before the first read to the commit.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from hub.db.locks import lock_names
from hub.domain.documents.rules import AppliedStamp, read_stamp
from hub.domain.loyalty.rules import EarningLine

VisitKey = tuple[str, UUID]
"""Infobase and reference."""


@dataclass(frozen=True, slots=True)
class MirroredVisit:
    """A visit as we hold it. `refunded_kopecks` sums its live refunds by line number.

    `patient_id` is who has the visit now: of a merged patient, who took over.
    """

    id: int
    number: str
    patient_id: UUID | None
    clinic_ref: UUID | None
    completed_at: datetime | None
    is_live: bool
    stamp: AppliedStamp
    lines: tuple[EarningLine, ...]
    refunded_kopecks: dict[int, int]


@dataclass(frozen=True, slots=True)
class KnownVisit:
    """A visit document as far as it takes to judge a message about it."""

    id: int
    stamp: AppliedStamp


def lock_visits(session: Session, keys: Collection[VisitKey]) -> dict[VisitKey, KnownVisit]:
    """Lock the documents, known or not yet known, then read which version we hold of them."""
    lock_names(session, [f"visit:{infobase}:{ref}" for infobase, ref in keys])
    return {
        (row.infobase, row.ref): KnownVisit(row.id, _stamp(row))
        for row in _of(keys, session.execute(_STAMPS, _split(keys)))
    }


def find_visits(session: Session, keys: Collection[VisitKey]) -> dict[VisitKey, MirroredVisit]:
    """Read visits; three statements however many there are."""
    rows = _of(keys, session.execute(_VISITS, _split(keys)))
    ids = [row.id for row in rows]
    lines = _lines(session, ids)
    refunded = _refunded(session, lines, ids)
    return {
        (row.infobase, row.ref): MirroredVisit(
            id=row.id,
            number=row.number,
            patient_id=row.holder_id,
            clinic_ref=row.clinic_ref,
            completed_at=row.completed_at,
            is_live=row.is_live,
            stamp=_stamp(row),
            lines=tuple(lines[row.id]),
            refunded_kopecks=refunded[row.id],
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class HeldRefund:
    """A refund document as we hold it: its version, and the visit that it lowers."""

    stamp: AppliedStamp
    visit: VisitKey


def lock_refunds(session: Session, keys: Collection[VisitKey]) -> dict[VisitKey, HeldRefund]:
    """Lock the refund documents, known or not yet known, then read what we hold of them."""
    lock_names(session, [f"refund:{infobase}:{ref}" for infobase, ref in keys])
    return {
        (row.infobase, row.ref): HeldRefund(_stamp(row), (row.infobase, row.visit_ref))
        for row in _of(keys, session.execute(_REFUNDS, _split(keys)))
    }


def find_holders(session: Session, keys: Collection[VisitKey]) -> set[UUID]:
    """Find who has these visits now."""
    return {row.holder_id for row in _of(keys, session.execute(_HOLDERS, _split(keys)))}


def _stamp(row: Row[tuple[object, ...]]) -> AppliedStamp:
    return read_stamp(
        data_version=row.data_version,
        content_hash=row.content_hash,
        message_no=row.message_no,
        occurred_at=row.occurred_at,
        marks=row.marks,
    )


def _lines(session: Session, visit_ids: list[int]) -> dict[int, list[EarningLine]]:
    lines: dict[int, list[EarningLine]] = {visit_id: [] for visit_id in visit_ids}
    for row in session.execute(_LINES, {"ids": visit_ids}):
        lines[row.visit_id].append(EarningLine(row.line_no, row.amount_kopecks, row.base_kopecks))
    return lines


def _refunded(
    session: Session, lines: dict[int, list[EarningLine]], visit_ids: list[int]
) -> dict[int, dict[int, int]]:
    """Sum refunds by line; a whole refund returns every line in full."""
    refunded: dict[int, dict[int, int]] = {visit_id: {} for visit_id in visit_ids}
    for row in session.execute(_REFUND_LINES, {"ids": visit_ids}):
        of_visit = refunded[row.visit_id]
        if row.is_whole:
            of_visit |= {line.line_no: line.amount_kopecks for line in lines[row.visit_id]}
        elif row.line_no is not None:
            of_visit[row.line_no] = of_visit.get(row.line_no, 0) + row.amount_kopecks
    return refunded


def _split(keys: Collection[VisitKey]) -> dict[str, list[str] | list[UUID]]:
    return {"infobases": list({infobase for infobase, _ in keys}), "refs": [ref for _, ref in keys]}


def _of(keys: Collection[VisitKey], rows: Iterable[Row[tuple[object, ...]]]) -> list[Row[tuple[object, ...]]]:
    """Pass over another base's document with the same reference, which was found as well."""
    wanted = set(keys)
    return [row for row in rows if (row.infobase, row.ref) in wanted]


# Not joins with pairs of base and reference: while a table is small, those are planned as walks of its whole
# index, and plans are kept.
_STAMPS = text("""
SELECT id, infobase, ref, data_version, content_hash, message_no, occurred_at, marks FROM visit
WHERE infobase = ANY(cast(:infobases AS text[])) AND ref = ANY(cast(:refs AS uuid[]))
""")
_VISITS = text("""
SELECT id, infobase, ref, number, clinic_ref, completed_at, is_live,
       data_version, content_hash, message_no, occurred_at, marks,
       (SELECT coalesce(merged_into, id) FROM patient WHERE id = visit.patient_id) AS holder_id
FROM visit
WHERE infobase = ANY(cast(:infobases AS text[])) AND ref = ANY(cast(:refs AS uuid[]))
""")
_HOLDERS = text("""
SELECT infobase, ref, (SELECT coalesce(merged_into, id) FROM patient WHERE id = visit.patient_id) AS holder_id
FROM visit
WHERE infobase = ANY(cast(:infobases AS text[])) AND ref = ANY(cast(:refs AS uuid[]))
  AND patient_id IS NOT NULL
""")
_REFUNDS = text("""
SELECT infobase, ref, data_version, content_hash, message_no, occurred_at, marks,
       (SELECT ref FROM visit WHERE id = visit_refund.visit_id) AS visit_ref
FROM visit_refund
WHERE infobase = ANY(cast(:infobases AS text[])) AND ref = ANY(cast(:refs AS uuid[]))
""")
_LINES = text("""
SELECT visit_id, line_no, amount_kopecks, base_kopecks FROM visit_line
WHERE visit_id = ANY(cast(:ids AS bigint[])) ORDER BY visit_id, line_no
""")
_REFUND_LINES = text("""
SELECT r.visit_id, r.is_whole, l.line_no, l.amount_kopecks
FROM visit_refund r LEFT JOIN LATERAL (
  SELECT line_no, amount_kopecks FROM visit_refund_line WHERE refund_id = r.id OFFSET 0) l ON true
WHERE r.visit_id = ANY(cast(:ids AS bigint[])) AND r.is_live ORDER BY r.is_whole, r.id
""")
