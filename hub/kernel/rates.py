"""How often a caller may ask, by class of route: calls a minute, changed by HUB_RATES."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType

PERIOD_S = 60
_COUNT_MAX = 1_000_000
_SUBJECT_SHARE = 10
_SUBJECT_MIN = 5


class RateClass(StrEnum):
    """What a route is for; its limit follows from that."""

    SIGN_IN = "sign-in"
    LOOK_UP = "look-up"
    CABINET = "cabinet"
    STAFF = "staff"
    TILL = "till"


_DEFAULTS: Mapping[RateClass, int] = MappingProxyType(
    {
        RateClass.SIGN_IN: 120,
        RateClass.LOOK_UP: 300,
        RateClass.CABINET: 600,
        RateClass.STAFF: 3_000,
        RateClass.TILL: 30_000,
    }
)


@cache
def read_rates(text: str) -> Mapping[RateClass, int]:
    """Read `class=calls a minute,…`; what is not named keeps its default. Raises: ValueError."""
    rates = dict(_DEFAULTS)
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, count = part.partition("=")
        if not (count.isascii() and count.isdigit() and 0 < int(count[:10]) <= _COUNT_MAX):
            raise ValueError(f"{name}: calls a minute, 1 to {_COUNT_MAX}")
        rates[RateClass(name)] = int(count)
    return MappingProxyType(rates)


def subject_rate(count: int) -> int:
    """Give the share of one phone, login or code in what its whole address may ask."""
    return max(_SUBJECT_MIN, count // _SUBJECT_SHARE)
