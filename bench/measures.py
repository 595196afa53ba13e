"""What was measured: rounds of numbers under names, kept as JSON so that the report can be drawn again.

A file holds several runs under their labels, oldest first; measuring a part again replaces that part.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Series:
    """One thing measured several times. Units: `/s`, `ms`, `s`, `MiB`."""

    title: str
    unit: str
    rounds: list[float]

    @property
    def median(self) -> float:
        """The middle of the rounds."""
        return median(self.rounds)


@dataclass(frozen=True)
class Part:
    """One benchmark's series by key, in the order of the report, and what a reader must know about them."""

    taken_at: str
    series: dict[str, Series]
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Run:
    """All parts measured under one label. `machine`: facts about where."""

    label: str
    machine: dict[str, str]
    parts: dict[str, Part]


def read_runs(path: Path) -> list[Run]:
    """Read every run; none when there is no file yet."""
    if not path.exists():
        return []
    return [_read_run(run) for run in json.loads(path.read_text(encoding="utf-8"))["runs"]]


def keep_part(path: Path, *, label: str, machine: dict[str, str], name: str, part: Part) -> None:
    """Put a part into the run of this label; a new label is a new run at the end."""
    runs = {run.label: run for run in read_runs(path)}
    parts = runs[label].parts if label in runs else {}
    runs[label] = Run(label, machine, {**parts, name: part})
    _write_runs(path, list(runs.values()))


def percentile(values: Sequence[float], share: float) -> float:
    """Give the smallest value that at least this share of all does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def _write_runs(path: Path, runs: list[Run]) -> None:
    text = json.dumps({"runs": [asdict(run) for run in runs]}, ensure_ascii=False, indent=1)
    fresh = path.with_suffix(".new")
    fresh.write_text(text + "\n", encoding="utf-8")
    fresh.replace(path)


def _read_run(run: dict[str, Any]) -> Run:
    parts = {name: _read_part(part) for name, part in run["parts"].items()}
    return Run(run["label"], run["machine"], parts)


def _read_part(part: dict[str, Any]) -> Part:
    series = {key: Series(**values) for key, values in part["series"].items()}
    return Part(part["taken_at"], series, part["remarks"])
