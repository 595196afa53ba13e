"""Amounts: rounding has a side, splits sum to the whole, and texts are read strictly."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.kernel.money import (
    AMOUNT_MAX,
    AmountInvalidError,
    BasisPoints,
    format_amount,
    parse_amount,
    parse_onec_amount,
    part_floor,
    share_floor,
    split_exact,
)

amounts = st.integers(min_value=0, max_value=AMOUNT_MAX)
weights = st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=30)


@settings(deadline=None)
@given(total=amounts, parts=weights)
def test_a_split_sums_to_the_whole(total: int, parts: list[int]) -> None:
    assert sum(split_exact(total, parts)) == total


@settings(deadline=None)
@given(total=amounts, parts=weights.filter(any))
def test_each_share_of_a_split_is_within_one_of_its_exact_part(total: int, parts: list[int]) -> None:
    whole = sum(parts)
    for share, weight in zip(split_exact(total, parts), parts, strict=True):
        assert abs(share * whole - total * weight) < whole
        assert share == 0 or weight > 0


@settings(deadline=None)
@given(total=amounts, parts=weights)
def test_an_equal_or_greater_weight_before_never_gets_less(total: int, parts: list[int]) -> None:
    in_order = sorted(parts, reverse=True)
    shares = split_exact(total, in_order)
    assert shares == sorted(shares, reverse=True)


def test_ties_of_a_split_go_to_the_lower_line() -> None:
    assert split_exact(10, [1, 1, 1]) == [4, 3, 3]
    assert split_exact(2, [1, 1, 1]) == [1, 1, 0]


def test_a_split_without_weight_gives_all_to_the_first() -> None:
    assert split_exact(7, [0, 0]) == [7, 0]
    assert split_exact(7, []) == []


@pytest.mark.parametrize(("total", "parts"), [(-1, [1]), (1, [1, -1])])
def test_a_negative_share_is_refused(total: int, parts: list[int]) -> None:
    with pytest.raises(ValueError, match="negative"):
        split_exact(total, parts)


@settings(deadline=None)
@given(amount=amounts, rate=st.integers(min_value=0, max_value=10_000))
def test_a_share_is_rounded_down_and_never_exceeds_its_amount(amount: int, rate: int) -> None:
    share = share_floor(amount, BasisPoints(rate))
    assert share * 10_000 <= amount * rate < (share + 1) * 10_000
    assert share <= amount


def test_a_part_of_nothing_is_nothing() -> None:
    assert part_floor(100, 1, 0) == 0
    assert part_floor(100, 2, 3) == 66


@settings(deadline=None)
@given(amount=st.integers(min_value=1, max_value=AMOUNT_MAX))
def test_an_amount_survives_the_wire(amount: int) -> None:
    assert parse_amount(format_amount(amount)) == amount


@pytest.mark.parametrize(
    ("hundredths", "text"),
    [(0, "0.00"), (5, "0.05"), (13_750, "137.50"), (-5, "-0.05"), (-13_750, "-137.50")],
)
def test_amounts_are_written_with_two_decimals(hundredths: int, text: str) -> None:
    assert format_amount(hundredths) == text


@pytest.mark.parametrize(
    ("given_value", "hundredths"),
    [("137.5", 13_750), (137.5, 13_750), (1, 100), (Decimal("0.01"), 1), (" 2.00 ", 200), ("+3", 300)],
)
def test_strings_and_numbers_are_amounts(given_value: object, hundredths: int) -> None:
    assert parse_amount(given_value) == hundredths


@pytest.mark.parametrize(
    "given_value",
    [
        *(0, "0", "0.00", -1, "-0.01", 0.001, "1.005", "137.501", 0.1 + 0.2),
        *("", " ", ".5", "5.", "1,50", "1 000", "1_000", "1e3", "0x10", "१२", "１２", "五", "+-1", "1.2.3"),
        *("NaN", "Infinity", float("nan"), float("inf"), 1e22, Decimal("1E+3"), "1" * 21),
        *(True, None, [], {}, b"1", AMOUNT_MAX + 1, str(AMOUNT_MAX), "100000000000.01"),
        pytest.param(10**5000, id="thousands-of-digits"),
    ],
)
def test_anything_else_is_no_amount(given_value: object) -> None:
    with pytest.raises(AmountInvalidError):
        parse_amount(given_value)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("1 700,00", (170_000, False)),
        ("1\u00a0700.5", (170_050, False)),
        ("1\u202f234\u2009567,89", (123_456_789, False)),
        ("0,005", (1, True)),
        ("-0,005", (-1, True)),
        ("1.004", (100, True)),
        ("0", (0, False)),
    ],
)
def test_a_number_of_1c_is_rounded_half_up_and_flagged(text: str, read: tuple[int, bool]) -> None:
    assert parse_onec_amount(text) == read


@pytest.mark.parametrize("text", ["", "много", "1,2,3", "1e5", "NaN", "1\n", str(AMOUNT_MAX)])
def test_what_1c_cannot_mean_is_refused(text: str) -> None:
    with pytest.raises(AmountInvalidError):
        parse_onec_amount(text)
