"""`python -m bench`: measure, keep, report. docs/bench.md says how to read what it writes."""

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from bench import intake, latency, ledger, memory, road
from bench.bars import judge, say, say_limit
from bench.charts import draw_charts
from bench.ground import ROOT, Ground, ground
from bench.machine import describe_machine
from bench.measures import Part, Run, keep_part, read_runs
from bench.report import TITLES, write_report

DOCS = ROOT / "docs"
_LABEL = "latest"
_ON_GROUND: Mapping[str, Callable[[Ground], Part]] = {
    "intake": intake.run,
    "road": road.run,
    "latency": latency.run,
    "ledger": ledger.run,
}
_MEMORY = "memory"


def main() -> int:
    """Measure the wanted parts under the label, each kept as soon as it is there; then write the report."""
    words = _read_words()
    kept = DOCS / "bench.json"
    if not words.report:
        wanted = [words.only] if words.only else [*_ON_GROUND, _MEMORY]
        machine = describe_machine()
        for name in wanted:
            print(f"{name}: measuring…", flush=True)
            started_at_s = time.monotonic()
            part = memory.run() if name == _MEMORY else _measure(name)
            keep_part(kept, label=words.label, machine=machine, name=name, part=part)
            print(f"{name}: {time.monotonic() - started_at_s:.0f} s", flush=True)
    runs = read_runs(kept)
    report_runs(runs, DOCS)
    if runs:
        _print_verdicts(next((run for run in runs if run.label == words.label), runs[-1]))
    return 0


def report_runs(runs: list[Run], docs: Path) -> None:
    """Write the page and its charts. Nothing without runs."""
    if runs:
        (docs / "bench.md").write_text(write_report(runs), encoding="utf-8")
        draw_charts(runs[-1], docs / "images")


def _measure(name: str) -> Part:
    with ground() as servers:
        return _ON_GROUND[name](servers)


def _print_verdicts(run: Run) -> None:
    for verdict in judge(run):
        said = "met   " if verdict.is_met else "MISSED"
        print(f"{said} {verdict.bar.what}: {say(verdict)} ({say_limit(verdict.bar, verdict.unit)})")


def _read_words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", choices=TITLES, help="measure this part only")
    parser.add_argument("--label", default=_LABEL, help="the run's name; a name that exists is overwritten")
    parser.add_argument("--report", action="store_true", help="only write the report again")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
