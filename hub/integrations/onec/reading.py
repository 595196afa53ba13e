"""Single values as 1C writes them, read leniently; what stays unreadable is None, for the caller to judge.

The plain spelling of a value is tried first: it is what 1C writes nearly always, and recognising it
costs a fraction of reading it by the rules.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from hub.integrations.onec.tree import Tree
from hub.kernel import clock
from hub.kernel.money import AmountInvalidError, parse_onec_amount

_TRUE = frozenset({"true", "1", "истина", "да", "yes"})
_FALSE = frozenset({"false", "0", "ложь", "нет", "no"})
_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), " ")
_PLAIN_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_GUID = re.compile(r"(?:guid)?['{]*([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})['}]*", re.IGNORECASE)
_ODATA_DATE = re.compile(r"datetime'(.*)'", re.IGNORECASE)
_COUNTED_DATE = re.compile(r"(?:/Date\(|new Date\()(-?\d{1,15})(?:[+-]\d{4})?\)/?", re.ASCII)
"""ФорматДатыJSON.Microsoft and .JavaScript: milliseconds of UTC; the offset, if any, only tells whose."""
_RUSSIAN_DATE = re.compile(r"(\d{2})\.(\d{2})\.(\d{4})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.ASCII)
_AMOUNT = re.compile(r"[-+]?\d+(?:[ \u00a0\u2009\u202f]\d{3})*(?:[.,]\d+)?(?:[eE][-+]?\d)?", re.ASCII)
"""Guards the parser of amounts: no infinities, underscores or exponents that a Decimal would take."""
_PLAIN_LENGTH_MAX = 12
"""A number as short as that cannot be out of range."""
_KOPECKS_LENGTH = len(".00")
_NUMBER = re.compile(r"\d{1,18}(?:[.,]0+)?", re.ASCII)
_ZONE = re.compile(r"[A-Za-z]+(?:/[A-Za-z0-9_+-]+){0,2}")
_GROUPING = str.maketrans("", "", " \u00a0\u2009\u202f")
_YEAR_EMPTY = 1
_CATALOGUE: dict[str, UUID] = {}
_CATALOGUE_MAX = 4096
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class EmptyDateError(Exception):
    """1C's empty date, 0001-01-01: there is a value and it says nothing."""


def clean_text(text: str) -> str:
    """Drop what neither people nor the database can use: control characters, outer blanks."""
    return text.strip() if text.isprintable() else text.translate(_CONTROLS).strip()


def find_guid(text: str) -> UUID | None:
    """Read a GUID: any case, braced, or an OData literal. The zero GUID is returned as it is."""
    if _PLAIN_GUID.fullmatch(text):
        return UUID(text)
    found = _GUID.fullmatch(text.strip())
    return UUID(found[1]) if found else None


def find_catalogue_guid(text: str) -> UUID | None:
    """Read a GUID of a catalogue: services, doctors and clinics are few, and come again and again.

    Those are remembered as written; GUIDs of people and documents must not come here.
    """
    known = _CATALOGUE.get(text)
    if known is None:
        known = find_guid(text)
        if known is not None:
            if len(_CATALOGUE) >= _CATALOGUE_MAX:
                _CATALOGUE.clear()
            _CATALOGUE[text] = known
    return known


def find_flag(value: Tree) -> bool | None:
    """Read a boolean: true, "true", 1, Истина, Да, and their opposites."""
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    return True if word in _TRUE else (False if word in _FALSE else None)


def find_number(text: str) -> int | None:
    """Read a counter: digits, perhaps grouped, perhaps with zero decimals."""
    if text.isdecimal() and text.isascii() and len(text) <= _PLAIN_LENGTH_MAX:
        return int(text)
    found = _NUMBER.fullmatch(text.strip().translate(_GROUPING))
    return int(re.split("[.,]", found[0])[0]) if found else None


def find_plain_amount(text: str) -> int | None:
    """Read "1700" or "1700.00" as hundredths; any other spelling is not plain."""
    if len(text) > _PLAIN_LENGTH_MAX or not text.isascii():
        return None
    if text[-3:-2] == "." and len(text) > _KOPECKS_LENGTH:
        digits = text[:-3] + text[-2:]
        return int(digits) if digits.isdecimal() else None
    return int(text) * 100 if text.isdecimal() else None


def find_amount(text: str) -> tuple[int, bool] | None:
    """Read a number as hundredths, half-up, and whether it had to be rounded."""
    stripped = text.strip()
    if not _AMOUNT.fullmatch(stripped):
        return None
    plain = find_plain_amount(stripped.translate(_GROUPING).replace(",", "."))
    if plain is not None:
        return plain, False
    try:
        return parse_onec_amount(stripped)
    except AmountInvalidError:
        return None


@lru_cache(maxsize=64)
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

    ISO, dd.mm.yyyy, yyyy/mm/dd, OData literals, milliseconds of /Date(…)/. Raises: EmptyDateError.
    """
    try:
        moment = _from_russian(text) if text[2:3] == "." else datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None:
        moment = _find_unusual(text.strip())
    if moment is not None and moment.year == _YEAR_EMPTY:
        raise EmptyDateError
    return moment


def as_instant(moment: datetime, zone: str) -> datetime | None:
    """Place a written date on the time line; the zone is for naive ones. None beyond the calendar."""
    try:
        return clock.from_local(moment, zone) if moment.tzinfo is None else moment.astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def _find_unusual(text: str) -> datetime | None:
    literal = _ODATA_DATE.fullmatch(text)
    written = (literal[1] if literal else text).strip()
    try:
        return _counted(written) or _from_russian(written) or _from_iso(written)
    except ValueError:
        return None


def _counted(text: str) -> datetime | None:
    found = _COUNTED_DATE.fullmatch(text)
    if not found:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=int(found[1]))
    except OverflowError:
        # East of Greenwich the empty date began before the calendar does.
        return (
            datetime.min.replace(tzinfo=UTC) if found[1].startswith("-") else datetime.max.replace(tzinfo=UTC)
        )


def _from_russian(text: str) -> datetime | None:
    found = _RUSSIAN_DATE.fullmatch(text)
    if not found:
        return None
    day, month, year, hour, minute, second = map(int, found.groups("0"))
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  # naive as written


def _from_iso(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("/", "-"))
