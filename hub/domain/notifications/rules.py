"""Pure rules of notices: quiet hours, the evening's gathering, sums of many, segments of a text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

GATHERING_HOUR = time(19)
"""When the rest of a day is told together, by the clinic's clock."""
Facts = Mapping[str, str | int]
_SUMMED = frozenset({"amount", "count"})
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_DOUBLE = frozenset("^{}\\[~]|€")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From when until when nobody is disturbed, by the clinic's clock; may reach over midnight."""

    from_time: time
    until_time: time


@dataclass(frozen=True, slots=True)
class Segments:
    """What a text costs: networks bill by parts."""

    encoding: str
    parts: int
    length: int


def after_quiet(instant: datetime, quiet: QuietHours | None, zone: str) -> datetime:
    """Give the first instant from `instant` on that is not quiet; the same one when it is not."""
    if quiet is None or quiet.from_time == quiet.until_time:
        return instant
    local = instant.astimezone(ZoneInfo(zone))
    clock_time = local.time()
    if quiet.from_time < quiet.until_time:
        is_quiet = quiet.from_time <= clock_time < quiet.until_time
        days = 0
    else:
        is_quiet = clock_time >= quiet.from_time or clock_time < quiet.until_time
        days = 1 if clock_time >= quiet.from_time else 0
    if not is_quiet:
        return instant
    end = datetime.combine(local.date() + timedelta(days=days), quiet.until_time, tzinfo=ZoneInfo(zone))
    # Where clocks go forward an end may stand in the hour that is left out: then it is already over.
    return max(instant, end.astimezone(UTC))


def next_gathering(instant: datetime, zone: str) -> datetime:
    """Give the next evening at which the rest of the day is told; never the instant itself."""
    local = instant.astimezone(ZoneInfo(zone))
    day = local.date() if local.time() < GATHERING_HOUR else local.date() + timedelta(days=1)
    return datetime.combine(day, GATHERING_HOUR, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def merge_facts(many: Sequence[Facts]) -> dict[str, str | int]:
    """Tell several as one: amounts and counts are summed, of dates the earliest counts.

    ISO instants compare like text, so the least text is the earliest date.
    """
    merged: dict[str, str | int] = {"count": len(many)}
    for name in sorted({name for facts in many for name in facts} - {"count"}):
        values = [facts[name] for facts in many if name in facts]
        if name in _SUMMED:
            merged[name] = sum(int(value) for value in values)
        else:
            merged[name] = min(values, key=str)
    return merged


def count_segments(text: str) -> Segments:
    """Count the parts of a text: 160 signs (153 in a series) of GSM-7, else 70 (67) of UCS-2.

    By GSM 03.38 and 03.40: a sign that takes two places is never torn across two parts.
    """
    if all(sign in _GSM or sign in _GSM_DOUBLE for sign in text):
        places = [2 if sign in _GSM_DOUBLE else 1 for sign in text]
        return Segments("gsm-7", _parts(places, 160, 153), sum(places))
    places = [2 if ord(sign) > 0xFFFF else 1 for sign in text]  # noqa: PLR2004  # the end of the BMP
    return Segments("ucs-2", _parts(places, 70, 67), sum(places))


def _parts(places: Sequence[int], alone: int, in_series: int) -> int:
    if sum(places) <= alone:
        return 1
    parts, left = 1, in_series
    for place in places:
        if place > left:
            parts, left = parts + 1, in_series
        left -= place
    return parts
