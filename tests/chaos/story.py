"""A day of a chain of clinics, as the webhooks that 1C would send; the same for the same seed.

Every message has its number in the order in which things happened in 1C; the order of sending differs.
Most visits are sent once, some are edited, withdrawn, posted again, refunded, moved to another patient,
sent twice to the byte or twice in content, and some come before the card of their patient.
"""

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from tests.factories.onec import cancel_event, patient_event, refund_event, visit_event

Kind = Literal["card", "visit", "cancel", "refund", "unknown"]
_PATIENTS = 60
_LATE_SHARE = 0.15
_ARRAY_SHARE = 0.03
_ARRAY_LENGTH = 4
_CHANGES = ("edit", "edit", "move", "again", "cancel", "repost")
_ZONE = ZoneInfo("Europe/Moscow")
_PENDING_DAYS = 14
"""The hub's own default: cashback of a visit can be spent so many days later."""


@dataclass(frozen=True, slots=True)
class Message:
    """One event of 1C, and what the reference model must know of it."""

    kind: Kind
    event_id: str
    message_no: int
    document: str
    """Reference of the visit, or of the card."""
    patient: str = ""
    amounts: tuple[int, ...] = ()
    """Kopecks by line, all paid by card."""
    is_live: bool = True
    refund: str = ""
    """Reference of the refund's own document."""
    refunded: tuple[tuple[int, int], ...] = ()
    """Line number and kopecks."""
    mark: str = ""
    """What a rigged worker does on seeing it; it stands in the body, in a field that the hub drops."""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Webhook:
    """One call: its messages, and when after the start of the load it is due."""

    at_s: float
    messages: tuple[Message, ...]

    @property
    def body(self) -> bytes:
        """A bare event, or an array of them."""
        if len(self.messages) == 1:
            return self.messages[0].body
        return b"[" + b",".join(message.body for message in self.messages) + b"]"


@dataclass(frozen=True, slots=True)
class _Told:
    """A message with the instant at which it happened in 1C, and how much later it is sent."""

    at: float
    delay: float
    message: Message
    event: dict[str, Any]


