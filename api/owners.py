"""Whose account a path means: one's own, or anybody's for those who may look."""

from uuid import UUID

from api.callers import Caller
from hub.domain.staff.permissions import Permission
from hub.kernel.errors import NotFoundError
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
