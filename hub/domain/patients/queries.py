"""Look-ups of one patient or of a given few. A merged patient's refs and card mean the survivor."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.domain.patients.models import ExternalIdentity, IdentityState, Patient, PatientStatus
from hub.domain.patients.personal import SEALED_COLUMNS, Personal, open_personal, phone_index
from hub.domain.patients.register import SYSTEM
from hub.domain.patients.rules import normalise_card
from hub.kernel.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Profile:
    """A patient with the personal values unsealed. `merged_into`: who took over, when merged."""

    patient_id: UUID
    status: PatientStatus
    merged_into: UUID | None
    personal: Personal = field(repr=False)
    card_code: str | None
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ProfileBrief:
    """What the members of a family on one phone are told apart by."""

    patient_id: UUID
    first_name: str = field(repr=False)
    birth_year: int | None = field(repr=False)
    status: PatientStatus


def find_patients_by_ref(session: Session, infobase: str, refs: Collection[UUID]) -> dict[UUID, UUID]:
    """Find whom an infobase calls by these refs (ref → patient id); unknown refs are left out."""
    rows = session.execute(
        select(ExternalIdentity.external_ref, ExternalIdentity.patient_id).where(
            ExternalIdentity.system == SYSTEM,
            ExternalIdentity.realm == infobase,
            ExternalIdentity.external_ref.in_(refs),
        )
    )
    return {row.external_ref: row.patient_id for row in rows}


def find_survivors(session: Session, patient_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Find who took over from these merged patients; who was not merged is left out."""
    if not patient_ids:
        return {}
    rows = session.execute(
        select(Patient.id, Patient.merged_into).where(
            Patient.id.in_(patient_ids), Patient.merged_into.is_not(None)
        )
    )
    return {row.id: row.merged_into for row in rows}


def find_refs(session: Session, infobase: str, patient_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Find what an infobase calls these patients (patient id → ref): a live card before others."""
    rows = session.execute(
        select(ExternalIdentity.patient_id, ExternalIdentity.external_ref)
        .where(
            ExternalIdentity.system == SYSTEM,
            ExternalIdentity.realm == infobase,
            ExternalIdentity.patient_id.in_(patient_ids),
        )
        .order_by((ExternalIdentity.state == IdentityState.LIVE), ExternalIdentity.id)
    )
    return {row.patient_id: row.external_ref for row in rows}


def get_patient(session: Session, patient_id: UUID) -> Profile:
    """Give a patient's profile, a frozen or merged one too. Raises: NotFoundError."""
    patient = session.get(Patient, patient_id, populate_existing=True)
    if patient is None:
        raise NotFoundError
    return Profile(
        patient_id=patient.id,
        status=PatientStatus(patient.status),
        merged_into=patient.merged_into,
        personal=open_personal(patient.id, {column: getattr(patient, column) for column in SEALED_COLUMNS}),
        card_code=patient.card_code,
        version=patient.version,
        created_at=patient.created_at,
        updated_at=patient.updated_at,
    )


def find_by_phone(session: Session, phone: str) -> list[ProfileBrief]:
    """Find everyone on an E.164 phone, the longest known first: a family shares one."""
    rows = session.execute(
        select(Patient.id, Patient.status, Patient.first_name, Patient.birth_date)
        .where(Patient.phone_index == phone_index(phone), Patient.status != PatientStatus.MERGED)
        .order_by(Patient.id)
    )
    return [
        _brief(
            row.id,
            row.status,
            open_personal(row.id, {"first_name": row.first_name, "birth_date": row.birth_date}),
        )
        for row in rows
    ]


def find_by_card(session: Session, card_code: str) -> UUID | None:
    """Find whose card this is, in any case and with blanks around."""
    card = normalise_card(card_code)
    return session.scalar(
        select(func.coalesce(Patient.merged_into, Patient.id)).where(Patient.card_code == card)
    )


def _brief(patient_id: UUID, status: str, personal: Personal) -> ProfileBrief:
    return ProfileBrief(
        patient_id=patient_id,
        first_name=personal.first_name,
        birth_year=personal.birth_date.year if personal.birth_date else None,
        status=PatientStatus(status),
    )
