"""The bars that the design sets, and how a run stands against them.

A ratio compares what ran in the same round, so that a slow minute slows both. Ratios and plain numbers are
judged by the median of their rounds, or by the worst where that is asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.measures import Part, Run

_DECIMALS_FROM = 100


@dataclass(frozen=True)
class Bar:
    """One promise. With a yardstick the ratio must be `limit` at least, without one ours `limit` at most."""

    part: str
    what: str
    ours: str
    limit: float
    yardstick: str | None = None
    is_worst: bool = False
    """Judge the highest round instead of the median."""


@dataclass(frozen=True)
class Verdict:
    """How one bar was met. `reached` and its lowest and highest round are ratios, or in the series' unit."""

    bar: Bar
    unit: str
    reached: float
    lowest: float
    highest: float

    @property
    def is_met(self) -> bool:
        """Say whether the promise is kept."""
        return self.reached >= self.bar.limit if self.bar.yardstick else self.reached <= self.bar.limit

    @property
    def share(self) -> float:
        """How many times better than needed; below 1 is missed."""
        return self.reached / self.bar.limit if self.bar.yardstick else self.bar.limit / self.reached


BARS = (
    Bar("intake", "durable intake, 32 connections, against one INSERT a request", "hub", 2.0, "one_insert"),
    Bar("intake", "intake at 1,000/s, p99", "paced_p99", 50),
    Bar("road", "inbox row to posted cashback, against raw Celery no-ops", "hub", 5.0, "no_op"),
    Bar("road", "the same, against one Celery task per event", "hub", 10.0, "single"),
    Bar("latency", "webhook to committed effect at 50/s, p50", "hub_p50", 15),
    Bar("latency", "webhook to committed effect at 50/s, p99", "hub_p99", 60),
    Bar("ledger", "batch accrual (100 a batch, 2 processes), against pgbench", "batch100x2", 4.0, "pgbench"),
    Bar("memory", "whole stack, idle", "idle", 1_024),
    Bar("memory", "whole stack under load, highest", "loaded", 2_048, is_worst=True),
    Bar("memory", "`make run` again, to READY", "start", 15),
)


def judge(run: Run) -> list[Verdict]:
    """Judge every bar whose part was measured in this run."""
    return [_verdict(bar, run.parts[bar.part]) for bar in BARS if bar.part in run.parts]


def say(verdict: Verdict) -> str:
    """Write what was reached, with its unit."""
    return f"{say_number(verdict.reached)} {verdict.unit}"


def say_limit(bar: Bar, unit: str) -> str:
    """Write what is asked."""
    return f"{'≥' if bar.yardstick else '≤'} {say_number(bar.limit)} {unit}"


def say_number(number: float) -> str:
    """Write a number with as many digits as it deserves."""
    if float(number).is_integer() or number >= _DECIMALS_FROM:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= _DECIMALS_FROM / 10 else f"{number:.2f}"


def ratios(part: Part, ours: str, yardstick: str) -> list[float]:
    """Divide round by round."""
    pairs = zip(part.series[ours].rounds, part.series[yardstick].rounds, strict=True)
    return [left / right for left, right in pairs]


def _verdict(bar: Bar, part: Part) -> Verdict:
    series = part.series[bar.ours]
    rounds: Sequence[float] = ratios(part, bar.ours, bar.yardstick) if bar.yardstick else series.rounds
    reached = max(rounds) if bar.is_worst else median(rounds)
    return Verdict(bar, "×" if bar.yardstick else series.unit, reached, min(rounds), max(rounds))
