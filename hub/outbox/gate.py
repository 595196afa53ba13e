"""The gate of a destination: pause, token bucket and circuit breaker, as pure rules over its row.

Invariant: a closed gate never burns an attempt. What may not go now stays ready, and is told when to
ask again. Tokens are counted in thousandths, so that slow rates add up.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

TOKEN = 1_000
WINDOW_S = 300
WINDOW_SENDS_MIN = 10
FAILED_SHARE_PERCENT = 70
"""Convoy's defaults: a burst of bad luck is not an outage."""
FAILURES_IN_ROW_MAX = 5
"""Where little is sent the window never fills; so many failures without one success are an outage too."""
OPEN_S = 30
OPEN_S_MAX = 900
_MINUTE_S = 60


class Breaker(StrEnum):
    """`half_open`: one probe is allowed, and decides."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Gate:
    """One destination as it stands."""

    rate_per_minute: int
    burst: int
    in_flight_max: int
    tokens: int
    """Thousandths of a send, as of `tokens_at`."""
    tokens_at: datetime
    window_started_at: datetime
    is_paused: bool = False
    held_until: datetime | None = None
    """The destination itself asked for silence (Retry-After); stays until a send succeeds after it."""
    breaker: Breaker = Breaker.CLOSED
    open_until: datetime | None = None
    trips: int = 0
    """Openings in a row; each doubles the next one."""
    window_sent: int = 0
    window_failed: int = 0
    failures_in_row: int = 0


def refill(gate: Gate, now: datetime) -> Gate:
    """Let the bucket fill up to `now`; a clock that went back gives nothing and takes nothing."""
    passed_us = max(0, (now - gate.tokens_at) // timedelta(microseconds=1))
    gained = passed_us * gate.rate_per_minute * TOKEN // (_MINUTE_S * 1_000_000)
    full = gate.burst * TOKEN
    if gate.tokens + gained >= full:
        return replace(gate, tokens=full, tokens_at=max(now, gate.tokens_at))
    if gained == 0:
        return gate
    # Only the time that made whole thousandths is used up, or a busy reader would starve a slow bucket.
    # Rounded up: looking often must not gain anything either.
    used_us = -(-gained * _MINUTE_S * 1_000_000 // (gate.rate_per_minute * TOKEN))
    return replace(
        gate, tokens=gate.tokens + gained, tokens_at=gate.tokens_at + timedelta(microseconds=used_us)
    )


def permit(gate: Gate, *, wanted: int, in_flight: int, now: datetime) -> int:
    """Tell how many sends may start now.

    After an outage or a silence one probe goes alone: a crowd would only earn the next silence.
    """
    if is_shut(gate, now):
        return 0
    in_flight_max = 1 if _is_probing(gate) else gate.in_flight_max
    return max(0, min(wanted, in_flight_max - in_flight, refill(gate, now).tokens // TOKEN))


def is_shut(gate: Gate, now: datetime) -> bool:
    """Tell whether nothing may go now, however full the bucket is."""
    return gate.is_paused or any(
        moment is not None and moment > now for moment in (gate.held_until, gate.open_until)
    )


def spend(gate: Gate, count: int, now: datetime) -> Gate:
    """Take tokens for sends that start; a probe half-opens the circuit."""
    filled = refill(gate, now)
    breaker = Breaker.CLOSED if gate.breaker is Breaker.CLOSED else Breaker.HALF_OPEN
    return replace(filled, tokens=filled.tokens - count * TOKEN, breaker=breaker)


def note(gate: Gate, *, succeeded: int, failed: int, now: datetime) -> Gate:
    """Take in how sends ended: by the rules above failures open the circuit, and a probe decides.

    What was on its way when the circuit opened says nothing new: it neither closes nor lengthens it.
    """
    is_new_window = now - gate.window_started_at >= timedelta(seconds=WINDOW_S)
    counted = replace(
        gate,
        window_started_at=now if is_new_window else gate.window_started_at,
        window_sent=(0 if is_new_window else gate.window_sent) + succeeded + failed,
        window_failed=(0 if is_new_window else gate.window_failed) + failed,
        failures_in_row=0 if succeeded else gate.failures_in_row + failed,
        held_until=None if succeeded and not _is_held(gate, now) else gate.held_until,
    )
    if gate.breaker is Breaker.CLOSED:
        return _open(counted, now) if failed and _is_outage(counted) else counted
    if gate.breaker is Breaker.OPEN:
        return counted
    if succeeded:
        return close(counted, now)
    return _open(counted, now) if failed else counted


def hold(gate: Gate, until: datetime) -> Gate:
    """Keep silent until then, if that is later than what is held already; meanwhile no tokens gather."""
    held_until = max(until, gate.held_until) if gate.held_until else until
    return replace(
        gate,
        held_until=held_until,
        tokens=min(gate.tokens, TOKEN),
        tokens_at=max(gate.tokens_at, held_until),
    )


def release(gate: Gate, now: datetime) -> Gate:
    """End an outage and a silence at once, by a person's word; one send may go even from an empty bucket."""
    return replace(
        close(gate, now),
        held_until=None,
        tokens=max(gate.tokens, TOKEN),
        tokens_at=min(gate.tokens_at, now),
    )


def close(gate: Gate, now: datetime) -> Gate:
    """Close the circuit and forget the failures."""
    return replace(
        gate,
        breaker=Breaker.CLOSED,
        open_until=None,
        trips=0,
        failures_in_row=0,
        window_started_at=now,
        window_sent=0,
        window_failed=0,
    )


def opens_at(gate: Gate, now: datetime) -> datetime | None:
    """Tell when the gate lets something through again; None = never by itself (paused)."""
    if gate.is_paused:
        return None
    times = [now, *(moment for moment in (gate.held_until, gate.open_until) if moment is not None)]
    missing = TOKEN - refill(gate, now).tokens
    if missing > 0:
        wait = timedelta(seconds=_MINUTE_S * missing / (gate.rate_per_minute * TOKEN))
        times.append(max(now, gate.tokens_at) + wait)
    return max(times)


def _is_held(gate: Gate, now: datetime) -> bool:
    return gate.held_until is not None and gate.held_until > now


def _is_probing(gate: Gate) -> bool:
    return gate.held_until is not None or gate.breaker is not Breaker.CLOSED


def _is_outage(gate: Gate) -> bool:
    is_share = gate.window_failed * 100 >= gate.window_sent * FAILED_SHARE_PERCENT
    return (gate.window_sent >= WINDOW_SENDS_MIN and is_share) or gate.failures_in_row >= FAILURES_IN_ROW_MAX


def _open(gate: Gate, now: datetime) -> Gate:
    open_s = min(OPEN_S * 2**gate.trips, OPEN_S_MAX)
    return replace(
        gate, breaker=Breaker.OPEN, open_until=now + timedelta(seconds=open_s), trips=min(gate.trips + 1, 10)
    )
