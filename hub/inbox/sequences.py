"""Message numbers of a sender, as spans without gaps, so that a lost message shows at once.

The first number ever seen is the floor: what came before our time is not a gap, and a lower number
that comes later is left out. So the lowest span starts at the floor, and its end, `received_no`,
never moves back.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.contracts.parties import Source
from hub.db.locks import lock_names

Sender = tuple[Source, str]
Span = tuple[int, int]
GAPS_MAX = 100


@dataclass(frozen=True, slots=True)
class SequenceState:
    """`received_no` is 0 when the sender numbers nothing; `gaps` are inclusive, lowest first, ≤ 100."""

    received_no: int
    gaps: tuple[Span, ...]


def extend(session: Session, numbers: Mapping[Sender, Sequence[int]]) -> dict[Sender, int]:
    """Take in received numbers; give each sender's received_no. Repetition changes nothing."""
    numbered = [sender for sender, received in numbers.items() if received]
    lock_names(session, [f"sequence:{source}:{name}" for source, name in numbered])
    spans = _load(session, numbers)
    for sender in numbered:
        merged = merge(spans[sender], numbers[sender])
        if merged != spans[sender]:
            _replace(session, sender, set(spans[sender]), merged)
            spans[sender] = merged
    return {sender: own[0][1] if own else 0 for sender, own in spans.items()}


def get_state(session: Session, source: Source, sender: str) -> SequenceState:
    """Give what was received and which numbers are missing."""
    spans = _load(session, [(source, sender)])[source, sender]
    gaps = tuple((left[1] + 1, right[0] - 1) for left, right in itertools.pairwise(spans))
    return SequenceState(received_no=spans[0][1] if spans else 0, gaps=gaps[:GAPS_MAX])


def merge(spans: Sequence[Span], numbers: Iterable[int]) -> list[Span]:
    """Join sorted spans and new numbers into sorted spans that do not touch."""
    given = sorted(set(numbers))
    floor = spans[0][0] if spans else given[0]
    pieces = sorted([*spans, *((number, number) for number in given if number >= floor)])
    merged = [pieces[0]]
    for first, last in pieces[1:]:
        if first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged


def _load(session: Session, senders: Iterable[Sender]) -> dict[Sender, list[Span]]:
    spans: dict[Sender, list[Span]] = {sender: [] for sender in senders}
    rows = session.execute(
        _LOAD,
        {
            "source": [source.value for source, _ in spans],
            "sender": [sender for _, sender in spans],
        },
    )
    for row in rows:
        spans[Source(row.source), row.sender].append((row.first_no, row.last_no))
    return spans


def _replace(session: Session, sender: Sender, old: set[Span], new: Sequence[Span]) -> None:
    key = {"source": sender[0].value, "sender": sender[1]}
    gone = [first for first, last in old - set(new)]
    added = [span for span in new if span not in old]
    session.execute(_DELETE, {**key, "gone": gone})
    session.execute(
        _INSERT, {**key, "first": [first for first, _ in added], "last": [last for _, last in added]}
    )


_LOAD = text("""
SELECT s.source, s.sender, s.first_no, s.last_no
FROM unnest(cast(:source AS text[]), cast(:sender AS text[])) AS k (source, sender)
JOIN inbox_sequence s ON s.source = k.source AND s.sender = k.sender
ORDER BY s.source, s.sender, s.first_no
""")
_DELETE = text("""
DELETE FROM inbox_sequence
WHERE source = :source AND sender = :sender AND first_no = ANY(cast(:gone AS bigint[]))
""")
_INSERT = text("""
INSERT INTO inbox_sequence (source, sender, first_no, last_no)
SELECT :source, :sender, s.first_no, s.last_no
FROM unnest(cast(:first AS bigint[]), cast(:last AS bigint[])) AS s (first_no, last_no)
""")
