"""Writing the mirror: set-based, under the document locks of mirror.lock_visits.

A cancellation knows no body: it keeps the lines we have, so that a later re-posting or refund finds
them, and turns the visit off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from hub.contracts.facts import DocumentStamp, VisitLine, VisitRefunded, VisitSnapshot
from hub.domain.documents.rules import AppliedStamp, write_marks
from hub.domain.loyalty.rules import earning_base, split_base
from hub.domain.visits.mirror import VisitKey
from hub.kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class VisitWrite:
    """A snapshot that is news, and whose patient is known when it has one; the stamp to hold with it."""

    snapshot: VisitSnapshot
    patient_id: UUID | None
    stamp: AppliedStamp


@dataclass(frozen=True, slots=True)
class RefundWrite:
    """A refund that is news, the row of its visit, and the stamp to hold with it."""

    refund: VisitRefunded
    visit_id: int
    stamp: AppliedStamp


def write_visits(session: Session, writes: Sequence[VisitWrite]) -> dict[VisitKey, int]:
    """Insert or advance the visits; gives their new versions."""
    if not writes:
        return {}
    bills = [_bill(write.snapshot) for write in writes]
    rows = session.execute(_UPSERT, _visit_columns(writes, bills)).all()
    held = {(row.infobase, row.ref): row for row in rows}
    told = [
        (held[write.snapshot.stamp.infobase, write.snapshot.stamp.ref], write.snapshot, bill)
        for write, bill in zip(writes, bills, strict=True)
        if write.snapshot.completed_at
    ]
    _delete_lines(session, [row.id for row, _, _ in told if row.version > 1])
    _insert_lines(
        session,
        [
            (row.id, line, base)
            for row, snapshot, bill in told
            for line, base in zip(snapshot.lines, bill.line_bases, strict=True)
        ],
    )
    return {key: row.version for key, row in held.items()}


def write_refunds(session: Session, writes: Sequence[RefundWrite]) -> dict[VisitKey, int]:
    """Insert or advance refund documents of known visits; gives the refunds' new versions."""
    if not writes:
        return {}
    refunds = [write.refund for write in writes]
    rows = session.execute(
        _UPSERT_REFUND,
        {
            **_stamp_columns([refund.stamp for refund in refunds]),
            "marks": [write_marks(write.stamp) for write in writes],
            "visit_id": [write.visit_id for write in writes],
            "is_whole": [not refund.lines for refund in refunds],
        },
    ).all()
    ids = {(row.infobase, row.ref): row.id for row in rows}
    lines = [
        (ids[refund.stamp.infobase, refund.stamp.ref], line.line_no, line.amount_kopecks)
        for refund in refunds
        for line in refund.lines
    ]
    session.execute(_DELETE_REFUND_LINES, {"ids": list(ids.values())})
    session.execute(
        _INSERT_REFUND_LINES,
        {
            "refund_id": [refund_id for refund_id, _, _ in lines],
            "line_no": [line_no for _, line_no, _ in lines],
            "amount": [amount for _, _, amount in lines],
        },
    )
    return {(row.infobase, row.ref): row.version for row in rows}


def touch_visits(session: Session, stamps: Mapping[VisitKey, AppliedStamp]) -> None:
    """Remember messages that brought no news, so that what they overtook stays overtaken."""
    _touch(session, _TOUCH_VISIT, stamps)


def touch_refunds(session: Session, stamps: Mapping[VisitKey, AppliedStamp]) -> None:
    """The same for refund documents."""
    _touch(session, _TOUCH_REFUND, stamps)


def _touch(session: Session, statement: TextClause, stamps: Mapping[VisitKey, AppliedStamp]) -> None:
    if stamps:
        columns = {
            "infobase": [infobase for infobase, _ in stamps],
            "ref": [ref for _, ref in stamps],
            "data_version": [stamp.data_version for stamp in stamps.values()],
            "message_no": [stamp.message_no for stamp in stamps.values()],
            "occurred_at": [stamp.occurred_at for stamp in stamps.values()],
            "marks": [write_marks(stamp) for stamp in stamps.values()],
        }
        session.execute(statement, columns)


@dataclass(frozen=True, slots=True)
class _Bill:
    """What a snapshot's lines sum to, and what of that earns, in kopecks."""

    total: int
    base: int
    line_bases: list[int]


