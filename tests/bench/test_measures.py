from pathlib import Path

import pytest

from bench.measures import keep_part, percentile, read_runs
from tests.bench.numbers import FAST, MACHINE, SLOW, memory, run


def keep(path: Path, label: str, name: str, part: object) -> None:
    keep_part(path, label=label, machine=MACHINE, name=name, part=part)  # type: ignore[arg-type]  # given as a Part


def test_what_was_kept_is_read_back_unchanged(tmp_path: Path) -> None:
    keep(tmp_path / "bench.json", "before", "road", FAST)
    assert read_runs(tmp_path / "bench.json") == [run("before", road=FAST)]


def test_measuring_one_part_again_replaces_it_and_keeps_the_others(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    kept = memory(idle=[1], loaded=[2], starts_s=[3])
    keep(path, "now", "road", SLOW)
    keep(path, "now", "memory", kept)
    keep(path, "now", "road", FAST)
    assert read_runs(path) == [run("now", road=FAST, memory=kept)]


def test_a_new_label_is_a_new_run_and_the_older_one_stays_first(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    keep(path, "before", "road", SLOW)
    keep(path, "after", "road", FAST)
    keep(path, "before", "road", FAST)
    assert [each.label for each in read_runs(path)] == ["before", "after"]


def test_no_file_is_no_runs(tmp_path: Path) -> None:
    assert read_runs(tmp_path / "bench.json") == []


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([1.0], 0.99, 1.0),
        (list(range(1, 101)), 0.99, 99),
        (list(range(1, 101)), 0.5, 50),
        ([3, 1, 2], 1.0, 3),
    ],
)
def test_a_percentile_is_the_least_value_that_this_share_does_not_exceed(
    values: list[float], share: float, expected: float
) -> None:
    assert percentile(values, share) == expected
