"""A patient corrects their own profile in the cabinet, as far as the clinic has nothing to say about it."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from hub.audit.trail import Action, record_action
from hub.contracts.announcements import PatientUpserted
from hub.domain.patients.editing import edit_profile
from hub.kernel.logging import current_correlation
from hub.outbox.store import announce


def correct(session: Session, patient_id: UUID, wanted: Mapping[str, str]) -> None:
    """Bring the profile to the wanted values. Raises: NotFoundError; ProfileOfClinicError."""
    if not edit_profile(session, patient_id, wanted):
        return
    record_action(
        session,
        Action(
            actor=f"patient:{patient_id}",
            action="patient.edited",
            object_type="patient",
            object_id=str(patient_id),
            details={"fields": ",".join(sorted(wanted))},
        ),
    )
    told = PatientUpserted(patient_id=patient_id, correlation_id=current_correlation(), is_new=False)
    announce(session, [told])
