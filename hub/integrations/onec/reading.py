"""Single values as 1C writes them, read leniently; what stays unreadable is None, for the caller to judge."""

import re
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from hub.integrations.onec.tree import Tree
from hub.kernel import clock
from hub.kernel.money import AmountInvalidError, parse_onec_amount

_TRUE = frozenset({"true", "1", "истина", "да", "yes"})
_FALSE = frozenset({"false", "0", "ложь", "нет", "no"})
_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), " ")
_GUID = re.compile(r"(?:guid)?['{]*([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})['}]*", re.IGNORECASE)
_ODATA_DATE = re.compile(r"datetime'(.*)'", re.IGNORECASE)
_RUSSIAN_DATE = re.compile(
    r"(?P<day>\d{2})\.(?P<month>\d{2})\.(?P<year>\d{4})"
    r"(?:[ T]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?)?",
    re.ASCII,
)
_AMOUNT = re.compile(r"[-+]?\d+(?:[ \u00a0\u2009\u202f]\d{3})*(?:[.,]\d+)?(?:[eE][-+]?\d)?", re.ASCII)
"""Guards the parser of amounts: no infinities, underscores or exponents that a Decimal would take."""
_NUMBER = re.compile(r"\d{1,18}(?:[.,]0+)?", re.ASCII)
_ZONE = re.compile(r"[A-Za-z]+(?:/[A-Za-z0-9_+-]+){0,2}")
_GROUPING = str.maketrans("", "", " \u00a0\u2009\u202f")
_YEAR_EMPTY = 1


class EmptyDateError(Exception):
    """1C's empty date, 0001-01-01: there is a value and it says nothing."""


def clean_text(text: str) -> str:
    """Drop what neither people nor the database can use: control characters, outer blanks."""
    return text.strip() if text.isprintable() else text.translate(_CONTROLS).strip()


def find_guid(text: str) -> UUID | None:
    """Read a GUID: any case, braced, or an OData literal. The zero GUID is returned as it is."""
    found = _GUID.fullmatch(text.strip())
    return UUID(found[1]) if found else None


def find_flag(value: Tree) -> bool | None:
    """Read a boolean: true, "true", 1, Истина, Да, and their opposites."""
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    return True if word in _TRUE else (False if word in _FALSE else None)


def find_number(text: str) -> int | None:
    """Read a counter: digits, perhaps grouped, perhaps with zero decimals."""
    found = _NUMBER.fullmatch(text.strip().translate(_GROUPING))
    return int(re.split("[.,]", found[0])[0]) if found else None


def find_amount(text: str) -> tuple[int, bool] | None:
    """Read a number as hundredths, half-up, and whether it had to be rounded."""
    stripped = text.strip()
    if not _AMOUNT.fullmatch(stripped):
        return None
    try:
        return parse_onec_amount(stripped)
    except AmountInvalidError:
        return None


def find_zone(text: str) -> str | None:
    """Give the IANA zone if there is one of that name."""
    if not _ZONE.fullmatch(text):
        return None
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        return None
    return text


def find_local(text: str) -> datetime | None:
    """Read a date as written, naive or with its offset.

    ISO, dd.mm.yyyy, yyyy/mm/dd and OData literals. Raises: EmptyDateError.
    """
    literal = _ODATA_DATE.fullmatch(text.strip())
    written = (literal[1] if literal else text).strip()
    try:
        moment = _from_russian(written) or datetime.fromisoformat(written.replace("/", "-"))
    except ValueError:
        return None
    if moment.year == _YEAR_EMPTY:
        raise EmptyDateError
    return moment


def as_instant(moment: datetime, zone: str) -> datetime | None:
    """Place a written date on the time line; the zone is for naive ones. None beyond the calendar."""
    try:
        return clock.from_local(moment, zone) if moment.tzinfo is None else moment.astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def _from_russian(text: str) -> datetime | None:
    found = _RUSSIAN_DATE.fullmatch(text)
    if not found:
        return None
    parts = {name: int(value) for name, value in found.groupdict(default="0").items()}
    return datetime(**parts)  # type: ignore[arg-type]  # noqa: DTZ001  # naive as written; as_instant places it
