"""`make chaos`: every fault at full scale, one after another, and the table into docs/faults.md.

`python -m tests.chaos [--short] [name …]` runs some and writes nothing.
"""

import argparse
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from tests.chaos import report
from tests.chaos.faults import Scale
from tests.chaos.ground import make_ground
from tests.chaos.scenarios import LONG, SCENARIOS, SHORT, Outcome, run
from tools.stack.errors import StackError


def main() -> int:
    """Run, print each row when it is known; 1 when any scenario was not sound."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(SCENARIOS))
    parser.add_argument("--short", action="store_true", help="the scale of the tests")
    asked = parser.parse_args()
    if unknown := set(asked.names) - SCENARIOS.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    scale = SHORT if asked.short else LONG
    names = asked.names or list(SCENARIOS)
    started = time.monotonic()
    print(*report.HEAD, sep="\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="hub-chaos-", ignore_cleanup_errors=True) as temporary:
        outcomes = _run_all(names, scale, Path(temporary))
    is_sound = len(outcomes) == len(names) and all(one.verdict.is_sound for one in outcomes)
    if is_sound and not asked.names and not asked.short:
        report.write(outcomes, scale, took_s=time.monotonic() - started)
    return 0 if is_sound else 1


def _run_all(names: Sequence[str], scale: Scale, home: Path) -> list[Outcome]:
    """Run one after another; a scenario that breaks off is shown, and missing in the result."""
    home.chmod(0o755)
    (home / "ground").mkdir()
    ground = make_ground(home / "ground")
    outcomes = []
    for name in names:
        folder = home / name
        folder.mkdir()
        try:
            outcome = run(name, scale, ground=ground, folder=folder)
        except (AssertionError, OSError, StackError):
            print(f"| {SCENARIOS[name].title} | failed |", flush=True)
            traceback.print_exc()
            continue
        print(report.line(outcome), flush=True)
        if not outcome.verdict.is_sound:
            print(outcome.verdict.describe(), flush=True)
        outcomes.append(outcome)
    return outcomes


if __name__ == "__main__":
    sys.exit(main())
