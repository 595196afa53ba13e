"""The table of what was done and what was counted, and its place in docs/faults.md."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos.faults import Scale
from tests.chaos.scenarios import Outcome
from tests.processes import ROOT

PAPER = ROOT / "docs" / "faults.md"
_BEGIN, _END = "<!-- counted: begin -->", "<!-- counted: end -->"
HEAD = (
    "| fault | sent/s | acknowledged | refused | lost | doubled | violations | crashed | ended | well |",
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
)


def line(outcome: Outcome) -> str:
    """One row of the table."""
    verdict = outcome.verdict
    cells = (
        outcome.title,
        f"{outcome.rate:.0f}",
        f"{verdict.acknowledged:,}",
        f"{verdict.refused:,}",
        str(len(verdict.lost)),
        str(len(verdict.doubled)),
        str(len(verdict.violations) + len(verdict.findings)),
        str(verdict.crashed),
        f"{outcome.settled_s:.0f} s",
        f"{outcome.healthy_s:.0f} s",
    )
    return f"| {' | '.join(cells)} |"


def totals(outcomes: Sequence[Outcome]) -> str:
    """The last row: sums."""
    verdicts = [outcome.verdict for outcome in outcomes]
    sums = (
        f"{sum(verdict.acknowledged for verdict in verdicts):,}",
        f"{sum(verdict.refused for verdict in verdicts):,}",
        str(sum(len(verdict.lost) for verdict in verdicts)),
        str(sum(len(verdict.doubled) for verdict in verdicts)),
        str(sum(len(verdict.violations) + len(verdict.findings) for verdict in verdicts)),
        str(sum(verdict.crashed for verdict in verdicts)),
    )
    return f"| **together** | | {' | '.join(f'**{one}**' for one in sums)} | | |"


def write(outcomes: Sequence[Outcome], scale: Scale, *, took_s: float, paper: Path = PAPER) -> None:
    """Put the table into the paper, between its marks."""
    text = paper.read_text(encoding="utf-8")
    before, rest = text.split(_BEGIN)
    _, after = rest.split(_END)
    facts = (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {scale.rate}/s for {scale.seconds:.0f} s, "
        f"each fault up to {scale.repeats} times, {took_s / 60:.0f} minutes in all."
    )
    table = "\n".join((*HEAD, *(line(outcome) for outcome in outcomes), totals(outcomes)))
    paper.write_text(f"{before}{_BEGIN}\n{facts}\n\n{table}\n{_END}{after}", encoding="utf-8")
