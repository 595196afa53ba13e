"""Message numbers of a sender's node, as spans without gaps, so that a lost message shows at once.

The first number ever seen is the floor: what came before our time is not a gap, and a lower number
that comes later is left out. So the lowest span starts at the floor, and its end, `received_no`,
never moves back; until the base begins to number anew, and a person says so (`forget`).

However many gaps there are: taking numbers in reads and writes the spans that they touch, no others.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.contracts.parties import Source
from hub.db.locks import lock_names

Sender = tuple[Source, str, str]
"""Source, sender and its node: nodes of one base number their messages apart."""
Span = tuple[int, int]
GAPS_MAX = 100


@dataclass(frozen=True, slots=True)
class SequenceState:
    """`received_no` is 0 when the node numbers nothing; `gaps` are inclusive, lowest first, ≤ 100."""

    node: str
    received_no: int
    gaps: tuple[Span, ...]


def extend(session: Session, numbers: Mapping[Sender, Sequence[int]]) -> dict[Sender, int]:
    """Take in received numbers; give each sender's received_no. Repetition changes nothing."""
    numbered = {sender: received for sender, received in numbers.items() if received}
    lock_names(session, [f"sequence:{source}:{name}:{node}" for source, name, node in numbered])
    received_no = {sender: _take_in(session, sender, received) for sender, received in numbered.items()}
    silent = numbers.keys() - numbered.keys()
    return received_no | {sender: session.scalar(_LOWEST, _key(sender)) or 0 for sender in silent}


def _take_in(session: Session, sender: Sender, received: Sequence[int]) -> int:
    runs = _runs(received)
    near = _load_near(session, sender, runs)
    merged = merge(near, runs)
    if merged != near:
        _replace(session, sender, set(near), merged)
    return merged[0][1]


def list_states(session: Session, source: Source, sender: str) -> list[SequenceState]:
    """Give what was received and what is missing, by node; nothing of a sender that numbers nothing."""
    rows = session.execute(_LIST, {"source": source.value, "sender": sender, "spans_max": GAPS_MAX + 1}).all()
    states = []
    for node, own in itertools.groupby(rows, key=lambda row: row.node):
        spans = [(row.first_no, row.last_no) for row in own]
        gaps = tuple((left[1] + 1, right[0] - 1) for left, right in itertools.pairwise(spans))
        states.append(SequenceState(node, spans[0][1], gaps))
    return states


def forget(session: Session, source: Source, sender: str) -> None:
    """Let the sender's next numbers be its first: it has begun to number anew."""
    session.execute(_FORGET, {"source": source.value, "sender": sender})


def merge(spans: Sequence[Span], runs: Iterable[Span]) -> list[Span]:
    """Join sorted spans and new ones into sorted spans that do not touch; the lowest span is the floor."""
    given = sorted(runs)
    floor = spans[0][0] if spans else given[0][0]
    pieces = sorted([*spans, *((max(first, floor), last) for first, last in given if last >= floor)])
    merged = [pieces[0]]
    for first, last in pieces[1:]:
        if first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged


def _runs(numbers: Iterable[int]) -> list[Span]:
    runs: list[Span] = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _load_near(session: Session, sender: Sender, runs: Sequence[Span]) -> list[Span]:
    """Read the spans that these runs touch, and the lowest one, which is the floor."""
    values = {
        **_key(sender),
        "first": [first for first, _ in runs],
        "last": [last for _, last in runs],
    }
    return [(row.first_no, row.last_no) for row in session.execute(_NEAR, values)]


def _replace(session: Session, sender: Sender, old: set[Span], new: Sequence[Span]) -> None:
    gone = [first for first, last in old - set(new)]
    added = [span for span in new if span not in old]
    session.execute(_DELETE, {**_key(sender), "gone": gone})
    session.execute(
        _INSERT,
        {**_key(sender), "first": [first for first, _ in added], "last": [last for _, last in added]},
    )


def _key(sender: Sender) -> dict[str, object]:
    source, name, node = sender
    return {"source": source.value, "sender": name, "node": node}


_OWN = "source = :source AND sender = :sender AND node = :node"
# By the primary key: the lowest span, for each run the last span that begins before it and those within.
_NEAR = text(f"""
(SELECT first_no, last_no FROM inbox_sequence WHERE {_OWN} ORDER BY first_no LIMIT 1)
UNION
SELECT near.first_no, near.last_no
FROM unnest(cast(:first AS bigint[]), cast(:last AS bigint[])) AS run (first_no, last_no)
CROSS JOIN LATERAL (
  (SELECT first_no, last_no FROM inbox_sequence
   WHERE {_OWN} AND first_no <= run.first_no ORDER BY first_no DESC LIMIT 1)
  UNION ALL
  (SELECT first_no, last_no FROM inbox_sequence
   WHERE {_OWN} AND first_no > run.first_no AND first_no <= run.last_no + 1)
) AS near
ORDER BY first_no
""")  # noqa: S608  # put together of constants
_LOWEST = text(f"SELECT last_no FROM inbox_sequence WHERE {_OWN} ORDER BY first_no LIMIT 1")  # noqa: S608
# Hops from node to node by the primary key: the spans of a node are not walked through.
_LIST = text("""
WITH RECURSIVE node AS (
  (SELECT node FROM inbox_sequence WHERE source = :source AND sender = :sender ORDER BY node LIMIT 1)
  UNION ALL
  SELECT (SELECT s.node FROM inbox_sequence s
          WHERE s.source = :source AND s.sender = :sender AND s.node > node.node ORDER BY s.node LIMIT 1)
  FROM node WHERE node.node IS NOT NULL)
SELECT node.node, span.first_no, span.last_no
FROM node
CROSS JOIN LATERAL (
  SELECT first_no, last_no FROM inbox_sequence s
  WHERE s.source = :source AND s.sender = :sender AND s.node = node.node ORDER BY first_no LIMIT :spans_max
) AS span
ORDER BY node.node, span.first_no
""")
_FORGET = text("DELETE FROM inbox_sequence WHERE source = :source AND sender = :sender")
_DELETE = text(f"DELETE FROM inbox_sequence WHERE {_OWN} AND first_no = ANY(cast(:gone AS bigint[]))")  # noqa: S608
_INSERT = text("""
INSERT INTO inbox_sequence (source, sender, node, first_no, last_no)
SELECT :source, :sender, :node, s.first_no, s.last_no
FROM unnest(cast(:first AS bigint[]), cast(:last AS bigint[])) AS s (first_no, last_no)
""")
