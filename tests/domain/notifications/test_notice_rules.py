"""Quiet hours, the evening's gathering, sums of many, segments: arithmetic without a clock."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.notifications.rules import (
    QuietHours,
    after_quiet,
    count_segments,
    merge_facts,
    next_gathering,
)

NIGHT = QuietHours(time(21), time(9))
NAP = QuietHours(time(13), time(15))
MOSCOW = "Europe/Moscow"
ZONES = (MOSCOW, "Asia/Vladivostok", "Europe/Berlin", "UTC")


def moscow(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(MOSCOW)).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-05-01T20:59:59", "2026-05-01T20:59:59"),
        ("2026-05-01T21:00:00", "2026-05-02T09:00:00"),
        ("2026-05-01T23:59:59", "2026-05-02T09:00:00"),
        ("2026-05-02T00:00:00", "2026-05-02T09:00:00"),
        ("2026-05-02T08:59:59", "2026-05-02T09:00:00"),
        ("2026-05-02T09:00:00", "2026-05-02T09:00:00"),
    ],
)
def test_a_night_over_midnight_ends_in_the_morning(at: str, until: str) -> None:
    assert after_quiet(moscow(at), NIGHT, MOSCOW) == moscow(until)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-05-01T12:59:00", "2026-05-01T12:59:00"),
        ("2026-05-01T13:00:00", "2026-05-01T15:00:00"),
        ("2026-05-01T15:00:00", "2026-05-01T15:00:00"),
    ],
)
def test_quiet_hours_within_a_day_end_the_same_day(at: str, until: str) -> None:
    assert after_quiet(moscow(at), NAP, MOSCOW) == moscow(until)


def test_the_same_instant_is_night_in_one_zone_and_day_in_another() -> None:
    instant = datetime(2026, 5, 1, 14, tzinfo=UTC)  # 17:00 in Moscow, 00:00 in Vladivostok
    assert after_quiet(instant, NIGHT, MOSCOW) == instant
    assert after_quiet(instant, NIGHT, "Asia/Vladivostok") == datetime(2026, 5, 1, 23, tzinfo=UTC)


def test_without_quiet_hours_nothing_waits() -> None:
    instant = moscow("2026-05-01T03:00:00")
    assert after_quiet(instant, None, MOSCOW) == instant
    assert after_quiet(instant, QuietHours(time(9), time(9)), MOSCOW) == instant


instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001  # made aware at once
times = st.times().map(lambda at: at.replace(second=0, microsecond=0, fold=0))


@given(at=instants, start=times, end=times, zone=st.sampled_from(ZONES))
def test_what_comes_after_quiet_is_not_quiet_and_within_a_day(
    at: datetime, start: time, end: time, zone: str
) -> None:
    quiet = QuietHours(start, end)
    after = after_quiet(at, quiet, zone)
    assert at <= after <= at + timedelta(hours=25)
    assert after_quiet(after, quiet, zone) - after <= timedelta(hours=1)  # the hour that clocks skip


@given(at=instants, zone=st.sampled_from(ZONES))
def test_the_gathering_is_the_next_evening_at_seven(at: datetime, zone: str) -> None:
    evening = next_gathering(at, zone)
    assert at < evening <= at + timedelta(hours=25)
    assert evening.astimezone(ZoneInfo(zone)).time() == time(19)


def test_several_are_told_as_their_sum_and_the_earliest_day() -> None:
    merged = merge_facts(
        [
            {"amount": 100, "asset": "CASHBACK", "available_at": "2026-05-16T00:00:00Z"},
            {"amount": 250, "asset": "CASHBACK", "available_at": "2026-05-15T00:00:00Z"},
        ]
    )
    assert merged == {
        "count": 2,
        "amount": 350,
        "asset": "CASHBACK",
        "available_at": "2026-05-15T00:00:00Z",
    }


@pytest.mark.parametrize(
    ("text", "encoding", "parts"),
    [
        ("a" * 160, "gsm-7", 1),
        ("a" * 161, "gsm-7", 2),
        ("€" * 80, "gsm-7", 1),
        ("€" * 81, "gsm-7", 2),
        ("я" * 70, "ucs-2", 1),
        ("я" * 71, "ucs-2", 2),
        ("я" * 134, "ucs-2", 2),
        ("я" * 135, "ucs-2", 3),
        ("😀" * 36, "ucs-2", 2),
        ("", "gsm-7", 1),
    ],
)
def test_a_text_is_billed_by_its_segments(text: str, encoding: str, parts: int) -> None:
    counted = count_segments(text)
    assert (counted.encoding, counted.parts) == (encoding, parts)
