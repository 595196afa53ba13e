"""Refresh tokens: each works once and gives the next; one that comes twice ends its whole family.

The token itself is known to the bearer alone; 256 random bits need no more than a plain hash here.
A refusal that changes rows (a copy was noticed) is given back, not raised: the door commits first.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from hub.domain.devices.errors import TokenReusedError
from hub.domain.devices.models import Device, RefreshToken
from hub.domain.devices.revoking import revoke
from hub.domain.devices.rules import DEVICES_MAX, FORGOTTEN_AFTER, LIFETIMES, Owner, Revocation
from hub.kernel import clock
from hub.kernel.crypto import secret_hash
from hub.kernel.errors import HubError
from hub.kernel.ids import new_id
from hub.kernel.tokens import TokenExpiredError, TokenInvalidError

_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Visitor:
    """What is remembered of the place of a sign-in: a trimmed label and a truncated address."""

    label: str
    network: str


@dataclass(frozen=True, slots=True)
class Issued:
    """The next token of a device. `token` is in clear here and nowhere else."""

    device_id: UUID
    user_id: UUID
    owner: Owner
    token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """Why there is no next token; `device_id` and `user_id`: whose it was, if it was anybody's."""

    error: HubError
    device_id: UUID | None = None
    user_id: UUID | None = None


def open_device(session: Session, *, user_id: UUID, owner: Owner, visitor: Visitor) -> Issued:
    """Start a family for a sign-in that succeeded. Each call is another device.

    What is long dead of this user's is forgotten, and of too many devices the most silent one leaves.
    """
    at = clock.now()
    session.execute(delete(Device).where(Device.user_id == user_id, Device.expires_at < at - FORGOTTEN_AFTER))
    living = (
        select(Device.id)
        .where(Device.user_id == user_id, Device.revoked_at.is_(None))
        .order_by(Device.seen_at.desc(), Device.id.desc())
        .offset(DEVICES_MAX - 1)
    )
    revoke(session, Device.id.in_(living), because=Revocation.CROWDED)
    device_id, expires_at = new_id(), at + LIFETIMES[owner].whole
    session.execute(
        insert(Device).values(
            id=device_id,
            user_id=user_id,
            owner=owner.value,
            label=visitor.label,
            network=visitor.network,
            created_at=at,
            seen_at=at,
            expires_at=expires_at,
        )
    )
    return _issue(session, device_id=device_id, user_id=user_id, owner=owner, device_expires_at=expires_at)


def rotate_token(session: Session, token: str, visitor: Visitor) -> Issued | Refused:
    """Use a token up and give the next one, or give back why not; commit in both cases.

    Of many at once with one token the first gets the next one, and the second ends the family.
    """
    token_hash = secret_hash(token)
    device_id = session.scalar(select(RefreshToken.device_id).where(RefreshToken.token_hash == token_hash))
    if device_id is None:
        return Refused(TokenInvalidError())
    device = session.execute(
        select(Device.user_id, Device.owner, Device.expires_at, Device.revoked_at)
        .where(Device.id == device_id)
        .with_for_update(key_share=True)
    ).one_or_none()
    given = session.execute(
        select(RefreshToken.used_at, RefreshToken.expires_at).where(RefreshToken.token_hash == token_hash)
    ).one_or_none()
    if device is None or given is None:
        return Refused(TokenInvalidError())
    at = clock.now()
    if given.used_at is not None:
        revoke(session, Device.id == device_id, because=Revocation.REUSED)
        return Refused(TokenReusedError(), device_id, device.user_id)
    if device.revoked_at is not None:
        return Refused(TokenInvalidError(), device_id, device.user_id)
    if at >= given.expires_at:
        return Refused(TokenExpiredError(), device_id, device.user_id)
    session.execute(update(RefreshToken).where(RefreshToken.token_hash == token_hash).values(used_at=at))
    session.execute(
        update(Device)
        .where(Device.id == device_id)
        .values(seen_at=at, label=visitor.label, network=visitor.network)
    )
    return _issue(
        session,
        device_id=device_id,
        user_id=device.user_id,
        owner=Owner(device.owner),
        device_expires_at=device.expires_at,
    )


def _issue(
    session: Session, *, device_id: UUID, user_id: UUID, owner: Owner, device_expires_at: datetime
) -> Issued:
    at = clock.now()
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    expires_at = min(at + LIFETIMES[owner].idle, device_expires_at)
    session.execute(
        insert(RefreshToken).values(
            token_hash=secret_hash(token), device_id=device_id, created_at=at, expires_at=expires_at
        )
    )
    return Issued(device_id, user_id, owner, token, expires_at)
