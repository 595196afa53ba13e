"""Where patients were last: whose clock is theirs."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

Place = tuple[str, UUID]
"""Infobase and what it calls the clinic."""


def find_last_places(session: Session, patient_ids: Collection[UUID]) -> dict[UUID, Place]:
    """Give the place of each patient's newest visit that names one; others are left out."""
    rows = session.execute(_LAST, {"ids": list(patient_ids)})
    return {row.patient_id: (row.infobase, row.clinic_ref) for row in rows}


# Each patient's visits are read from the end of the index, so the cost is patients, not visits.
_LAST = text("""
SELECT p.id AS patient_id, v.infobase, v.clinic_ref
FROM unnest(cast(:ids AS uuid[])) AS p (id)
CROSS JOIN LATERAL (
  SELECT infobase, clinic_ref FROM visit
  WHERE visit.patient_id = p.id AND clinic_ref IS NOT NULL ORDER BY visit.id DESC LIMIT 1) AS v
""")
