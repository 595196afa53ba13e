"""Where a user is signed in now."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.domain.devices.models import Device
from hub.domain.devices.rules import DEVICES_MAX
from hub.kernel import clock


@dataclass(frozen=True, slots=True)
class SignedInDevice:
    """A device as its owner sees it."""

    device_id: UUID
    label: str
    network: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


def list_devices(session: Session, user_id: UUID) -> list[SignedInDevice]:
    """Give the user's living devices, the last used first; there are never many."""
    rows = session.execute(
        select(Device.id, Device.label, Device.network, Device.created_at, Device.seen_at, Device.expires_at)
        .where(Device.user_id == user_id, Device.revoked_at.is_(None), Device.expires_at > clock.now())
        .order_by(Device.seen_at.desc(), Device.id.desc())
        .limit(DEVICES_MAX)
    )
    return [SignedInDevice(*row) for row in rows]
