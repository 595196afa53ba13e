"""Amounts are integers that never mix: kopecks, hundredths of a point, basis points.

Rounding has a name and a side: `share_floor` grants down, `split_exact` always sums to the whole.
Decimal exists only at the border, in the two functions that read what people and strangers write.
"""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import NewType

Kopecks = NewType("Kopecks", int)
Points = NewType("Points", int)
"""Hundredths of a point (POINTS or CASHBACK); one point pays one rouble."""
BasisPoints = NewType("BasisPoints", int)


class Asset(StrEnum):
    """What the ledger counts."""

    POINTS = "POINTS"
    CASHBACK = "CASHBACK"
    CERT_RUB = "CERT_RUB"
    CPA_RUB = "CPA_RUB"


AMOUNT_MAX = 10**13
"""A hundred milliard roubles in kopecks: far above any bill, far below bigint."""
_WHOLE = BasisPoints(10_000)


class AmountInvalidError(ValueError):
    """The text is not an amount with at most two decimals, or it is out of range."""


def share_floor(amount: int, rate_bp: BasisPoints) -> int:
    """Take `rate_bp` of the amount, rounded down: the programme never grants a fraction up."""
    return amount * rate_bp // _WHOLE


def part_floor(amount: int, part: int, whole: int) -> int:
    """Take `part`/`whole` of the amount, rounded down; nothing of a whole of zero."""
    return amount * part // whole if whole else 0


def split_exact(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` by the weights with largest remainders, ties to the lower index; Σ = total.

    Raises: ValueError when a weight or the total is negative. All weights zero: the first takes all.
    """
    if total < 0 or any(weight < 0 for weight in weights):
        raise ValueError("negative share")
    whole = sum(weights)
    if not weights or whole == 0:
        return [total if index == 0 else 0 for index in range(len(weights))]
    shares = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: (-(total * weights[index] % whole), index))
    for index in by_remainder[: total - sum(shares)]:
        shares[index] += 1
    return shares


def parse_amount(value: object) -> int:
    """Read a positive amount of the public API as hundredths: a string or number, ≤ 2 decimals.

    Raises: AmountInvalidError for anything else, zero and negative amounts included.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise AmountInvalidError
    if isinstance(value, int) and value > AMOUNT_MAX:  # Python refuses to write thousands of digits
        raise AmountInvalidError
    amount = _hundredths(str(value).strip())
    if amount != amount.to_integral_value() or not 0 < amount <= AMOUNT_MAX:
        raise AmountInvalidError
    return int(amount)


def parse_onec_amount(text: str) -> tuple[int, bool]:
    """Read 1C's number (blanks, NBSP, comma) as hundredths, half-up; says whether it was rounded.

    Raises: AmountInvalidError.
    """
    cleaned = text.translate(_GROUPING).replace(",", ".")
    amount = _hundredths(cleaned)
    rounded = amount.to_integral_value(rounding=ROUND_HALF_UP)
    if abs(rounded) > AMOUNT_MAX:
        raise AmountInvalidError
    return int(rounded), rounded != amount


def format_amount(hundredths: int) -> str:
    """Write hundredths as the wire's string with two decimals: 13750 → "137.50"."""
    sign = "-" if hundredths < 0 else ""
    whole, rest = divmod(abs(hundredths), 100)
    return f"{sign}{whole}.{rest:02d}"


def _hundredths(text: str) -> Decimal:
    if not _PLAIN.fullmatch(text):
        raise AmountInvalidError
    return Decimal(text) * 100


_GROUPING = {ord(blank): None for blank in (" ", "\u00a0", "\u202f", "\u2009")}
_PLAIN = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,10})?")
"""No exponents, no underscores, no infinities: what a person would call a number."""
