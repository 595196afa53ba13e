"""Who I am to the hub, in short."""

from uuid import UUID

from api.access import SIGNED_IN, CallerHere, Door
from api.callers import UnauthenticatedError
from api.wire import Told
from hub.db.transaction import transaction
from hub.domain.patients.queries import Profile, get_patient
from hub.domain.staff.permissions import Role
from hub.domain.staff.queries import StaffProfile, find_staff
from hub.kernel.phone import mask_phone

door = Door("/api/me", tag="me")


class MeWire(Told):
    """A patient has a card and perhaps a phone; a member of staff has a name and a login."""

    user_id: UUID
    roles: list[Role]
    name: str | None = None
    phone_masked: str | None = None
    card_code: str | None = None
    login: str | None = None


@door.get("", SIGNED_IN)
def get_me(caller: CallerHere) -> MeWire:
    """Tell a patient their name, masked phone and card; staff their name, login and roles."""
    if caller.user_id is None:
        raise UnauthenticatedError
    with transaction() as session:
        if Role.PATIENT in caller.roles:
            return _write_patient(get_patient(session, caller.user_id))
        member = find_staff(session, caller.user_id)
    if member is None or not member.is_active:
        raise UnauthenticatedError
    return _write_staff(member)


def _write_patient(profile: Profile) -> MeWire:
    personal = profile.personal
    name = " ".join(part for part in (personal.first_name, personal.surname) if part)
    return MeWire(
        user_id=profile.patient_id,
        roles=[Role.PATIENT],
        name=name,
        phone_masked=mask_phone(personal.phone) if personal.phone else None,
        card_code=profile.card_code,
    )


def _write_staff(member: StaffProfile) -> MeWire:
    return MeWire(user_id=member.staff_id, roles=list(member.roles), name=member.name, login=member.login)
