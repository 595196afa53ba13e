"""`python -m bench`: measure, keep, report. docs/bench.md says how to read what it writes."""

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench import intake, latency, ledger, memory, road
from bench.bars import judge, say, say_limit
from bench.charts import draw_charts
from bench.ground import ROOT, Ground, ground
from bench.machine import busy_share, describe_machine
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
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that everything is stopped
    kept = DOCS / "bench.json"
    if not words.report:
        machine = describe_machine()
        for name, part in _measure(words.only or list(TITLES)):
            keep_part(kept, label=words.label, machine=machine, name=name, part=part)
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


def _measure(names: Sequence[str]) -> Iterator[tuple[str, Part]]:
    """Measure the parts that share one ground, then the stack, which brings its own servers."""
    on_ground = [name for name in _ON_GROUND if name in names]
    if on_ground:
        with ground() as servers:
            for name in on_ground:
                yield name, _timed(name, partial(_ON_GROUND[name], servers))
    if _MEMORY in names:
        yield _MEMORY, _timed(_MEMORY, memory.run)


def _timed(name: str, measure: Callable[[], Part]) -> Part:
    print(f"{name}: measuring…", flush=True)
    started_at_s = time.monotonic()
    before = busy_share()
    part = measure()
    after = busy_share()
    print(f"{name}: {time.monotonic() - started_at_s:.0f} s", flush=True)
    remark = f"Other work on the machine took {before:.0%} of its cores just before, {after:.0%} just after."
    return replace(part, remarks=[*part.remarks, remark])


def _print_verdicts(run: Run) -> None:
    for verdict in judge(run):
        said = "met   " if verdict.is_met else "MISSED"
        print(f"{said} {verdict.bar.what}: {say(verdict)} ({say_limit(verdict.bar, verdict.unit)})")


def _read_words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=TITLES, help="measure these parts only")
    parser.add_argument("--label", default=_LABEL, help="the run's name; a name that exists is overwritten")
    parser.add_argument("--report", action="store_true", help="only write the report again")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
