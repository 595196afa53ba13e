"""Instants are aware and UTC; the clinic's day follows its own zone, also when clocks change."""

import threading
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from hub.kernel import clock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_now_is_aware_and_utc() -> None:
    assert clock.now().utcoffset() == timedelta(0)


def test_a_frozen_clock_stands_and_goes_on_afterwards() -> None:
    with clock.frozen(NOON.astimezone(timezone(timedelta(hours=3)))):
        assert (clock.now(), clock.now().tzinfo) == (NOON, UTC)
        with clock.frozen(NOON + timedelta(days=1)):
            assert clock.now() == NOON + timedelta(days=1)
        assert clock.now() == NOON
    assert clock.now() != NOON


def test_a_frozen_clock_stands_for_its_own_context_alone() -> None:
    seen: list[datetime] = []
    with clock.frozen(NOON):
        thread = threading.Thread(target=lambda: seen.append(clock.now()))
        thread.start()
        thread.join()
    assert seen != [NOON]


@pytest.mark.parametrize(
    ("zone", "day"),
    [("Europe/Moscow", date(2026, 4, 1)), ("UTC", date(2026, 3, 31)), ("Asia/Kamchatka", date(2026, 4, 1))],
)
def test_the_day_of_an_instant_is_the_zones(zone: str, day: date) -> None:
    assert clock.local_date(datetime(2026, 3, 31, 21, 0, tzinfo=UTC), zone) == day


@pytest.mark.parametrize(
    ("zone", "day", "instant"),
    [
        ("Europe/Moscow", date(2026, 3, 31), datetime(2026, 3, 31, 21, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 3, 28), datetime(2026, 3, 28, 23, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 3, 29), datetime(2026, 3, 29, 22, tzinfo=UTC)),  # 23 hours long
        ("Europe/Berlin", date(2026, 10, 25), datetime(2026, 10, 25, 23, tzinfo=UTC)),  # 25 hours long
        ("America/Havana", date(2026, 3, 7), datetime(2026, 3, 8, 5, tzinfo=UTC)),  # its midnight is skipped
        ("America/Havana", date(2026, 10, 31), datetime(2026, 11, 1, 4, tzinfo=UTC)),  # and comes twice
        ("Asia/Kamchatka", date(2026, 12, 31), datetime(2026, 12, 31, 12, tzinfo=UTC)),
    ],
)
def test_a_day_ends_at_its_own_midnight(zone: str, day: date, instant: datetime) -> None:
    assert clock.end_of_local_day(day, zone) == instant
    assert clock.local_date(instant - timedelta(seconds=1), zone) == day
    assert clock.local_date(instant, zone) == day + timedelta(days=1)


@pytest.mark.parametrize(
    ("zone", "wall", "instant"),
    [
        ("Europe/Moscow", datetime(2026, 5, 1, 10, 35), datetime(2026, 5, 1, 7, 35, tzinfo=UTC)),  # noqa: DTZ001
        ("Europe/Moscow", datetime(2012, 5, 1, 10, 35), datetime(2012, 5, 1, 6, 35, tzinfo=UTC)),  # noqa: DTZ001
        ("Europe/Berlin", datetime(2026, 10, 25, 2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # noqa: DTZ001
        ("Europe/Berlin", datetime(2026, 3, 29, 2, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # noqa: DTZ001
    ],
    ids=["moscow", "moscow-of-2012", "hour-that-comes-twice", "hour-that-is-skipped"],
)
def test_a_wall_clock_is_read_in_its_zone(zone: str, wall: datetime, instant: datetime) -> None:
    assert clock.from_local(wall, zone) == instant


def test_the_wire_has_z_and_fractions_only_when_there_are_some() -> None:
    assert clock.to_wire(NOON) == "2026-03-01T12:00:00Z"
    assert clock.to_wire(NOON.replace(microsecond=5)) == "2026-03-01T12:00:00.000005Z"
    assert clock.to_wire(NOON.astimezone(timezone(timedelta(hours=3)))) == "2026-03-01T12:00:00Z"
