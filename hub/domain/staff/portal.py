"""Who of the staff is whom on the portal: by portal and number only. A mail address proves nobody.

Whoever comes for the first time is remembered and gets nothing: a person links them to a member of staff.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from hub.domain.staff.models import PortalIdentity, Staff
from hub.domain.staff.queries import StaffIdentity, identify
from hub.kernel import clock
from hub.kernel.errors import FieldInvalidError, NotFoundError


def recognise(session: Session, *, member_id: str, portal_user_id: int) -> StaffIdentity | None:
    """Remember that this employee came; give the member of staff if they are linked and active."""
    seeing = insert(PortalIdentity).values(
        member_id=member_id, portal_user_id=portal_user_id, seen_at=clock.now()
    )
    staff_id = session.scalar(
        seeing.on_conflict_do_update(
            index_elements=["member_id", "portal_user_id"], set_={"seen_at": seeing.excluded.seen_at}
        ).returning(PortalIdentity.staff_id)
    )
    member = session.get(Staff, staff_id, populate_existing=True) if staff_id is not None else None
    return identify(member) if member is not None and member.is_active else None


def link(session: Session, *, member_id: str, portal_user_id: int, staff_id: UUID) -> None:
    """Let an employee in as this member of staff, and switch them on. Repeating changes nothing.

    Raises: NotFoundError; FieldInvalidError when either is linked to another.
    """
    if session.get(Staff, staff_id, with_for_update=True) is None:
        raise NotFoundError
    linked = session.execute(
        select(PortalIdentity.portal_user_id, PortalIdentity.staff_id).where(
            PortalIdentity.member_id == member_id,
            (PortalIdentity.staff_id == staff_id)
            | ((PortalIdentity.portal_user_id == portal_user_id) & PortalIdentity.staff_id.is_not(None)),
        )
    ).all()
    if any((row.portal_user_id, row.staff_id) != (portal_user_id, staff_id) for row in linked):
        raise FieldInvalidError(field="portal_user_id")
    linking = insert(PortalIdentity).values(
        member_id=member_id, portal_user_id=portal_user_id, staff_id=staff_id
    )
    session.execute(
        linking.on_conflict_do_update(
            index_elements=["member_id", "portal_user_id"], set_={"staff_id": staff_id, "dismissed_at": None}
        )
    )
    session.execute(update(Staff).where(Staff.id == staff_id).values(is_active=True))


def list_working(session: Session, *, member_id: str) -> set[int]:
    """Give the portal's numbers of linked staff who are not known to be dismissed."""
    found = session.scalars(
        select(PortalIdentity.portal_user_id).where(
            PortalIdentity.member_id == member_id,
            PortalIdentity.staff_id.is_not(None),
            PortalIdentity.dismissed_at.is_(None),
        )
    )
    return set(found)


def list_known(session: Session, *, member_id: str) -> set[int]:
    """Give the portal's numbers of everybody who came or was linked, dismissed or not."""
    return set(
        session.scalars(select(PortalIdentity.portal_user_id).where(PortalIdentity.member_id == member_id))
    )


def dismiss(session: Session, *, member_id: str, portal_user_ids: Collection[int]) -> list[UUID]:
    """Switch off whom the portal dismissed; gives who was switched off now. Repeating changes nothing."""
    ended = session.scalars(
        update(PortalIdentity)
        .where(
            PortalIdentity.member_id == member_id,
            PortalIdentity.portal_user_id.in_(portal_user_ids),
            PortalIdentity.staff_id.is_not(None),
            PortalIdentity.dismissed_at.is_(None),
        )
        .values(dismissed_at=clock.now())
        .returning(PortalIdentity.staff_id)
    )
    staff_ids = [staff_id for staff_id in ended if staff_id is not None]
    session.execute(update(Staff).where(Staff.id.in_(staff_ids)).values(is_active=False))
    return staff_ids
