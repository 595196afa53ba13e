"""How given patients are reached, and to what they have said yes. A merged patient means the survivor."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, aliased

from hub.domain.patients.models import Patient, PatientStatus
from hub.domain.patients.personal import open_personal
from hub.kernel.crypto import SealBrokenError


@dataclass(frozen=True, slots=True)
class Contact:
    """Where one patient is reached; empty: nobody told us. `is_readable`: the values could be opened."""

    patient_id: UUID
    status: PatientStatus
    phone: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    is_readable: bool = True


def find_contacts(session: Session, patient_ids: Collection[UUID]) -> dict[UUID, Contact]:
    """Give the contact that each of these ids means now; one statement however many there are."""
    given = aliased(Patient)
    rows = session.execute(
        select(given.id.label("given_id"), Patient.id, Patient.status, Patient.phone, Patient.email)
        .join(given, Patient.id == func.coalesce(given.merged_into, given.id))
        .where(given.id.in_(patient_ids))
    )
    return {row.given_id: _contact(row.id, row.status, row.phone, row.email) for row in rows}


def find_consents(session: Session, patient_ids: Collection[UUID], *, purpose: str) -> Mapping[UUID, bool]:
    """Give each patient's newest word about the purpose; who never said anything is left out."""
    rows = session.execute(_CONSENTS, {"ids": list(patient_ids), "purpose": purpose})
    return {row.patient_id: row.is_granted for row in rows}


def _contact(patient_id: UUID, status: str, phone: bytes | None, email: bytes | None) -> Contact:
    try:
        personal = open_personal(patient_id, {"phone": phone, "email": email})
    except SealBrokenError:
        return Contact(patient_id, PatientStatus(status), is_readable=False)
    return Contact(patient_id, PatientStatus(status), personal.phone or "", personal.email)


_CONSENTS = text("""
SELECT DISTINCT ON (patient_id) patient_id, is_granted FROM consent
WHERE patient_id = ANY(cast(:ids AS uuid[])) AND purpose = :purpose
ORDER BY patient_id, at DESC, id DESC
""")
