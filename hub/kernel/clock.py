"""The only source of time: aware UTC instants, and the clinic's own day."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_frozen: ContextVar[datetime | None] = ContextVar("frozen_clock", default=None)


def now() -> datetime:
    """Give the current instant, aware and UTC."""
    return _frozen.get() or datetime.now(UTC)  # noqa: TID251  # this is the one place


def local_date(instant: datetime, zone: str) -> date:
    """Give the calendar day that `instant` falls on in the IANA zone."""
    return instant.astimezone(ZoneInfo(zone)).date()


def end_of_local_day(day: date, zone: str) -> datetime:
    """Give the UTC instant at which `day` is over in the zone; exclusive, as expiry is stored."""
    midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=ZoneInfo(zone))
    return midnight.astimezone(UTC)


def from_local(naive: datetime, zone: str) -> datetime:
    """Read a wall-clock time of the zone as a UTC instant; the earlier one when clocks went back."""
    return naive.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


def to_wire(instant: datetime) -> str:
    """Write RFC 3339 with `Z`; fractions only when there are some."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


@contextmanager
def frozen(instant: datetime) -> Generator[None]:
    """Stop the clock at `instant` for the current context; for tests."""
    token = _frozen.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)
