"""What becomes of a visit after it was posted: edits, mistakes undone, refunds days later. No clock."""

import datetime as dt
import functools
import random
from collections.abc import Callable, Iterator

from sandbox.onec.base import Base
from sandbox.onec.documents import Notice, Visit, registered

Later = tuple[dt.datetime, Callable[[dt.datetime], list[Notice]]]
_Verb = Callable[..., Notice]

# Of a thousand visits. The rest of them are simply over.
FATES = ("edit", "mistake", "silent", "delete", "replace", "refund", "again", "card", "double", "none")
FATE_WEIGHTS = (70, 30, 8, 8, 12, 45, 15, 20, 5, 787)
PARTIAL_SHARE, SECOND_REFUND_SHARE, UNDONE_SHARE = 0.6, 0.3, 0.15


def drawn_fate(base: Base, visit: Visit, dice: random.Random) -> Iterator[Later]:
    """Draw what will happen to a visit, and when; usually nothing does."""
    fate = dice.choices(FATES, weights=FATE_WEIGHTS)[0]
    soon = visit.completed_at + dt.timedelta(minutes=dice.randrange(2, 40))
    ref = visit.ref
    if fate in _SIMPLE:
        yield soon, _act(_SIMPLE[fate](base), ref)
    elif fate in {"mistake", "silent"}:
        yield soon, _act(base.unpost, ref, is_silent=fate == "silent")
        yield soon + dt.timedelta(minutes=dice.randrange(2, 15)), _act(base.post_again, ref)
    elif fate == "replace":
        yield soon, _act(base.mark_for_deletion, ref)
        yield soon + dt.timedelta(minutes=3), functools.partial(_replace, base, visit, dice)
    elif fate == "card":
        yield soon, lambda at: [registered(base.cards.edit(visit.patient.ref, at=at))]
    elif fate == "double":
        yield soon, functools.partial(_double, base, visit, dice)
    elif fate == "refund":
        yield from _refunds(base, visit, dice)


_SIMPLE: dict[str, Callable[[Base], _Verb]] = {
    "edit": lambda base: base.edit,
    "delete": lambda base: base.mark_for_deletion,
    "again": lambda base: base.post_again,
}


def _act(verb: _Verb, ref: str, **facts: object) -> Callable[[dt.datetime], list[Notice]]:
    return lambda at: [verb(ref, at=at, **facts)]


def _refunds(base: Base, visit: Visit, dice: random.Random) -> Iterator[Later]:
    """Money goes back days later in office hours: a line, then perhaps another, or all of it."""
    day = visit.completed_at.date() + dt.timedelta(days=dice.randrange(1, 10))
    at = dt.datetime.combine(
        day, dt.time(dice.randrange(10, 19), dice.randrange(60)), tzinfo=visit.clinic.zone
    )
    if len(visit.lines) == 1 or dice.random() > PARTIAL_SHARE:
        yield at, _act(base.refund, visit.ref)
    else:
        numbers = [line.no for line in visit.lines]
        dice.shuffle(numbers)
        yield at, _act(base.refund, visit.ref, line_no=numbers[0])
        if dice.random() < SECOND_REFUND_SHARE:
            yield (
                at + dt.timedelta(hours=dice.randrange(1, 30)),
                _act(base.refund, visit.ref, line_no=numbers[1]),
            )
    if dice.random() < UNDONE_SHARE:
        yield at + dt.timedelta(minutes=dice.randrange(5, 50)), _act(base.undo_refund, visit.ref)


def _replace(base: Base, visit: Visit, dice: random.Random, at: dt.datetime) -> list[Notice]:
    """Enter the visit anew, in a document of its own, after the mistaken one was marked."""
    ref = f"{dice.getrandbits(32):08x}-{visit.ref[9:]}"
    return [base.open_visit(patient_ref=visit.patient.ref, clinic=visit.clinic, at=at, ref=ref, dice=dice)]


def _double(base: Base, visit: Visit, dice: random.Random, at: dt.datetime) -> list[Notice]:
    """A registrar does not find the card and makes another; it is folded into the first at once.

    The next visit is written to the duplicate all the same, as an open form would.
    """
    twin = base.cards.double(visit.patient.ref, at=at)
    merged = base.cards.merge(twin.ref, visit.patient.ref, at=at + dt.timedelta(seconds=30))
    ref = f"{dice.getrandbits(32):08x}-{visit.ref[9:]}"
    then = at + dt.timedelta(minutes=1)
    return [
        registered(twin),
        registered(merged),
        base.open_visit(patient_ref=twin.ref, clinic=visit.clinic, at=then, ref=ref, dice=dice),
    ]
