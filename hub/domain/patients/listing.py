"""The staff's list of patients: newest first, or those that one search box means.

The box takes a phone, a last name (whole, or its first three letters and more, a first name after it),
a card code or a 1C code; whatever it can mean is looked for at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, or_, select, union
from sqlalchemy.orm import Session

from hub.db.paging import Page, read_cursor, write_cursor
from hub.domain.patients import rules
from hub.domain.patients.models import ExternalIdentity, Patient, PatientStatus
from hub.domain.patients.personal import (
    open_personal,
    phone_index,
    surname_index,
    surname_prefix_index,
)
from hub.kernel.errors import CursorInvalidError
from hub.kernel.ids import find_uuid
from hub.kernel.phone import find_phone, mask_phone

_QUERY_LENGTH_MAX = 200
# Three letters is all the index knows of a name's beginning: more letters are compared after opening.
_CHUNK = 1_000
_OPENED_MAX = 20_000
_EXACT_MAX = 1_000
_SHOWN = ("surname", "first_name", "father_name", "phone")


@dataclass(frozen=True, slots=True)
class PatientRow:
    """One line of the list; the name is short, the phone masked."""

    user_id: UUID
    name: str = field(repr=False)
    phone_masked: str
    card_code: str | None
    status: PatientStatus
    created_at: datetime


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a query may mean: these patients, and those whose name begins so (compared after opening)."""

    patient_ids: frozenset[UUID]
    name: str = field(repr=False)


def list_patients(session: Session, *, q: str, cursor: str | None, limit: int) -> Page[PatientRow]:
    """Give a page, newest first; merged patients are not shown, their card and 1C codes find the survivor.

    Raises: CursorInvalidError. A page may be shorter than `limit` though `next_cursor` is given.
    """
    after = _read_after(cursor)
    wanted = _read_query(session, q)
    chunk = limit + 1 if wanted is None else _CHUNK
    items: list[PatientRow] = []
    opened = 0
    while opened < _OPENED_MAX:
        rows = _fetch(session, wanted, after, chunk)
        for row in rows:
            after = row.id
            line = _line(row, wanted)
            if line is None:
                continue
            if len(items) == limit:
                return Page(items, write_cursor([str(items[-1].user_id)]))
            items.append(line)
        if len(rows) < chunk:
            return Page(items, None)
        opened += len(rows)
    return Page(items, write_cursor([str(after)]))


def _read_after(cursor: str | None) -> UUID | None:
    key = read_cursor(cursor, str)
    if key is None:
        return None
    after = find_uuid(str(key[0]))
    if after is None:
        raise CursorInvalidError(field="cursor")
    return after


def _read_query(session: Session, q: str) -> _Wanted | None:
    """Resolve what is exact first: an index can then serve the whole condition."""
    q = q.replace("\x00", "").strip()[:_QUERY_LENGTH_MAX]
    if not q:
        return None
    card = rules.normalise_card(q)
    holders = [
        select(func.coalesce(Patient.merged_into, Patient.id)).where(Patient.card_code == card),
    ]
    phone = find_phone(q)
    if phone is not None:
        holders.append(select(Patient.id).where(Patient.phone_index == phone_index(phone)))
    if q.isdigit():
        code = func.ltrim(ExternalIdentity.external_code, "0")
        holders.append(select(ExternalIdentity.patient_id).where(code == q.lstrip("0")))
    patient_ids = session.scalars(union(*holders).limit(_EXACT_MAX))
    return _Wanted(frozenset(patient_ids), rules.normalise_name(q))


def _fetch(session: Session, wanted: _Wanted | None, after: UUID | None, chunk: int) -> Sequence[Row[Any]]:
    statement = (
        select(
            Patient.id,
            Patient.status,
            Patient.card_code,
            Patient.created_at,
            *(getattr(Patient, column) for column in _SHOWN),
        )
        .where(Patient.status != PatientStatus.MERGED)
        .order_by(Patient.id.desc())
        .limit(chunk)
    )
    if wanted is not None:
        statement = statement.where(or_(Patient.id.in_(wanted.patient_ids), _begins_so(wanted.name)))
    if after is not None:
        statement = statement.where(Patient.id < after)
    return session.execute(statement).all()


def _begins_so(name: str) -> ColumnElement[bool]:
    surname = name.split(" ", maxsplit=1)[0]
    if len(surname) < rules.PREFIX_LETTERS:
        return Patient.surname_index == surname_index(surname)
    return Patient.surname_prefix_index == surname_prefix_index(surname[: rules.PREFIX_LETTERS])


def _line(row: Row[Any], wanted: _Wanted | None) -> PatientRow | None:
    if wanted is not None and row.id not in wanted.patient_ids and not _is_named(row, wanted.name):
        return None
    personal = open_personal(row.id, {column: getattr(row, column) for column in _SHOWN})
    return PatientRow(
        user_id=row.id,
        name=rules.short_name(personal.surname, personal.first_name, personal.father_name),
        phone_masked=mask_phone(personal.phone) if personal.phone else "",
        card_code=row.card_code,
        status=PatientStatus(row.status),
        created_at=row.created_at,
    )


def _is_named(row: Row[Any], name: str) -> bool:
    """Open the surname alone first: most rows of a common beginning end there."""
    surname = rules.normalise_name(open_personal(row.id, {"surname": row.surname}).surname)
    if surname.startswith(name):
        return True
    if not name.startswith(surname):
        return False
    opened = open_personal(row.id, {column: getattr(row, column) for column in _SHOWN})
    return rules.normalise_name(opened.full_name()).startswith(name)
