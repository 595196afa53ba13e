"""All that the hub holds about the caller, as one file: the law's right of access."""

from datetime import date, datetime
from uuid import UUID

from fastapi import Response

from api.access import PATIENT, CallerHere, Door
from api.languages import prefers_english
from api.loyalty import BalanceWire, write_balance
from api.owners import get_own_patient_id
from api.wire import AcceptLanguage, AmountText, Told
from hub.db.transaction import transaction
from hub.domain.devices.queries import SignedInDevice
from hub.domain.ledger.queries import HistoryRow
from hub.domain.patients.consenting import LoggedConsent
from hub.domain.patients.queries import Profile
from hub.domain.visits.queries import VisitBrief
from hub.flows.export import Export, export_patient
from hub.kernel.money import format_amount

door = Door("/api/me/export", tag="me")


class ExportedPerson(Told):
    """Who the patient is, unmasked: the file is theirs."""

    user_id: UUID
    last_name: str
    first_name: str
    father_name: str
    birth_date: date | None
    phone: str | None
    email: str
    card_code: str | None
    created_at: datetime


class ExportedConsent(Told):
    """One yes or no."""

    purpose: str
    granted: bool
    at: datetime
    doc_version: str
    source: str


class ExportedDevice(Told):
    """One place where the patient is signed in."""

    label: str
    network: str
    created_at: datetime
    seen_at: datetime


class ExportedEntry(Told):
    """One line of the account; `amount` is signed."""

    id: UUID
    asset: str
    kind: str
    amount: AmountText
    pending: bool
    occurred_at: datetime
    document_number: str | None


class ExportedVisit(Told):
    """One visit: its document and total, never what for."""

    id: UUID
    number: str
    completed_at: datetime | None
    cancelled: bool
    total: AmountText


class ExportWire(Told):
    """Everything about the caller."""

    person: ExportedPerson
    balance: BalanceWire
    consents: list[ExportedConsent]
    devices: list[ExportedDevice]
    entries: list[ExportedEntry]
    visits: list[ExportedVisit]


@door.get("", PATIENT, response_model=ExportWire)
def export_me(caller: CallerHere, accept_language: AcceptLanguage = "") -> Response:
    """Give all that is held about the caller as a file; that it was given is recorded."""
    patient_id = get_own_patient_id(caller)
    with transaction() as session:
        export = export_patient(session, patient_id, by=caller.actor)
    content = _write(export, is_english=prefers_english(accept_language))
    headers = {
        "Content-Disposition": 'attachment; filename="my-data.json"',
        "Cache-Control": "private, no-store",
    }
    return Response(content.model_dump_json(), media_type="application/json", headers=headers)


def _write(export: Export, *, is_english: bool) -> ExportWire:
    return ExportWire(
        person=_write_person(export.sheet.profile),
        balance=write_balance(export.sheet, is_english=is_english),
        consents=[_write_consent(one) for one in export.consents],
        devices=[_write_device(one) for one in export.devices],
        entries=[_write_entry(one) for one in export.history],
        visits=[_write_visit(one) for one in export.visits],
    )


def _write_person(profile: Profile) -> ExportedPerson:
    personal = profile.personal
    return ExportedPerson(
        user_id=profile.patient_id,
        last_name=personal.surname,
        first_name=personal.first_name,
        father_name=personal.father_name,
        birth_date=personal.birth_date,
        phone=personal.phone,
        email=personal.email,
        card_code=profile.card_code,
        created_at=profile.created_at,
    )


def _write_consent(one: LoggedConsent) -> ExportedConsent:
    return ExportedConsent(
        purpose=one.purpose,
        granted=one.is_granted,
        at=one.at,
        doc_version=one.doc_version,
        source=one.source,
    )


def _write_device(one: SignedInDevice) -> ExportedDevice:
    return ExportedDevice(
        label=one.label, network=one.network, created_at=one.created_at, seen_at=one.seen_at
    )


def _write_entry(one: HistoryRow) -> ExportedEntry:
    return ExportedEntry(
        id=one.entry_id,
        asset=one.asset.lower(),
        kind=one.kind,
        amount=format_amount(one.amount),
        pending=one.is_pending,
        occurred_at=one.occurred_at,
        document_number=one.document_number,
    )


def _write_visit(one: VisitBrief) -> ExportedVisit:
    return ExportedVisit(
        id=one.visit_id,
        number=one.number,
        completed_at=one.completed_at,
        cancelled=not one.is_live,
        total=format_amount(one.total_kopecks),
    )
