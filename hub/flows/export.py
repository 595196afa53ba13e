"""Whoever asks what the hub holds about them is given all of it at once; that it was given is recorded."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from hub.audit.trail import Action, record_action
from hub.db.paging import LIMIT_MAX
from hub.domain.devices.queries import SignedInDevice, list_devices
from hub.domain.ledger.queries import HistoryRow, list_postings
from hub.domain.patients.consenting import LoggedConsent, list_consents
from hub.domain.visits.queries import VisitBrief, list_patient_visits
from hub.flows.balance import BalanceSheet, read_balance


@dataclass(frozen=True, slots=True)
class Export:
    """All that the hub holds about one patient."""

    sheet: BalanceSheet
    consents: list[LoggedConsent]
    devices: list[SignedInDevice]
    history: list[HistoryRow]
    visits: list[VisitBrief]


def export_patient(session: Session, patient_id: UUID, *, by: str) -> Export:
    """Gather everything about a patient. Raises: NotFoundError."""
    sheet = read_balance(session, patient_id)
    holder_id = sheet.profile.patient_id
    export = Export(
        sheet=sheet,
        consents=list_consents(session, holder_id),
        devices=list_devices(session, patient_id),
        history=_read_history(session, holder_id),
        visits=list_patient_visits(session, holder_id),
    )
    details = {"visits": len(export.visits), "entries": len(export.history)}
    record_action(session, Action(by, "patient.exported", "patient", str(holder_id), details))
    return export


def _read_history(session: Session, owner_id: UUID) -> list[HistoryRow]:
    rows: list[HistoryRow] = []
    cursor: str | None = None
    while True:
        page = list_postings(
            session,
            owner_id,
            asset=None,
            kind=None,
            from_at=None,
            to_at=None,
            cursor=cursor,
            limit=LIMIT_MAX,
        )
        rows += page.items
        cursor = page.next_cursor
        if cursor is None:
            return rows
