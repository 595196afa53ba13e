"""The report: docs/bench.md out of the runs that docs/bench.json holds. Writes; measures nothing."""

from collections.abc import Iterable, Sequence

from bench.bars import Verdict, judge, ratios, say, say_limit, say_number
from bench.measures import Part, Run, Series

TITLES = {
    "intake": "Intake: webhooks kept",
    "road": "The road: inbox rows to posted cashback",
    "latency": "Latency: a webhook to its committed effect",
    "ledger": "Ledger: accruals in batches",
    "memory": "Memory of the whole stack, and its start",
}
_YARDSTICK = {"intake": "one_insert", "road": "no_op", "ledger": "pgbench"}
"""What the last column of a part's table divides by."""
_HEAD = """# Benchmarks

`make bench` measures everything within a quarter of an hour, on servers of its own, and writes this page,
its charts and [bench.json](bench.json) (every round's number). `make bench ONLY=road` measures one part,
`make bench LABEL=hardened` puts what it measures under a name, so that runs stand side by side;
`.venv/bin/python -m bench --report` draws the page again without measuring.

Speeds depend on the machine; ratios much less. Ours and the yardsticks therefore run in turn, round by round,
on the same servers, and a ratio is the median of the rounds' own ratios. The range is lowest … highest round.
"""


def write_report(runs: Sequence[Run]) -> str:
    """Write the page about the newest run, with the older ones beside it. Raises: ValueError without runs."""
    if not runs:
        raise ValueError("no runs to report")
    newest = runs[-1]
    blocks = [
        _HEAD,
        f"## Bars: {newest.label}\n\n![How far each bar is met](images/bench-bars.png)\n",
        _table(("what", "bar", "reached", "range", "verdict"), map(_bar_row, judge(newest))),
        *([_write_comparison(runs)] if len(runs) > 1 else []),
        *(_write_part(name, newest.parts[name]) for name in TITLES if name in newest.parts),
        _write_machine(runs),
    ]
    return "\n".join(blocks)


def _bar_row(verdict: Verdict) -> tuple[str, ...]:
    spread = f"{say_number(verdict.lowest)} … {say_number(verdict.highest)}"
    said = "met" if verdict.is_met else f"**missed**, {verdict.share:.0%} of the bar"
    return verdict.bar.what, say_limit(verdict.bar, verdict.unit), say(verdict), spread, said


def _write_comparison(runs: Sequence[Run]) -> str:
    """Set every bar's value of every run side by side."""
    judged = [{verdict.bar: verdict for verdict in judge(run)} for run in runs]
    bars = [verdict.bar for verdict in judge(runs[-1])]
    rows = [
        (bar.what, *(f"{say(by_bar[bar])}" if bar in by_bar else "—" for by_bar in judged)) for bar in bars
    ]
    table = _table(("what", *(run.label for run in runs)), rows)
    return f"## Before and after\n\n{table}"


def _write_part(name: str, part: Part) -> str:
    shown = {key: series for key, series in part.series.items() if series.unit == "/s"} or part.series
    yardstick = _YARDSTICK.get(name)
    head = ("series", "median", "range", *((f"× {part.series[yardstick].title}",) if yardstick else ()))
    rows = [_series_row(part, key, series, yardstick) for key, series in shown.items()]
    blocks = [
        f"## {TITLES[name]}\n\n![{TITLES[name]}](images/bench-{name}.png)\n",
        _table(head, rows),
    ]
    delays = [
        series for series in part.series.values() if series.unit == "ms" and series not in shown.values()
    ]
    if delays:
        blocks.append(
            _table(("delay", "median", "range"), [(s.title, _median(s), _range(s)) for s in delays])
        )
    blocks += [f"- {remark}" for remark in part.remarks]
    blocks.append(f"- Measured {part.taken_at}; again: `make bench ONLY={name}`.\n")
    return "\n".join(blocks)


def _series_row(part: Part, key: str, series: Series, yardstick: str | None) -> tuple[str, ...]:
    row = (series.title, _median(series), _range(series))
    if yardstick is None:
        return row
    times = Series("", "", ratios(part, key, yardstick))
    return (*row, f"{say_number(times.median)}" if key != yardstick else "1")


def _median(series: Series) -> str:
    return f"{say_number(series.median)} {series.unit}"


def _range(series: Series) -> str:
    return f"{say_number(min(series.rounds))} … {say_number(max(series.rounds))}"


def _write_machine(runs: Sequence[Run]) -> str:
    lines = [
        f"- **{run.label}**: {', '.join(f'{name} {value}' for name, value in run.machine.items())}"
        for run in runs
    ]
    return "\n".join(["## Where it was measured", "", *lines, ""])


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
