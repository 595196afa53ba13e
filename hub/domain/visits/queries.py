"""A patient's visits as their owner sees them: where and when, never what for."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.domain.visits.models import Visit


@dataclass(frozen=True, slots=True)
class VisitBrief:
    """One visit document. Not live: cancelled."""

    visit_id: UUID
    number: str
    completed_at: datetime | None
    is_live: bool
    total_kopecks: int


def list_patient_visits(session: Session, patient_id: UUID) -> list[VisitBrief]:
    """Give all visits of a patient, the newest document first."""
    rows = session.scalars(select(Visit).where(Visit.patient_id == patient_id).order_by(Visit.id.desc()))
    return [
        VisitBrief(row.public_id, row.number, row.completed_at, row.is_live, row.total_kopecks)
        for row in rows
    ]
