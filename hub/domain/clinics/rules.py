"""What a time zone is: a name of the IANA database, never an offset or an abbreviation."""

from functools import cache
from zoneinfo import available_timezones


@cache
def known_zones() -> frozenset[str]:
    """Give the zone names this process can count days in."""
    return frozenset(available_timezones())
