"""What the hub should hold after any delivery, told a second time: messages sorted by the rule, plain dicts.

Nothing here asks the hub. The rule of order: a series of numbers is sorted by number,
its clock never runs back, and the series that reached the latest instant has the last word.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

Patient = Literal["P", "Q"]
Kind = Literal["visit", "cancel", "refund", "card", "merge"]


@dataclass(frozen=True)
class Message:
    """One message as 1C sends it. `minute` and `number` are what it says about its place in time."""

    kind: Kind
    name: str = ""
    """Of the refund document, or of the card."""
    patient: str = "P"
    amounts: tuple[int, ...] = ()
    """Kopecks: lines of a visit, or what a refund gives back line by line; a refund of () is of the whole."""
    is_live: bool = True
    is_recent: bool = False
    """Completed yesterday, so that the cashback still waits."""
    into: str = ""
    minute: int | None = 0
    number: int | None = None
    node: str = "UMC01"
    copy: int = 0
    """Other bytes that say the same."""

    @property
    def document(self) -> str:
        return {"visit": "V", "cancel": "V", "refund": f"R:{self.name}"}.get(self.kind, f"C:{self.name}")


@dataclass
class Expected:
    """What should be found in the end."""

    known: set[str] = field(default_factory=set)
    holder: dict[str, str] = field(default_factory=dict)
    """Card → the name of the person it means, the same for merged cards."""
    visit: Message | None = None
    """The visit's last word, if any came."""
    refunded: dict[int, int] = field(default_factory=dict)
    cashback: int = 0
    owner: str = ""
    may_park: set[Message] = field(default_factory=set)


def last_word(messages: Iterable[Message]) -> Message | None:
    """Sort as the rule says; `messages` in the order of their arrival, which settles what ties."""
    series: dict[str, list[tuple[int, int, int, Message]]] = {}
    for arrived, one in enumerate(messages):
        name = "" if one.number is None else f"#{one.node}"
        minute = arrived if one.minute is None else one.minute
        series.setdefault(name, []).append((one.number or 0, minute, arrived, one))
    ends = [(max(minute for _, minute, _, _ in own), max(own)[2], max(own)[3]) for own in series.values()]
    return max(ends, default=(0, 0, None))[2]


def expect(arrived: list[Message]) -> Expected:
    """Apply everything that arrived, in this order, to plain dicts."""
    found = Expected()
    _know_cards(found, arrived)
    visits = [one for one in arrived if one.kind in {"visit", "cancel"}]
    told = [one for one in visits if one.kind == "cancel" or not one.is_live or one.patient in found.known]
    found.may_park |= set(visits) - set(told)
    found.visit = last_word(told)
    refunds = [one for one in arrived if one.kind == "refund"]
    if found.visit is None:
        found.may_park |= set(refunds)
        return found
    _give_back(found, refunds)
    if found.visit.kind == "visit" and found.visit.is_live:
        found.owner = found.holder[found.visit.patient]
        found.cashback = sum(
            max(0, amount - found.refunded.get(number, 0)) * 5 // 100
            for number, amount in enumerate(found.visit.amounts, 1)
        )
    return found


def _know_cards(found: Expected, arrived: list[Message]) -> None:
    found.known = {one.name for one in arrived if one.kind == "card"}
    merges = {(one.name, one.into) for one in arrived if one.kind == "merge"}
    for _ in merges:
        found.known |= {name for name, into in merges if into in found.known}
    found.holder = {name: name for name in found.known}
    for name, into in merges:
        if name in found.known and into in found.known:
            old, new = found.holder[name], found.holder[into]
            found.holder = {card: new if person == old else person for card, person in found.holder.items()}
    found.may_park |= {one for one in arrived if one.kind == "merge" and one.into not in found.known}


def _give_back(found: Expected, refunds: list[Message]) -> None:
    assert found.visit is not None
    ends = [last_word([one for one in refunds if one.name == name]) for name in {one.name for one in refunds}]
    for end in ends:
        if end is not None and end.is_live:
            for number, amount in enumerate(end.amounts or found.visit.amounts, 1):
                found.refunded[number] = found.refunded.get(number, 0) + amount


def copies(message: Message, count: int) -> list[Message]:
    """The message and its repetitions: the same bytes, and the same in other bytes."""
    return [replace(message, copy=number // 2) for number in range(count)]
