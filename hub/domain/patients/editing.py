"""What a patient may change of their own profile in the cabinet: what the clinic does not tell.

1C is the book of record of whom it knows: there a patient only fills gaps. Who joined in the cabinet and
is not known to a clinic yet is the book themselves. A phone is never typed in: it is proven.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.db.locks import lock_names
from hub.domain.patients.models import ExternalIdentity
from hub.domain.patients.recording import MATCHING_LOCK
from hub.domain.patients.register import open_register_of
from hub.domain.patients.rules import normalise_email
from hub.domain.patients.storing import store_register
from hub.kernel.errors import ErrorKind, HubError, NotFoundError

EDITABLE = ("surname", "first_name", "father_name", "email")


class ProfileOfClinicError(HubError):
    """The clinic tells this part of the profile; only the clinic changes it."""

    code = "profile-of-clinic"
    kind = ErrorKind.REFUSED


def edit_profile(session: Session, patient_id: UUID, wanted: Mapping[str, str]) -> bool:
    """Bring these fields of the profile to the wanted values; whether anything changed.

    Raises: NotFoundError; ProfileOfClinicError. Repeating changes nothing.
    """
    assert set(wanted) <= set(EDITABLE)  # the door reads these and no others
    lock_names(session, [MATCHING_LOCK])
    register = open_register_of(session, patient_id)
    row = register.patients.get(patient_id)
    if row is None:
        raise NotFoundError
    if "email" in wanted:
        wanted = {**wanted, "email": normalise_email(wanted["email"])}
    changed: dict[str, Any] = {
        name: value for name, value in wanted.items() if value != getattr(row.personal, name)
    }
    if not changed:
        return False
    if any(getattr(row.personal, name) for name in changed) and is_clinics(session, patient_id):
        raise ProfileOfClinicError
    row.personal, row.is_changed = replace(row.personal, **changed), True
    store_register(session, register, consents=())
    return True


def is_clinics(session: Session, patient_id: UUID) -> bool:
    """Tell whether a clinic has a card of this patient."""
    found = select(ExternalIdentity.id).where(ExternalIdentity.patient_id == patient_id).limit(1)
    return session.scalar(found) is not None
