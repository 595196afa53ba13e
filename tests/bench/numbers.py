"""Runs with given numbers: nothing of it was measured."""

from bench.measures import Part, Run, Series

MACHINE = {"cores": "2", "memory": "24 GiB"}


def road(hub: list[float], *, no_op: list[float], single: list[float]) -> Part:
    series = {
        "hub": Series("hub: nudge and drain", "/s", hub),
        "no_op": Series("raw Celery no-op tasks", "/s", no_op),
        "single": Series("one Celery task per event", "/s", single),
    }
    return Part("2026-05-01 10:00 UTC", series, ["A remark."])


def memory(*, idle: list[float], loaded: list[float], starts_s: list[float]) -> Part:
    series = {
        "start": Series("again", "s", starts_s),
        "idle": Series("whole stack, idle", "MiB", idle),
        "idle: api": Series("api, idle", "MiB", idle),
        "loaded": Series("whole stack, loaded", "MiB", loaded),
        "loaded: api": Series("api, loaded", "MiB", loaded),
    }
    return Part("2026-05-01 10:00 UTC", series)


def run(label: str, **parts: Part) -> Run:
    return Run(label, MACHINE, parts)


FAST = road([5_000, 6_000, 7_000], no_op=[1_000, 1_000, 1_000], single=[400, 500, 700])
"""Six times the no-op; 12.5, 12 and 10 times the task per event."""
SLOW = road([2_000, 2_000, 2_000], no_op=[1_000, 1_000, 1_000], single=[100, 100, 100])
"""Twice the no-op; 20 times the task per event."""
