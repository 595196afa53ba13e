"""The gate of a destination: a closed one lets nothing through, and an open one no more than its rate."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.outbox.gate import (
    FAILURES_IN_ROW_MAX,
    OPEN_S,
    OPEN_S_MAX,
    TOKEN,
    WINDOW_S,
    WINDOW_SENDS_MIN,
    Breaker,
    Gate,
    hold,
    is_shut,
    note,
    opens_at,
    permit,
    refill,
    release,
    spend,
)

START = datetime(2026, 5, 1, 9, tzinfo=UTC)
RATES = st.integers(1, 600_000)
STEPS = st.lists(st.tuples(st.integers(0, 90_000), st.integers(1, 64)), min_size=1, max_size=60)
"""Milliseconds to wait, sends wanted."""


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def make_gate(*, rate: int = 600, burst: int = 20, in_flight_max: int = 8, tokens: int = 20) -> Gate:
    return Gate(rate, burst, in_flight_max, tokens * TOKEN, START, START)


def fail(gate: Gate, times: int, now: datetime = START) -> Gate:
    for _ in range(times):
        gate = note(gate, succeeded=0, failed=1, now=now)
    return gate


def trip(now: datetime = START) -> Gate:
    return fail(make_gate(), FAILURES_IN_ROW_MAX, now)


@given(rate=RATES, burst=st.integers(1, 10_000), steps=STEPS)
def test_sends_never_exceed_the_burst_and_the_rate(
    rate: int, burst: int, steps: list[tuple[int, int]]
) -> None:
    gate, now, sent = make_gate(rate=rate, burst=burst, in_flight_max=64, tokens=burst), START, 0
    for wait_ms, wanted in steps:
        now += timedelta(milliseconds=wait_ms)
        allowed = permit(gate, wanted=wanted, in_flight=0, now=now)
        gate = spend(gate, allowed, now)
        sent += allowed
        assert 0 <= gate.tokens <= burst * TOKEN
        assert sent <= burst + rate * (now - START).total_seconds() / 60


@given(rate=RATES, looks=st.integers(1, 500))
def test_a_bucket_that_is_looked_at_often_fills_as_fast_as_one_looked_at_once(rate: int, looks: int) -> None:
    empty = make_gate(rate=rate, burst=10_000, tokens=0)
    often = empty
    for look in range(1, looks + 1):
        often = refill(often, at(30 * look / looks))
    lost = refill(empty, at(30)).tokens - often.tokens
    microsecond_each = looks * rate * TOKEN // 60_000_000
    assert 0 <= lost <= 1 + microsecond_each


def test_a_clock_that_went_back_gives_and_takes_nothing() -> None:
    gate = make_gate(tokens=3)
    assert refill(gate, at(-60)) == gate


@given(
    is_paused=st.booleans(),
    held_s=st.none() | st.integers(-5, 5),
    open_s=st.none() | st.integers(-5, 5),
    in_flight=st.integers(0, 10),
    tokens=st.integers(0, 20),
    wanted=st.integers(0, 64),
)
def test_a_permit_is_within_every_limit_at_once(
    *, is_paused: bool, held_s: int | None, open_s: int | None, in_flight: int, tokens: int, wanted: int
) -> None:
    gate = replace(
        make_gate(tokens=tokens),
        is_paused=is_paused,
        held_until=None if held_s is None else at(held_s),
        breaker=Breaker.CLOSED if open_s is None else Breaker.OPEN,
        open_until=None if open_s is None else at(open_s),
    )
    allowed = permit(gate, wanted=wanted, in_flight=in_flight, now=START)
    assert 0 <= allowed <= min(wanted, tokens)
    assert allowed == 0 or allowed + in_flight <= 8
    if is_paused or (held_s or 0) > 0 or (open_s or 0) > 0:
        assert (allowed, is_shut(gate, START)) == (0, True)
    elif held_s is not None or open_s is not None:
        assert allowed == (1 if in_flight == 0 and tokens and wanted else 0)
    else:
        assert allowed == max(0, min(wanted, tokens, 8 - in_flight))


def test_failures_in_a_row_open_the_circuit_and_one_fewer_does_not() -> None:
    assert fail(make_gate(), FAILURES_IN_ROW_MAX - 1).breaker is Breaker.CLOSED
    opened = trip()
    assert (opened.breaker, opened.open_until) == (Breaker.OPEN, at(OPEN_S))


def test_a_success_forgets_the_failures_in_a_row() -> None:
    gate = note(fail(make_gate(), FAILURES_IN_ROW_MAX - 1), succeeded=1, failed=0, now=START)
    assert fail(gate, FAILURES_IN_ROW_MAX - 1).breaker is Breaker.CLOSED


def test_a_bad_share_of_a_full_window_opens_the_circuit() -> None:
    gate = note(make_gate(), succeeded=3, failed=6, now=START)
    assert gate.breaker is Breaker.CLOSED
    assert gate.window_sent == WINDOW_SENDS_MIN - 1
    assert note(gate, succeeded=0, failed=1, now=START).breaker is Breaker.OPEN
    assert note(gate, succeeded=1, failed=0, now=START).breaker is Breaker.CLOSED


def test_an_old_window_counts_no_more() -> None:
    gate = note(make_gate(), succeeded=3, failed=6, now=START)
    later = note(gate, succeeded=1, failed=1, now=at(WINDOW_S))
    assert (later.window_sent, later.window_failed, later.breaker) == (2, 1, Breaker.CLOSED)


def test_an_open_circuit_lets_one_probe_through_when_its_time_is_over() -> None:
    gate = trip()
    assert permit(gate, wanted=5, in_flight=0, now=at(OPEN_S - 1)) == 0
    assert permit(gate, wanted=5, in_flight=0, now=at(OPEN_S)) == 1
    probing = spend(gate, 1, at(OPEN_S))
    assert probing.breaker is Breaker.HALF_OPEN
    assert permit(probing, wanted=5, in_flight=1, now=at(OPEN_S + 5)) == 0
    assert permit(probing, wanted=5, in_flight=0, now=at(OPEN_S + 60)) == 1  # the probe's worker died


def test_a_probe_decides() -> None:
    probing = spend(trip(), 1, at(OPEN_S))
    closed = note(probing, succeeded=1, failed=0, now=at(OPEN_S + 1))
    assert (closed.breaker, closed.open_until, closed.trips) == (Breaker.CLOSED, None, 0)
    assert permit(closed, wanted=5, in_flight=0, now=at(OPEN_S + 1)) == 5
    opened = note(probing, succeeded=0, failed=1, now=at(OPEN_S + 1))
    assert (opened.breaker, opened.open_until) == (Breaker.OPEN, at(OPEN_S + 1 + 2 * OPEN_S))


def test_each_opening_in_a_row_lasts_twice_as_long_up_to_a_bound() -> None:
    gate, now, lengths = trip(), START, []
    for _ in range(12):
        assert gate.open_until is not None
        lengths.append((gate.open_until - now).total_seconds())
        now = gate.open_until
        gate = note(spend(gate, 1, now), succeeded=0, failed=1, now=now)
    assert lengths[:5] == [30, 60, 120, 240, 480]
    assert set(lengths[5:]) == {OPEN_S_MAX}


@pytest.mark.parametrize(("succeeded", "failed"), [(0, 1), (1, 0)])
def test_what_was_on_its_way_when_the_circuit_opened_moves_it_no_more(succeeded: int, failed: int) -> None:
    opened = trip()
    late = note(opened, succeeded=succeeded, failed=failed, now=at(1))
    assert (late.breaker, late.open_until, late.trips) == (Breaker.OPEN, opened.open_until, 1)


def test_after_a_silence_one_probe_goes_alone_until_a_send_succeeds() -> None:
    gate = hold(make_gate(), at(60))
    assert permit(gate, wanted=5, in_flight=0, now=at(59)) == 0
    assert permit(gate, wanted=5, in_flight=0, now=at(60)) == 1
    probing = spend(gate, 1, at(60))
    assert permit(probing, wanted=5, in_flight=1, now=at(62)) == 0
    assert permit(note(probing, succeeded=0, failed=1, now=at(62)), wanted=5, in_flight=0, now=at(63)) == 1
    assert permit(note(probing, succeeded=1, failed=0, now=at(62)), wanted=5, in_flight=0, now=at(63)) == 5


def test_a_success_from_before_a_silence_does_not_end_it() -> None:
    assert note(hold(make_gate(), at(60)), succeeded=1, failed=0, now=at(1)).held_until == at(60)


def test_a_silence_gathers_no_burst_and_is_never_shortened() -> None:
    gate = hold(hold(make_gate(), at(60)), at(10))
    assert gate.held_until == at(60)
    assert refill(gate, at(60)).tokens == TOKEN


def test_a_release_ends_outage_and_silence_at_once() -> None:
    gate = release(hold(spend(trip(), 20, START), at(600)), START)
    assert (gate.breaker, gate.held_until) == (Breaker.CLOSED, None)
    assert permit(gate, wanted=5, in_flight=0, now=START) == 1
    assert opens_at(gate, START) == START


def test_a_gate_tells_when_it_opens() -> None:
    assert opens_at(replace(make_gate(), is_paused=True), START) is None
    assert opens_at(make_gate(), at(5)) == at(5)
    assert opens_at(trip(), at(5)) == at(OPEN_S)
    assert opens_at(hold(make_gate(), at(60)), at(5)) == at(60)
    assert opens_at(make_gate(rate=6, tokens=0), START) == at(10)
    assert opens_at(hold(make_gate(rate=6, tokens=0), at(60)), START) == at(70)


@given(tokens=st.integers(0, 2), rate=st.integers(1, 600), held_s=st.none() | st.integers(1, 600))
def test_at_the_moment_told_a_send_may_go(tokens: int, rate: int, held_s: int | None) -> None:
    gate = make_gate(rate=rate, tokens=tokens)
    gate = gate if held_s is None else hold(gate, at(held_s))
    opening = opens_at(gate, START)
    assert opening is not None
    assert permit(gate, wanted=1, in_flight=0, now=opening + timedelta(milliseconds=1)) == 1
