"""Signing in: a patient proves a phone by a code from an SMS, staff know a password.

A refusal that must be counted (a wrong code, a wrong password) is given back, not raised: the door
commits first and raises then. The answers never tell whether a phone is known.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from hub.contracts.messages import SendSms
from hub.contracts.parties import DeliveryKind
from hub.domain.patients import queries, sign_in
from hub.domain.patients.enrolling import offer_enrolment
from hub.domain.patients.logins import find_logins
from hub.domain.patients.models import PatientStatus
from hub.domain.patients.queries import ProfileBrief
from hub.domain.staff import authentication
from hub.domain.staff.authentication import Candidate
from hub.domain.staff.queries import StaffIdentity
from hub.flows.second_step import SetupDue, pass_second_step
from hub.kernel.errors import ErrorKind, FieldInvalidError, HubError, NotFoundError
from hub.kernel.phone import find_phone
from hub.outbox.enqueueing import PRIORITY_CODE, Order, enqueue

_TEXT = "Моя ❤ скидка: код {code}. Никому его не сообщайте."


class CodeWrongError(HubError):
    """The code is not the phone's newest living one, or its tries are used up; which is not said."""

    code = "code-wrong"
    kind = ErrorKind.UNAUTHENTICATED


def request_code(session: Session, phone_text: str) -> None:
    """Send a one-time code to the phone, known or not; nothing is sent within 60 s of the last one.

    Raises: FieldInvalidError when it cannot be a phone.
    """
    phone = _read_phone(phone_text)
    issued = sign_in.request_code(session, phone)
    if issued is None:
        return
    enqueue(
        session,
        Order(
            DeliveryKind.SMS_CODE,
            delivery_key=f"one-time-code:{issued.code_id}",
            message=SendSms(phone=phone, text=_TEXT.format(code=issued.code)),
            priority=PRIORITY_CODE,
            expires_at=issued.expires_at,
        ),
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """The phone is proven and nobody is known by it: who enrols with this token has it."""

    enrol_token: str = field(repr=False)


def prove_phone(
    session: Session, phone_text: str, code: str
) -> Sequence[ProfileBrief] | Offer | CodeWrongError:
    """Give the profiles of the phone, longest known first, or an offer, or why not; commit in every case.

    The code is used up by success. Raises: FieldInvalidError when it cannot be a phone.
    """
    phone = _read_phone(phone_text)
    if not sign_in.check_code(session, phone, code):
        return CodeWrongError()
    profiles = [known for known in queries.find_by_phone(session, phone) if _may_enter(known.status)]
    return profiles or Offer(offer_enrolment(session, phone))


def choose_profile(session: Session, allowed: Collection[UUID], profile_id: UUID | None) -> UUID:
    """Give the chosen profile's id. Raises: NotFoundError when it was not offered, or is gone since."""
    if profile_id is None or profile_id not in allowed:
        raise NotFoundError
    profile = queries.get_patient(session, profile_id)
    if not _may_enter(profile.status):
        raise NotFoundError
    return profile.patient_id


def enter_by_password(
    session: Session, login: str, password: str, totp: str | None, *, place: str
) -> StaffIdentity | Candidate | SetupDue | HubError:
    """Let staff in by login, patients by e-mail, or give back why not; commit in both cases.

    `totp`: the second step of those who have one. `place`: the network that failures are counted by, so
    that strangers cannot keep an owner out.
    """
    others = [Candidate(found.patient_id, found.password_hash) for found in find_logins(session, login)]
    outcome = authentication.verify_anybody(session, login, password, others=others, place=place)
    if not isinstance(outcome, StaffIdentity):
        return outcome
    return pass_second_step(session, outcome, totp) or outcome


def _read_phone(text: str) -> str:
    phone = find_phone(text)
    if phone is None:
        raise FieldInvalidError(field="phone")
    return phone


def _may_enter(status: PatientStatus) -> bool:
    """A card marked for deletion in 1C keeps its balance, but opens nothing."""
    return status == PatientStatus.ACTIVE
