"""Whose account a path means: one's own, or anybody's for those who may look."""

from uuid import UUID

from api.callers import Caller
from hub.domain.staff.permissions import Permission, Role
from hub.kernel.errors import ForbiddenError, NotFoundError
from hub.kernel.ids import find_uuid

ME = "me"


def get_owner_id(caller: Caller, given: str) -> UUID:
    """Give the id that `given` means to this caller.

    Raises: NotFoundError alike for what cannot be an id and for another's id, so neither tells anything.
    """
    owner_id = caller.user_id if given == ME else find_uuid(given)
    if owner_id is None:
        raise NotFoundError
    if owner_id != caller.user_id and not caller.may(Permission.READ_ANY_ACCOUNT):
        raise NotFoundError
    return owner_id


def get_own_patient_id(caller: Caller) -> UUID:
    """Give the caller's id as a patient. Raises: ForbiddenError for whoever is none."""
    if caller.user_id is None or Role.PATIENT not in caller.roles:
        raise ForbiddenError
    return caller.user_id
