"""Look-ups of places: which clinic a document means, and whose calendar counts."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.domain.clinics.models import Clinic, ClinicExternal, Infobase
from hub.kernel.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class ClinicPlace:
    """A clinic as a document's flow needs it; `timezone` is an IANA name."""

    clinic_id: UUID
    code: str
    name: str
    timezone: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class InfobaseTerms:
    """How a 1C base is listened to; `timezone` is the zone of its naive dates."""

    code: str
    name: str
    timezone: str
    is_signature_required: bool
    is_active: bool
    numbering: int
    """How often it has begun to number its messages."""


def find_clinics_by_ref(session: Session, infobase: str, refs: Collection[UUID]) -> dict[UUID, ClinicPlace]:
    """Find the clinics an infobase calls by these refs; refs nobody knows are left out."""
    rows = session.execute(
        select(ClinicExternal.ref, Clinic)
        .join(Clinic, Clinic.id == ClinicExternal.clinic_id)
        .where(ClinicExternal.infobase == infobase, ClinicExternal.ref.in_(refs))
    )
    return {ref: _place(clinic) for ref, clinic in rows}


def get_infobase(session: Session, code: str) -> InfobaseTerms:
    """Give the terms of one infobase. Raises: NotFoundError."""
    infobase = session.get(Infobase, code, populate_existing=True)
    if infobase is None:
        raise NotFoundError
    return _terms(infobase)


def list_infobases(session: Session) -> list[InfobaseTerms]:
    """Give every infobase by code."""
    return [_terms(infobase) for infobase in session.scalars(select(Infobase).order_by(Infobase.code))]


def _place(clinic: Clinic) -> ClinicPlace:
    return ClinicPlace(clinic.id, clinic.code, clinic.name, clinic.timezone, clinic.is_active)


def _terms(infobase: Infobase) -> InfobaseTerms:
    return InfobaseTerms(
        infobase.code,
        infobase.name,
        infobase.timezone,
        infobase.is_signature_required,
        infobase.is_active,
        infobase.numbering,
    )
