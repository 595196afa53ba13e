"""Who I am to the hub, in short, and correcting it."""

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from api.access import PATIENT, SIGNED_IN, CallerHere, Door
from api.callers import UnauthenticatedError
from api.owners import get_own_patient_id
from api.people import Email, Name
from api.wire import Asked, Told
from hub.db.transaction import transaction
from hub.domain.patients.editing import is_clinics
from hub.domain.patients.queries import Profile, get_patient
from hub.domain.staff.permissions import Role
from hub.domain.staff.queries import StaffProfile, find_staff
from hub.flows.profile import correct
from hub.kernel.phone import mask_phone

door = Door("/api/me", tag="me")
_COLUMNS = {"last_name": "surname"}


class MeWire(Told):
    """A patient has a card and perhaps a phone; a member of staff has a name and a login."""

    user_id: UUID
    roles: list[Role]
    name: str | None = None
    phone_masked: str | None = None
    card_code: str | None = None
    login: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    father_name: str | None = None
    birth_date: date | None = None
    email: str | None = None
    is_clinics: bool | None = None
    """A clinic keeps the profile: the patient only fills gaps."""


class ProfileChange(Asked):
    """What a patient may change; what is left out stays."""

    first_name: Name | None = None
    last_name: Name | None = None
    father_name: Name | None = None
    email: Email | None = None


@door.get("", SIGNED_IN)
def get_me(caller: CallerHere) -> MeWire:
    """Tell a patient their name, masked phone and card; staff their name, login and roles."""
    if caller.user_id is None:
        raise UnauthenticatedError
    with transaction() as session:
        if Role.PATIENT in caller.roles:
            return _read_patient(session, caller.user_id)
        member = find_staff(session, caller.user_id)
    if member is None or not member.is_active:
        raise UnauthenticatedError
    return _write_staff(member)


@door.patch("", PATIENT)
def change_me(caller: CallerHere, body: ProfileChange) -> MeWire:
    """Correct the caller's own profile; what a clinic tells of them, the clinic changes."""
    patient_id = get_own_patient_id(caller)
    given = body.model_dump(exclude_none=True)
    wanted = {_COLUMNS.get(name, name): value for name, value in given.items()}
    with transaction() as session:
        correct(session, patient_id, wanted)
        return _read_patient(session, patient_id)


def _read_patient(session: Session, patient_id: UUID) -> MeWire:
    return _write_patient(get_patient(session, patient_id), is_known=is_clinics(session, patient_id))


def _write_patient(profile: Profile, *, is_known: bool) -> MeWire:
    personal = profile.personal
    name = " ".join(part for part in (personal.first_name, personal.surname) if part)
    return MeWire(
        user_id=profile.patient_id,
        roles=[Role.PATIENT],
        name=name,
        phone_masked=mask_phone(personal.phone) if personal.phone else None,
        card_code=profile.card_code,
        first_name=personal.first_name or None,
        last_name=personal.surname or None,
        father_name=personal.father_name or None,
        birth_date=personal.birth_date,
        email=personal.email or None,
        is_clinics=is_known,
    )


def _write_staff(member: StaffProfile) -> MeWire:
    return MeWire(user_id=member.staff_id, roles=list(member.roles), name=member.name, login=member.login)
