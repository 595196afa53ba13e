"""Where I am signed in, and signing out there."""

from datetime import datetime
from uuid import UUID

from api.access import SIGNED_IN, CallerHere, Door
from api.callers import UnauthenticatedError
from api.wire import GivenId, Told
from hub.db.transaction import transaction
from hub.domain.devices.queries import SignedInDevice, list_devices
from hub.domain.devices.revoking import revoke_own
from hub.kernel.ids import find_uuid

door = Door("/api/me/devices", tag="me")


class DeviceWire(Told):
    """One sign-in. `network` is the address without its end; `is_current`: this call comes from it."""

    device_id: UUID
    label: str
    network: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    is_current: bool


class DevicesWire(Told):
    """All of them on one page: a user has twenty at most."""

    items: list[DeviceWire]
    next_cursor: None = None


@door.get("", SIGNED_IN)
def list_own(caller: CallerHere) -> DevicesWire:
    """List where the caller is signed in, the last used first."""
    if caller.user_id is None:
        raise UnauthenticatedError
    with transaction() as session:
        devices = list_devices(session, caller.user_id)
    return DevicesWire(items=[_write(device, caller.device_id) for device in devices])


@door.delete("/{given_id}", SIGNED_IN, status_code=204)
def sign_out(caller: CallerHere, given_id: GivenId) -> None:
    """Sign out one device of the caller's own. Repeating changes nothing."""
    if caller.user_id is None:
        raise UnauthenticatedError
    with transaction() as session:
        revoke_own(session, user_id=caller.user_id, device_id=find_uuid(given_id))


def _write(device: SignedInDevice, current: UUID | None) -> DeviceWire:
    return DeviceWire(
        device_id=device.device_id,
        label=device.label,
        network=device.network,
        created_at=device.created_at,
        seen_at=device.seen_at,
        expires_at=device.expires_at,
        is_current=device.device_id == current,
    )
