"""Signing out: a device's family ends, and with it every token of it. Repeating changes nothing."""

from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from hub.domain.devices.models import Device, RefreshToken
from hub.domain.devices.rules import Revocation
from hub.kernel import clock
from hub.kernel.crypto import secret_hash
from hub.kernel.errors import NotFoundError


def revoke(session: Session, which: ColumnElement[bool], *, because: Revocation) -> list[UUID]:
    """End the living devices among these; gives the ids of those that ended now."""
    return list(
        session.scalars(
            update(Device)
            .where(which, Device.revoked_at.is_(None))
            .values(revoked_at=clock.now(), revoked_because=because.value)
            .returning(Device.id)
            .execution_options(synchronize_session=False)
        )
    )


def revoke_all(
    session: Session, user_id: UUID, *, because: Revocation, but: UUID | None = None
) -> list[UUID]:
    """Sign a user out everywhere, `but` on one device; gives the ids of what ended now."""
    which = Device.user_id == user_id
    return revoke(session, which if but is None else which & (Device.id != but), because=because)


def revoke_own(session: Session, *, user_id: UUID, device_id: UUID | None) -> None:
    """Sign the user out on one device of theirs. Raises: NotFoundError, for another's too."""
    which = (Device.id == device_id) & (Device.user_id == user_id)
    if device_id is None or session.scalar(select(Device.id).where(which)) is None:
        raise NotFoundError
    revoke(session, which, because=Revocation.REMOVED)


def revoke_by_token(session: Session, token: str) -> None:
    """Sign out the device that this token, used or not, was given to; an unknown one changes nothing."""
    which = select(RefreshToken.device_id).where(RefreshToken.token_hash == secret_hash(token))
    revoke(session, Device.id.in_(which), because=Revocation.LOGOUT)
