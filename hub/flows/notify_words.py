"""From a notice's facts to words for one person: sums and dates as people write them."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from hub.domain.notifications.catalogue import CATALOGUE, NoticeKind
from hub.domain.notifications.preferences import Language
from hub.domain.notifications.rendering import PROGRAM
from hub.domain.notifications.rules import Facts
from hub.kernel import clock
from hub.kernel.money import Asset, format_amount
from hub.kernel.settings import settings

_TICK = timedelta(microseconds=1)
_SUMS = frozenset({"amount", "nominal", "balance"})
_UNITS = {
    (Asset.CASHBACK, Language.RU): "кэшбэка",
    (Asset.POINTS, Language.RU): "баллов",
    (Asset.CASHBACK, Language.EN): "cashback",
    (Asset.POINTS, Language.EN): "points",
}


def write_values(kind: NoticeKind, facts: Facts, *, language: Language, zone: str) -> dict[str, str]:
    """Write the facts out: `available_at` becomes `available_on`, the clinic's day; sums lose their .00.

    An expiry is exclusive: of midnight the day before is written, for it is the last one.
    """
    allowed = CATALOGUE[kind].variables
    values = {"program": PROGRAM, "cabinet_url": settings().public_url}
    for name, value in facts.items():
        if name.endswith("_at"):
            values[f"{name.removesuffix('_at')}_on"] = _write_day(str(value), name, language, zone)
        elif name == "asset":
            values["unit"] = _UNITS[Asset(str(value)), language]
        elif name in _SUMS:
            values[name] = format_amount(int(value)).removesuffix(".00").replace(".", _point(language))
        else:
            values[name] = str(value)
    return {name: value for name, value in values.items() if name in allowed}


def as_facts(values: Mapping[str, str | int | datetime | None]) -> dict[str, str | int]:
    """Write facts for a row: instants as text, absent ones left out."""
    return {
        name: clock.to_wire(value) if isinstance(value, datetime) else value
        for name, value in values.items()
        if value is not None
    }


def _write_day(wire: str, name: str, language: Language, zone: str) -> str:
    instant = datetime.fromisoformat(wire)
    is_exclusive = name == "expires_at"
    day = clock.local_date(instant - _TICK if is_exclusive else instant, zone)
    return f"{day:%d.%m.%Y}" if language is Language.RU else f"{day:%d %B %Y}"


def _point(language: Language) -> str:
    return "," if language is Language.RU else "."
