"""What the hub must hold for the messages that it kept, computed without any of its code.

The last version of each document by message number decides, whatever came when; a version whose
patient's card never came waits and counts for nothing, and so does a refund whose visit never came.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import pairwise

from tests.chaos.story import Message

_RATE_BP = 500
"""The base tier: 5 %."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What must be found."""

    cashback: dict[tuple[str, str], int]
    """Hundredths by visit and patient, zeros left out."""
    last_no: dict[str, int]
    """The version at which each visit stands."""
    parked: frozenset[str]
    """Ids of events that rightly wait."""
    received_no: int
    gaps: tuple[tuple[int, int], ...]

    def by_patient(self) -> Counter[str]:
        """Sum the cashback of each patient."""
        sums: Counter[str] = Counter()
        for (_, patient), amount in self.cashback.items():
            sums[patient] += amount
        return sums


def expect(kept: Iterable[Message], *, dead: Collection[str] = ()) -> Expected:
    """Compute it; `dead` = ids of events that the scenario means to be buried."""
    messages = list(kept)
    cards = {message.document for message in messages if message.kind == "card"}
    heard = [message for message in messages if message.event_id not in dead]
    parked = {message for message in heard if message.patient and message.patient not in cards}
    visits = _last(
        (message.document, message)
        for message in heard
        if message.kind in {"visit", "cancel"} and message not in parked
    )
    parked |= {message for message in heard if message.kind == "refund" and message.document not in visits}
    refunded = _refunded(message for message in heard if message.kind == "refund" and message not in parked)
    cashback = {
        (visit, last.patient): amount
        for visit, last in visits.items()
        if (amount := _cashback(last, refunded[visit]))
    }
    numbers = sorted({message.message_no for message in messages})
    gaps = [(left + 1, right - 1) for left, right in pairwise(numbers) if right > left + 1]
    return Expected(
        cashback=cashback,
        last_no={visit: last.message_no for visit, last in visits.items()},
        parked=frozenset(message.event_id for message in parked),
        received_no=gaps[0][0] - 1 if gaps else max(numbers, default=0),
        gaps=tuple(gaps),
    )


def _last(versions: Iterable[tuple[str, Message]]) -> dict[str, Message]:
    last: dict[str, Message] = {}
    for name, message in versions:
        if name not in last or message.message_no > last[name].message_no:
            last[name] = message
    return last


def _refunded(refunds: Iterable[Message]) -> defaultdict[str, Counter[int]]:
    by_visit: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for refund in _last((message.refund, message) for message in refunds).values():
        if refund.is_live:
            by_visit[refund.document].update(dict(refund.refunded))
    return by_visit


def _cashback(visit: Message, refunded: Counter[int]) -> int:
    """Floored per line, of what is left of it."""
    if not visit.is_live:
        return 0
    return sum(
        max(0, amount - refunded[line_no]) * _RATE_BP // 10_000
        for line_no, amount in enumerate(visit.amounts, 1)
    )
