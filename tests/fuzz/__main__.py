"""`make fuzz`: a million bodies through the real door, samples of them to their end; then the guided fuzzer.

python -m tests.fuzz run [--bodies N] [--seed S] [--first K] [--drain-one-in D] [--guided-seconds T]
python -m tests.fuzz replay FILE…        a finding, or any file as a bare body
"""

import argparse
import asyncio
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tests.conftest import ROOT
from tests.fuzz import findings as found
from tests.fuzz.bodies import numbered
from tests.fuzz.campaign import Campaign, Named, table
from tests.fuzz.door import open_door
from tests.fuzz.findings import Findings
from tests.fuzz.ground import prepared_ground
from tests.fuzz.road import Listener

ROUND = 5_000
LAWS_EVERY = 10
SEED = 20260501
FOLDER = ROOT / ".local" / "fuzz"


def main() -> int:
    """Read the command line, run, and give the exit code: 1 when a law was broken."""
    chosen = _arguments()
    findings = Findings(chosen.folder)
    if chosen.command == "replay":
        bodies = iter([(path.name, found.read(path)) for path in chosen.files])
        asyncio.run(_campaign(bodies, findings, laws_every=1, drain_one_in=1, planned=len(chosen.files)))
        return 1 if findings.count else 0
    numbers = range(chosen.first, chosen.first + chosen.bodies)
    bodies = ((str(number), numbered(chosen.seed, number)) for number in numbers)
    _say(f"{chosen.bodies:,} bodies from number {chosen.first}, seed {chosen.seed}, rounds of {ROUND}")
    one_in = chosen.drain_one_in
    asyncio.run(
        _campaign(bodies, findings, laws_every=LAWS_EVERY, drain_one_in=one_in, planned=chosen.bodies)
    )
    guided = _run_guided(chosen.guided_seconds, findings.folder)
    return 1 if findings.count or guided else 0


async def _campaign(
    bodies: Iterator[Named], findings: Findings, *, laws_every: int, drain_one_in: int, planned: int
) -> None:
    with prepared_ground() as ground:
        async with open_door() as door:
            listener = Listener()
            with listener.listening():
                campaign = Campaign(door, ground, listener, findings, _say, laws_every=laws_every)
                number = 0
                while (batch := list(islice(bodies, min(ROUND, planned)))) and not findings.is_enough:
                    await campaign.run_round(batch, is_drained=number % drain_one_in == 0)
                    number += 1
                    _say_progress(campaign, planned)
            _say(table(campaign.tally, findings))


def _say_progress(campaign: Campaign, planned: int) -> None:
    tally = campaign.tally
    _say(
        f"{tally.bodies:>9,} of {planned:,}  {tally.bodies / tally.seconds:>6,.0f}/s  "
        f"{dict(sorted(tally.statuses.items()))}  drained {tally.drained:,}  "
        f"findings {campaign.findings.count}"
    )


def _run_guided(seconds: int, folder: Path) -> int:
    """Run the coverage-guided fuzzer in a process of its own: it instruments imports and never returns."""
    if not seconds:
        return 0
    if importlib.util.find_spec("atheris") is None:
        _say("guided: atheris has no wheel for this platform, left out")
        return 0
    return subprocess.run(
        [sys.executable, "-m", "tests.fuzz.guided", str(seconds), str(folder)], cwd=ROOT, check=False
    ).returncode


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run")
    run.add_argument("--bodies", type=int, default=1_000_000)
    run.add_argument("--seed", type=int, default=SEED)
    run.add_argument("--first", type=int, default=0)
    run.add_argument("--drain-one-in", type=int, default=10, help="rounds: 1 drains everything")
    run.add_argument("--guided-seconds", type=int, default=120)
    replay = commands.add_parser("replay")
    replay.add_argument("files", nargs="+", type=Path)
    for command in (run, replay):
        command.add_argument("--folder", type=Path, default=FOLDER)
    return parser.parse_args()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
