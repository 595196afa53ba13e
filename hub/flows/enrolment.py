"""Somebody whom no clinic knows yet joins the programme in the cabinet.

They proved their phone, say who they are, and agree, purpose by purpose, to what is kept of them; without
the required consents nothing is. From then on they have an account; when the clinic's card of the same
person comes, it finds them. A person the clinic already knows is not made twice, and one whose card the
clinic has closed is sent there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from hub.audit.trail import Action, record_action
from hub.contracts.announcements import PatientUpserted
from hub.domain.patients.consent_texts import REQUIRED
from hub.domain.patients.consenting import Decision, record_consents
from hub.domain.patients.enrolling import Enrolled, enrol_patient, use_offer
from hub.domain.patients.models import PatientStatus
from hub.domain.patients.personal import Personal
from hub.domain.patients.queries import get_patient
from hub.kernel.errors import ErrorKind, FieldInvalidError, HubError
from hub.kernel.logging import current_correlation
from hub.outbox.store import announce


class ProfileClosedError(HubError):
    """The clinic has closed this person's card; only the clinic opens it again."""

    code = "profile-closed"
    kind = ErrorKind.REFUSED


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What a newcomer says of themselves."""

    first_name: str = field(repr=False)
    last_name: str = field(repr=False)
    birth_date: date = field(repr=False)
    decisions: Sequence[Decision]
    referral_code: str = ""
    address: str = field(default="", repr=False)
    """Where the consents came from, as proof of them."""


def enrol(session: Session, token: str, newcomer: Newcomer) -> UUID:
    """Make the newcomer a patient; gives their id.

    Raises: FieldInvalidError when a required consent is missing; TokenInvalidError; TokenExpiredError;
    TokenReusedError; ProfileClosedError.
    """
    if not {one.purpose for one in newcomer.decisions if one.is_granted} >= REQUIRED:
        raise FieldInvalidError(field="consents")
    personal = Personal(
        surname=newcomer.last_name,
        first_name=newcomer.first_name,
        birth_date=newcomer.birth_date,
        phone=use_offer(session, token),
    )
    enrolled = enrol_patient(session, personal, referral_code=newcomer.referral_code)
    if get_patient(session, enrolled.patient_id).status is not PatientStatus.ACTIVE:
        raise ProfileClosedError
    record_consents(session, enrolled.patient_id, newcomer.decisions, address=newcomer.address)
    _tell(session, enrolled)
    return enrolled.patient_id


def decide(session: Session, patient_id: UUID, decisions: Sequence[Decision], *, address: str) -> None:
    """Log what a patient says about consents, later. Repeating the newest word adds nothing."""
    record_consents(session, patient_id, decisions, address=address)
    record_action(
        session,
        *(
            Action(
                actor=f"patient:{patient_id}",
                action="consent.given" if one.is_granted else "consent.withdrawn",
                object_type="patient",
                object_id=str(patient_id),
                details={"purpose": one.purpose.value},
            )
            for one in decisions
        ),
    )


def _tell(session: Session, enrolled: Enrolled) -> None:
    record_action(
        session,
        Action(
            actor=f"patient:{enrolled.patient_id}",
            action="patient.enrolled",
            object_type="patient",
            object_id=str(enrolled.patient_id),
        ),
    )
    announce(
        session,
        [
            PatientUpserted(
                patient_id=enrolled.patient_id,
                correlation_id=current_correlation(),
                is_new=enrolled.is_new,
            )
        ],
    )
