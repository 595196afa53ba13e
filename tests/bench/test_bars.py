import pytest

from bench.bars import judge, say, say_limit, say_number
from tests.bench.numbers import FAST, SLOW, memory, road, run


def test_a_ratio_is_the_median_of_the_ratios_of_each_round() -> None:
    # The third round was slow for both: dividing medians would say 2.
    part = road([900, 1_000, 100], no_op=[300, 500, 20], single=[1, 1, 1])
    verdict = judge(run("now", road=part))[0]
    assert (verdict.reached, verdict.lowest, verdict.highest) == (3.0, 2.0, 5.0)


def test_a_ratio_at_its_bar_is_met_and_below_it_missed() -> None:
    at_bar = road([5_000], no_op=[1_000], single=[500])
    below = road([4_999], no_op=[1_000], single=[500])
    assert [verdict.is_met for verdict in judge(run("now", road=at_bar))] == [True, True]
    assert [verdict.is_met for verdict in judge(run("now", road=below))] == [False, False]


def test_memory_under_load_is_judged_by_its_highest_sample_and_idle_by_its_median() -> None:
    part = memory(idle=[900, 1_000, 5_000], loaded=[1_000, 1_000, 2_049], starts_s=[5])
    idle, loaded, start = judge(run("now", memory=part))
    assert (idle.reached, idle.is_met) == (1_000, True)
    assert (loaded.reached, loaded.is_met) == (2_049, False)
    assert (start.reached, start.is_met) == (5, True)


def test_the_share_says_how_much_of_the_bar_was_reached_in_both_directions() -> None:
    twice, _ = judge(run("now", road=SLOW))
    assert twice.share == pytest.approx(0.4)
    _, loaded, _ = judge(run("now", memory=memory(idle=[1], loaded=[4_096], starts_s=[1])))
    assert loaded.share == pytest.approx(0.5)


def test_only_measured_parts_are_judged() -> None:
    assert {verdict.bar.part for verdict in judge(run("now", road=FAST))} == {"road"}


def test_a_verdict_is_said_with_its_unit_and_its_limit_with_its_side() -> None:
    ratio, _ = judge(run("now", road=SLOW))
    idle, _, _ = judge(run("now", memory=memory(idle=[812.5], loaded=[1], starts_s=[1])))
    assert (say(ratio), say_limit(ratio.bar, ratio.unit)) == ("2 ×", "≥ 5 ×")
    assert (say(idle), say_limit(idle.bar, idle.unit)) == ("812 MiB", "≤ 1,024 MiB")


@pytest.mark.parametrize(
    ("number", "said"), [(0.834, "0.83"), (5.0, "5"), (18.52, "18.5"), (1416.8, "1,417")]
)
def test_a_number_has_as_many_digits_as_it_deserves(number: float, said: str) -> None:
    assert say_number(number) == said