class Author:
    """Writes the day. `marks`: how many visits carry which mark."""

    def __init__(self, seed: int, *, seconds: float, now: datetime, marks: Mapping[str, int]) -> None:
        self._random = random.Random(seed)
        self._seconds = seconds
        self._now = now
        self._marks = [mark for mark, count in marks.items() for _ in range(count)]
        self._patients = [self._guid() for _ in range(_PATIENTS)]
        self._late = frozenset(self._patients[: int(_PATIENTS * _LATE_SHARE)])

    def write(self, webhooks: int) -> list[Webhook]:
        """Write about so many webhooks, evenly paced."""
        told = list(self._cards())
        while len(told) * 1.15 < webhooks:
            told += self._visit(self._marks.pop() if self._marks else "")
        told.sort(key=lambda one: one.at)
        numbered = [
            replace(one, message=_numbered(one.message, one.event, number))
            for number, one in enumerate(told, 1)
        ]
        copies = [
            replace(one, delay=one.delay + self._between(0, 0.4))
            for one in numbered
            for _ in range(self._random.choice((0,) * 9 + (1, 2)))
        ]
        # The first number that ever comes is the floor of the sequence: it is sent alone, before all.
        prologue, *rest = numbered
        rest = sorted([*rest, *copies], key=lambda one: one.at + one.delay)
        calls = [(prologue.message,), *self._calls([one.message for one in rest])]
        return [
            Webhook(number * self._seconds / len(calls), messages) for number, messages in enumerate(calls)
        ]

    def _calls(self, messages: list[Message]) -> Iterator[tuple[Message, ...]]:
        """Some calls bring several events."""
        while messages:
            length = _ARRAY_LENGTH if self._random.random() < _ARRAY_SHARE else 1
            yield tuple(messages[:length])
            del messages[:length]

    def _cards(self) -> Iterator[_Told]:
        """Cards of the known come first of all, those of the late ones somewhere in the day."""
        for patient in sorted(self._patients, key=self._late.__contains__):
            at = self._between(0.2, 0.8) if patient in self._late else -1.0
            yield self._tell(at, Message("card", "", 0, patient), patient_event(patient, phone=""))

    def _visit(self, mark: str) -> Iterator[_Told]:
        at = self._between(0, 0.85)
        visit, patient, completed_at = self._guid(), self._random.choice(self._patients), self._completed_at()
        amounts = self._amounts()
        yield self._snapshot(at, visit, patient, amounts, completed_at, mark)
        # A marked version has a sound successor, which must get past it.
        for _ in range(1 if mark else self._random.choice((0,) * 7 + (1, 1, 2))):
            at += self._between(0.01, 0.1)
            # "again" is the same content under a new number, as 1C does at month close.
            change = "edit" if mark else self._random.choice(_CHANGES)
            if change in {"cancel", "repost"}:
                yield self._cancel(at, visit)
                at += self._between(0.01, 0.1)
            patient = self._random.choice(self._patients) if change == "move" else patient
            amounts = self._amounts() if change == "edit" else amounts
            if change != "cancel":
                yield self._snapshot(at, visit, patient, amounts, completed_at)
        if not mark and self._random.random() < 0.1:
            yield from self._refund(at + self._between(0.01, 0.1), visit, amounts)
        if self._random.random() < 0.02:
            event = patient_event(patient) | {"event_type": "warehouse.counted"}
            yield self._tell(at, Message("unknown", "", 0, ""), event)

    def _snapshot(
        self,
        at: float,
        visit: str,
        patient: str,
        amounts: tuple[int, ...],
        completed_at: datetime,
        mark: str = "",
    ) -> _Told:
        roubles = tuple(f"{amount // 100}.{amount % 100:02}" for amount in amounts)
        event = visit_event(ref=visit, patient=patient, amounts=roubles)
        event["visit"]["completed_at"] = completed_at.isoformat()
        event["chaos"] = mark
        return self._tell(
            at, Message("visit", "", 0, visit, patient=patient, amounts=amounts, mark=mark), event
        )

    def _cancel(self, at: float, visit: str) -> _Told:
        event = cancel_event(visit, occurred_at="")
        return self._tell(at, Message("cancel", "", 0, visit, is_live=False), event)

    def _refund(self, at: float, visit: str, amounts: tuple[int, ...]) -> Iterator[_Told]:
        line_no = self._random.randint(1, len(amounts))
        kopecks = self._random.choice((amounts[line_no - 1], amounts[line_no - 1] // 3 + 1))
        refund = self._guid()
        for is_live in (True, False)[: self._random.choice((1, 1, 2))]:
            event = refund_event(
                visit,
                ref=refund,
                lines=((line_no, f"{kopecks // 100}.{kopecks % 100:02}"),),
                posted=is_live,
            )
            message = Message(
                "refund", "", 0, visit, is_live=is_live, refund=refund, refunded=((line_no, kopecks),)
            )
            yield self._tell(at, message, event)
            at += self._between(0.01, 0.1)

    def _tell(self, at: float, message: Message, event: dict[str, Any]) -> _Told:
        """Most are sent when they happen; some are overtaken by later ones."""
        is_held_up = at >= 0 and self._random.random() < 0.12
        event["event_id"] = self._guid()
        return _Told(at, self._between(0.01, 0.2) if is_held_up else 0.0, message, event)

    def _completed_at(self) -> datetime:
        """Long past (spendable at once), days ago (pending), or falling due within the load."""
        due_now = timedelta(days=_PENDING_DAYS) - timedelta(seconds=self._random.uniform(0, self._seconds))
        ago = self._random.choice((timedelta(days=60), timedelta(days=3), due_now))
        return (self._now - ago).astimezone(_ZONE).replace(tzinfo=None, microsecond=0)

    def _amounts(self) -> tuple[int, ...]:
        return tuple(self._random.randint(1, 900_000) for _ in range(self._random.randint(1, 3)))

    def _between(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)

    def _guid(self) -> str:
        digits = f"{self._random.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _numbered(message: Message, event: dict[str, Any], number: int) -> Message:
    occurred_at = datetime(2026, 5, 1, 9) + timedelta(seconds=number)  # noqa: DTZ001 - naive, as 1C writes
    event["occurred_at"] = occurred_at.isoformat()
    event["exchange"] = {"message_no": number, "received_no": 0}
    body = json.dumps(event, ensure_ascii=False).encode()
    return replace(message, event_id=event["event_id"], message_no=number, body=body)
