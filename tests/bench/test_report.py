from pathlib import Path

import pytest
from matplotlib.image import imread

from bench.__main__ import report_runs
from bench.report import write_report
from tests.bench.numbers import FAST, SLOW, memory, run

MEMORY = memory(idle=[800, 810, 820], loaded=[900, 950], starts_s=[5.5, 6, 7])


def test_the_table_of_bars_says_what_was_reached_how_far_it_spread_and_whether_it_is_met() -> None:
    page = write_report([run("hardened", road=FAST)])
    assert "## Bars: hardened" in page
    assert "| inbox row to posted cashback, against raw Celery no-ops | ≥ 5 × | 6 × | 5 … 7 | met |" in page


def test_a_missed_bar_says_how_much_of_it_was_reached() -> None:
    page = write_report([run("now", road=SLOW)])
    assert "| ≥ 5 × | 2 × | 2 … 2 | **missed**, 40% of the bar |" in page


def test_earlier_runs_stand_beside_the_newest_and_only_with_what_they_measured() -> None:
    page = write_report([run("road landed", road=SLOW), run("hardened", road=FAST, memory=MEMORY)])
    assert "## Bars: hardened" in page
    assert "| what | road landed | hardened |" in page
    assert "| inbox row to posted cashback, against raw Celery no-ops | 2 × | 6 × |" in page
    assert "| whole stack, idle | — | 810 MiB |" in page


def test_a_single_run_has_nothing_to_be_compared_with() -> None:
    assert "Before and after" not in write_report([run("now", road=FAST)])


def test_each_part_has_its_series_its_ratios_its_remarks_and_its_command() -> None:
    page = write_report([run("now", road=FAST)])
    assert "| series | median | range | × raw Celery no-op tasks |" in page
    assert "| hub: nudge and drain | 6,000 /s | 5,000 … 7,000 | 6 |" in page
    assert "| raw Celery no-op tasks | 1,000 /s | 1,000 … 1,000 | 1 |" in page
    assert "- A remark." in page
    assert "`make bench ONLY=road`" in page


def test_a_report_without_runs_is_refused() -> None:
    with pytest.raises(ValueError, match="no runs"):
        write_report([])


def test_the_page_names_only_charts_that_were_drawn_and_they_are_pictures(tmp_path: Path) -> None:
    report_runs([run("now", road=FAST, memory=MEMORY)], tmp_path)
    page = (tmp_path / "bench.md").read_text(encoding="utf-8")
    drawn = sorted((tmp_path / "images").iterdir())
    assert [path.name for path in drawn] == ["bench-bars.png", "bench-memory.png", "bench-road.png"]
    assert all(f"images/{path.name}" in page for path in drawn)
    assert page.count("](images/") == len(drawn)
    assert all(imread(path).shape[1] == 1080 for path in drawn)
