"""What a member of staff may do is changed here; the doors know it at the next token."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.domain.staff.models import Staff
from hub.domain.staff.permissions import STAFF_ROLES, Role
from hub.kernel.errors import FieldInvalidError, NotFoundError


def get_roles(session: Session, staff_id: UUID) -> tuple[Role, ...]:
    """Give the roles somebody has now. Raises: NotFoundError."""
    roles = session.scalar(select(Staff.roles).where(Staff.id == staff_id))
    if roles is None:
        raise NotFoundError
    return tuple(Role(name) for name in roles)


def check_roles(roles: Collection[Role]) -> None:
    """Refuse what no member of staff can be. Raises: FieldInvalidError."""
    if not roles or not set(roles) <= set(STAFF_ROLES):
        raise FieldInvalidError(field="roles")


def change_roles(session: Session, staff_id: UUID, roles: Collection[Role]) -> tuple[Role, ...]:
    """Set the roles; gives the former ones. Raises: FieldInvalidError; NotFoundError."""
    check_roles(roles)
    member = session.scalar(
        select(Staff)
        .where(Staff.id == staff_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if member is None:
        raise NotFoundError
    former = tuple(Role(name) for name in member.roles)
    member.roles = sorted(set(roles))
    return former
