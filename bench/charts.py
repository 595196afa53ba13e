"""Charts of the newest run, in the colours of the house: docs/images/bench-*.png."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from bench.bars import Verdict, judge, say, say_limit, say_number
from bench.measures import Part, Run, Series
from bench.report import TITLES

_PAPER, _INK, _QUIET, _RULE = "#fbf8f9", "#1f1a1e", "#6b6570", "#e4dde2"
_OURS, _YARDSTICK = "#c2185b", "#b5aeb5"
_MET, _MISSED = "#0b7562", "#c92a2a"
_STACKED = (
    *("#8f0d40", "#c2185b", "#e5779a", "#f4bcce", "#0b7562", "#54d7bb"),
    *("#6b6570", "#b5aeb5", "#e4c06a", "#5b7db1", "#1f1a1e", "#d9d2d8"),
)
_OUR_KEYS = ("hub", "paced", "batch")
_WIDTH, _ROW_HEIGHT, _DPI = 9.0, 0.52, 120
_MARGIN_HEIGHT = 1.35
_PADDING = 0.15
_BREAK_AT = 3.0
"""Bars that are met this many times over look alike."""


def draw_charts(run: Run, folder: Path) -> list[Path]:
    """Draw every chart of this run; give the files."""
    drawn = [_save(_draw_bars(judge(run)), folder / "bench-bars.png")]
    for name, part in run.parts.items():
        path = folder / f"bench-{name}.png"
        drawn.append(_save(_draw_memory(part) if name == "memory" else _draw_series(name, part), path))
    return drawn


def _draw_bars(verdicts: Sequence[Verdict]) -> Figure:
    """How many times each bar is met: 1 is the bar itself."""
    figure, axes = _paper(len(verdicts), "How far each bar is met (1 = the bar)")
    for row, verdict in enumerate(verdicts):
        colour = _MET if verdict.is_met else _MISSED
        shown = min(verdict.share, _BREAK_AT)
        axes.barh(row, shown, color=colour, height=0.5)
        told = f"{say(verdict)}   (bar {say_limit(verdict.bar, verdict.unit)})"
        label = axes.text(shown + 0.04, row, told, va="center", color=_INK, fontsize=9, zorder=4)
        label.set_bbox({"facecolor": _PAPER, "edgecolor": "none", "pad": 1})
    axes.axvline(1, color=_INK, linewidth=1)
    axes.set_xlim(0, _BREAK_AT + 1.6)
    axes.set_xticks([0, 0.5, 1, 1.5, 2, 2.5, _BREAK_AT])
    _name_rows(
        axes, [verdict.bar.what.replace("`", "").replace(", against", ",\nagainst") for verdict in verdicts]
    )
    return figure


def _draw_series(name: str, part: Part) -> Figure:
    """Medians as bars, every round as a dot."""
    shown = {key: series for key, series in part.series.items() if series.unit == "/s"} or part.series
    unit = next(iter(shown.values())).unit
    figure, axes = _paper(len(shown), f"{TITLES[name]}, {'per second' if unit == '/s' else unit}")
    for row, (key, series) in enumerate(shown.items()):
        axes.barh(row, series.median, color=_OURS if key.startswith(_OUR_KEYS) else _YARDSTICK, height=0.5)
        axes.scatter(series.rounds, [row] * len(series.rounds), s=14, color=_INK, alpha=0.65, zorder=3)
        right = max(series.rounds)
        axes.annotate(
            say_number(series.median),
            (right, row),
            (8, 0),
            textcoords="offset points",
            va="center",
            color=_INK,
        )
    axes.set_xlim(0, max(max(series.rounds) for series in shown.values()) * 1.15)
    _name_rows(axes, [series.title.replace(", ", ",\n", 1) for series in shown.values()])
    return figure


def _draw_memory(part: Part) -> Figure:
    """Every kind of process as a piece of the whole, idle and under load."""
    figure, axes = _paper(2, TITLES["memory"].split(",")[0] + ", MiB (PSS)", extra_height=1.0)
    kinds = [key.partition(": ")[2] for key in part.series if key.startswith("idle: ")]
    for row, state in enumerate(("idle", "loaded")):
        left = 0.0
        for kind, colour in zip(kinds, _STACKED, strict=False):
            width = _median_of(part.series.get(f"{state}: {kind}"))
            label = kind if row == 0 else None
            axes.barh(row, width, left=left, color=colour, height=0.5, label=label)
            left += width
        axes.text(left * 1.01, row, say_number(left), va="center", color=_INK)
    axes.set_xlim(0, max(part.series["loaded"].rounds) * 1.12)
    _name_rows(axes, ["idle", "under load"])
    axes.legend(loc="upper center", bbox_to_anchor=(0.45, -0.22), ncols=4, frameon=False, fontsize=8)
    return figure


def _median_of(series: Series | None) -> float:
    return series.median if series else 0.0


def _paper(rows: int, title: str, *, extra_height: float = 0.0) -> tuple[Figure, Axes]:
    figure = Figure(
        figsize=(_WIDTH, _MARGIN_HEIGHT + rows * _ROW_HEIGHT + extra_height),
        dpi=_DPI,
        facecolor=_PAPER,
        layout=ConstrainedLayoutEngine(h_pad=_PADDING, w_pad=_PADDING),
    )
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(facecolor=_PAPER)
    axes.set_title(title, loc="left", color=_INK, fontsize=12, fontweight="bold", pad=12)
    axes.grid(axis="x", color=_RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, colors=_QUIET, labelsize=9)
    axes.invert_yaxis()
    return figure, axes


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), list(names), color=_INK)


def _save(figure: Figure, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})
    return path