def _bill(snapshot: VisitSnapshot) -> _Bill:
    amounts = [line.amount_kopecks for line in snapshot.lines]
    base = earning_base(snapshot.payments, amounts)
    return _Bill(sum(amounts), base, split_base(base, amounts))


def _visit_columns(writes: Sequence[VisitWrite], bills: Sequence[_Bill]) -> dict[str, list[Any]]:
    snapshots = [write.snapshot for write in writes]
    return {
        **_stamp_columns([snapshot.stamp for snapshot in snapshots]),
        "marks": [write_marks(write.stamp) for write in writes],
        "public_id": [new_id() for _ in writes],
        "patient_id": [write.patient_id for write in writes],
        "clinic_ref": [snapshot.clinic_ref for snapshot in snapshots],
        "completed_at": [snapshot.completed_at for snapshot in snapshots],
        "total": [bill.total for bill in bills],
        "base": [bill.base for bill in bills],
        "referral_code": [snapshot.referral_code for snapshot in snapshots],
        "promo_code": [snapshot.promo_code for snapshot in snapshots],
        "warnings": [",".join(snapshot.warnings) for snapshot in snapshots],
    }


def _stamp_columns(stamps: Sequence[DocumentStamp]) -> dict[str, list[Any]]:
    return {
        "infobase": [stamp.infobase for stamp in stamps],
        "ref": [stamp.ref for stamp in stamps],
        "object_type": [stamp.object_type for stamp in stamps],
        "number": [stamp.number for stamp in stamps],
        "is_live": [stamp.is_live for stamp in stamps],
        "data_version": [stamp.data_version for stamp in stamps],
        "content_hash": [stamp.content_hash for stamp in stamps],
        "message_no": [stamp.message_no for stamp in stamps],
        "occurred_at": [stamp.occurred_at for stamp in stamps],
    }


def _delete_lines(session: Session, visit_ids: list[int]) -> None:
    if visit_ids:
        session.execute(_DELETE_LINES, {"ids": visit_ids})


def _insert_lines(session: Session, lines: Sequence[tuple[int, VisitLine, int]]) -> None:
    session.execute(
        _INSERT_LINES,
        {
            "visit_id": [visit_id for visit_id, _, _ in lines],
            "line_no": [line.line_no for _, line, _ in lines],
            "service_ref": [line.service_ref for _, line, _ in lines],
            "loyalty_group": [line.loyalty_group for _, line, _ in lines],
            "doctor_ref": [line.doctor_ref for _, line, _ in lines],
            "amount": [line.amount_kopecks for _, line, _ in lines],
            "base": [base for _, _, base in lines],
        },
    )


