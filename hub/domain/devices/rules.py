"""How long a device stays signed in, and how little of it is kept."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network

LABEL_LENGTH_MAX = 160
# More browsers than one person has; the one that was silent longest leaves.
DEVICES_MAX = 20
# Long enough to look into a complaint, short enough to be no biography.
FORGOTTEN_AFTER = timedelta(days=30)
_IPV4_PREFIX, _IPV6_PREFIX = 24, 48


class Owner(StrEnum):
    """Whose device it is: patients and staff share ids' namespace, but not lifetimes."""

    PATIENT = "patient"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Lifetime:
    """`idle`: unused this long, it ends; `whole`: then it ends however busy it was."""

    idle: timedelta
    whole: timedelta


LIFETIMES = {
    Owner.PATIENT: Lifetime(idle=timedelta(days=30), whole=timedelta(days=90)),
    # A desk is shared and left: half an hour, one shift.
    Owner.STAFF: Lifetime(idle=timedelta(minutes=30), whole=timedelta(hours=8)),
}


class Revocation(StrEnum):
    """Why a device is signed out."""

    LOGOUT = "logout"
    EVERYWHERE = "logout-everywhere"
    REMOVED = "removed"
    REUSED = "reused"
    CROWDED = "crowded"
    PASSWORD = "password-changed"  # noqa: S105  # a cause, no secret
    CLOSED = "account-closed"


def trim_label(user_agent: str) -> str:
    """Keep of a browser's name what a person recognises it by: printable, and not too long."""
    printable = "".join(sign if sign.isprintable() else " " for sign in user_agent)
    return " ".join(printable.split())[:LABEL_LENGTH_MAX].strip()


def truncate_address(address: str) -> str:
    """Keep the network of an address, not the house: /24 of IPv4, /48 of IPv6; "" for what is none."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(known, IPv6Address):
        if known.ipv4_mapped is None:
            return str(ip_network((known, _IPV6_PREFIX), strict=False))
        known = known.ipv4_mapped
    return str(ip_network((known, _IPV4_PREFIX), strict=False))
