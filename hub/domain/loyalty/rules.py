"""What a visit earns in cashback. Pure.

The rate applies to money: every payment but insurance and what was paid with points or cashback.
That base is split over the lines by largest remainder, so that it sums to the kopeck, and each
line's cashback is floored. A refund lowers its line's base by the returned share.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.contracts.facts import Payment, PaymentKind
from hub.kernel.money import BasisPoints, Points, part_floor, share_floor, split_exact

NOT_EARNING = frozenset({PaymentKind.INSURANCE, PaymentKind.POINTS, PaymentKind.CASHBACK})


@dataclass(frozen=True, slots=True)
class EarningLine:
    """One line of a bill: what it cost, and the part of it that earns, in kopecks."""

    line_no: int
    amount_kopecks: int
    base_kopecks: int


def earning_base(payments: Sequence[Payment], amounts_kopecks: Sequence[int]) -> int:
    """Sum the payments that earn; never more than the bill itself."""
    paid = sum(payment.amount_kopecks for payment in payments if payment.kind not in NOT_EARNING)
    return min(paid, sum(amounts_kopecks))


def split_base(base_kopecks: int, amounts_kopecks: Sequence[int]) -> list[int]:
    """Split the base over the lines in proportion to their amounts; Σ = base, each ≤ its line."""
    return split_exact(base_kopecks, amounts_kopecks)


def cashback_of(
    lines: Sequence[EarningLine], refunded_kopecks: Mapping[int, int], rate_bp: BasisPoints
) -> Points:
    """Compute the cashback of a visit after refunds (by line number), floored per line."""
    return Points(
        sum(share_floor(_base_left(line, refunded_kopecks.get(line.line_no, 0)), rate_bp) for line in lines)
    )


def _base_left(line: EarningLine, refunded_kopecks: int) -> int:
    kept = max(0, line.amount_kopecks - refunded_kopecks)
    return part_floor(line.base_kopecks, kept, line.amount_kopecks)