_UPSERT = text("""
INSERT INTO visit AS v (public_id, infobase, ref, object_type, number, patient_id, clinic_ref, completed_at,
  is_live, data_version, content_hash, message_no, occurred_at, marks, total_kopecks, base_kopecks, version,
  referral_code, promo_code, warnings)
SELECT public_id, infobase, ref, object_type, number, patient_id, clinic_ref, completed_at, is_live,
  data_version, content_hash, message_no, occurred_at, cast(marks AS jsonb), total, base, 1,
  referral_code, promo_code,
  CASE WHEN warnings = '' THEN '{}' ELSE string_to_array(warnings, ',') END
FROM unnest(cast(:public_id AS uuid[]), cast(:infobase AS text[]), cast(:ref AS uuid[]),
  cast(:object_type AS text[]), cast(:number AS text[]), cast(:patient_id AS uuid[]),
  cast(:clinic_ref AS uuid[]), cast(:completed_at AS timestamptz[]), cast(:is_live AS boolean[]),
  cast(:data_version AS text[]), cast(:content_hash AS bytea[]), cast(:message_no AS bigint[]),
  cast(:occurred_at AS timestamptz[]), cast(:marks AS text[]),
  cast(:total AS bigint[]), cast(:base AS bigint[]),
  cast(:referral_code AS text[]), cast(:promo_code AS text[]),
  cast(:warnings AS text[]))
  AS w (public_id, infobase, ref, object_type, number, patient_id, clinic_ref, completed_at, is_live,
        data_version, content_hash, message_no, occurred_at, marks, total, base, referral_code,
        promo_code, warnings)
ON CONFLICT (infobase, ref) DO UPDATE
SET object_type = excluded.object_type,
    number = coalesce(nullif(excluded.number, ''), v.number),
    patient_id = coalesce(excluded.patient_id, v.patient_id),
    clinic_ref = coalesce(excluded.clinic_ref, v.clinic_ref),
    completed_at = coalesce(excluded.completed_at, v.completed_at),
    is_live = excluded.is_live, data_version = excluded.data_version,
    content_hash = excluded.content_hash, message_no = excluded.message_no,
    occurred_at = excluded.occurred_at, marks = excluded.marks,
    total_kopecks = CASE WHEN excluded.completed_at IS NULL THEN v.total_kopecks
                         ELSE excluded.total_kopecks END,
    base_kopecks = CASE WHEN excluded.completed_at IS NULL THEN v.base_kopecks
                        ELSE excluded.base_kopecks END,
    version = v.version + 1,
    referral_code = CASE WHEN excluded.completed_at IS NULL THEN v.referral_code
                         ELSE excluded.referral_code END,
    promo_code = CASE WHEN excluded.completed_at IS NULL THEN v.promo_code ELSE excluded.promo_code END,
    warnings = excluded.warnings, updated_at = clock_timestamp()
RETURNING v.id, v.infobase, v.ref, v.version
""")
_DELETE_LINES = text("DELETE FROM visit_line WHERE visit_id = ANY(cast(:ids AS bigint[]))")
_INSERT_LINES = text("""
INSERT INTO visit_line (visit_id, line_no, service_ref, loyalty_group, doctor_ref, amount_kopecks,
                        base_kopecks)
SELECT * FROM unnest(cast(:visit_id AS bigint[]), cast(:line_no AS integer[]),
  cast(:service_ref AS uuid[]), cast(:loyalty_group AS text[]), cast(:doctor_ref AS uuid[]),
  cast(:amount AS bigint[]), cast(:base AS bigint[]))
""")
_UPSERT_REFUND = text("""
INSERT INTO visit_refund AS r (visit_id, infobase, ref, object_type, number, is_live, data_version,
  content_hash, message_no, occurred_at, marks, is_whole, version)
SELECT visit_id, infobase, ref, object_type, number, is_live, data_version, content_hash, message_no,
  occurred_at, cast(marks AS jsonb), is_whole, 1
FROM unnest(cast(:visit_id AS bigint[]), cast(:infobase AS text[]), cast(:ref AS uuid[]),
  cast(:object_type AS text[]), cast(:number AS text[]), cast(:is_live AS boolean[]),
  cast(:data_version AS text[]), cast(:content_hash AS bytea[]), cast(:message_no AS bigint[]),
  cast(:occurred_at AS timestamptz[]), cast(:marks AS text[]), cast(:is_whole AS boolean[]))
  AS w (visit_id, infobase, ref, object_type, number, is_live, data_version, content_hash, message_no,
        occurred_at, marks, is_whole)
ON CONFLICT (infobase, ref) DO UPDATE
SET visit_id = excluded.visit_id, object_type = excluded.object_type, number = excluded.number,
    is_live = excluded.is_live, data_version = excluded.data_version,
    content_hash = excluded.content_hash, message_no = excluded.message_no,
    occurred_at = excluded.occurred_at, marks = excluded.marks, is_whole = excluded.is_whole,
    version = r.version + 1
RETURNING r.id, r.infobase, r.ref, r.version
""")
_DELETE_REFUND_LINES = text("DELETE FROM visit_refund_line WHERE refund_id = ANY(cast(:ids AS bigint[]))")
_INSERT_REFUND_LINES = text("""
INSERT INTO visit_refund_line (refund_id, line_no, amount_kopecks)
SELECT * FROM unnest(cast(:refund_id AS bigint[]), cast(:line_no AS integer[]), cast(:amount AS bigint[]))
""")
_TOUCH = """
UPDATE {table} d
SET data_version = s.data_version, message_no = s.message_no, occurred_at = s.occurred_at,
    marks = cast(s.marks AS jsonb)
FROM unnest(cast(:infobase AS text[]), cast(:ref AS uuid[]), cast(:data_version AS text[]),
            cast(:message_no AS bigint[]), cast(:occurred_at AS timestamptz[]), cast(:marks AS text[]))
  AS s (infobase, ref, data_version, message_no, occurred_at, marks)
WHERE d.infobase = s.infobase AND d.ref = s.ref
  AND d.infobase = ANY(cast(:infobase AS text[])) AND d.ref = ANY(cast(:ref AS uuid[]))
"""
_TOUCH_VISIT = text(_TOUCH.format(table="visit"))
_TOUCH_REFUND = text(_TOUCH.format(table="visit_refund"))
