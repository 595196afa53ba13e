"""Is a snapshot news? Pure: one order for the messages of one document, whatever order they come in.

The order, for any mixture of messages:

1. Messages that carry a number form a series (one node of the base, one run of its numbering). Within a
   series the number decides, at an equal number the instant. Messages without a number are a series of
   their own, in which the instant decides.
2. Within a series the clock never runs back: a message counts as at least as late as every message with
   a lower number. So a clock that was set back an hour cannot undo an edit.
3. Between series these corrected instants decide. What still ties is in the order of arrival: news.

So only the last message of each series can be the document's last word, and the series that reached the
latest instant has it. What a document remembers for that is one mark per series; when a straggler lets
another series reach further, the row of that series' last message is recalled from the inbox.

Only equal content is a duplicate: 1C writes a document again under a new data version at month close,
and an edit that kept its data version must not be lost.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from hub.contracts.facts import DocumentStamp

_UNNUMBERED = ""


class Verdict(StrEnum):
    """What to do with a snapshot."""

    NEWS = "news"
    DUPLICATE = "duplicate"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a series has come: its last message (number, instant, inbox row), and the latest instant."""

    number: int | None
    occurred_at: datetime
    inbox_id: int
    reached_at: datetime

    def is_past(self, stamp: DocumentStamp) -> bool:
        """Whether the series has a later message than this one."""
        return (stamp.message_no or 0, stamp.occurred_at) < (self.number or 0, self.occurred_at)

    def raised_by(self, stamp: DocumentStamp) -> "Mark":
        """Take a message of the series in."""
        last = self if self.is_past(stamp) else _mark(stamp)
        return replace(last, reached_at=max(self.reached_at, stamp.occurred_at))


Marks = Mapping[str, Mark]


@dataclass(frozen=True, slots=True)
class AppliedStamp:
    """What we hold of a document: the version applied last, and how far each series has come."""

    data_version: str
    content_hash: bytes
    message_no: int | None
    occurred_at: datetime
    series: str
    marks: Marks

    def is_newer_than(self, stamp: DocumentStamp) -> bool:
        """Whether the document's own order puts `stamp` before this."""
        series = _series(stamp)
        mark = self.marks.get(series)
        if mark is not None and mark.is_past(stamp):
            return True
        reached_at = max(stamp.occurred_at, mark.reached_at) if mark else stamp.occurred_at
        return series != self.series and reached_at < self.marks[self.series].reached_at

    def replaced_by(self, stamp: DocumentStamp) -> "AppliedStamp":
        """Hold this version from now on."""
        return replace(_first(stamp), marks=self._raised(stamp))

    def noting(self, stamp: DocumentStamp) -> "AppliedStamp":
        """Remember that this message was seen; what is held stays."""
        return replace(self, marks=self._raised(stamp))

    def find_overtaking(self) -> int | None:
        """Find the inbox row whose message should be held instead; None when all is in order."""
        last_word = max(self.marks.values(), key=lambda mark: mark.reached_at)
        is_overtaken = last_word.reached_at > self.marks[self.series].reached_at
        return last_word.inbox_id if is_overtaken else None

    def _raised(self, stamp: DocumentStamp) -> Marks:
        series = _series(stamp)
        mark = self.marks.get(series)
        return {**self.marks, series: mark.raised_by(stamp) if mark else _mark(stamp)}


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, and what the document remembers from now on."""

    verdict: Verdict
    stamp: AppliedStamp


def judge(applied: AppliedStamp | None, stamp: DocumentStamp) -> Judgement:
    """Judge a snapshot by what was applied last. A document never seen is always news."""
    if applied is None:
        return Judgement(Verdict.NEWS, _first(stamp))
    is_late = applied.is_newer_than(stamp)
    remembered = applied.noting(stamp) if is_late else applied.replaced_by(stamp)
    if stamp.content_hash == applied.content_hash:
        return Judgement(Verdict.DUPLICATE, remembered)
    return Judgement(Verdict.STALE if is_late else Verdict.NEWS, remembered)


def write_marks(stamp: AppliedStamp) -> str:
    """Write the marks as JSON for their column: the series that is held first."""
    ordered = sorted(stamp.marks.items(), key=lambda item: item[0] != stamp.series)
    return json.dumps(
        [
            [series, mark.number, mark.occurred_at.isoformat(), mark.inbox_id, mark.reached_at.isoformat()]
            for series, mark in ordered
        ]
    )


def read_stamp(
    *,
    data_version: str,
    content_hash: bytes,
    message_no: int | None,
    occurred_at: datetime,
    marks: Sequence[tuple[str, int | None, str, int, str]],
) -> AppliedStamp:
    """Read a stamp from its columns; `marks` as parsed from JSON."""
    found = {
        series: Mark(number, datetime.fromisoformat(at), inbox_id, datetime.fromisoformat(reached_at))
        for series, number, at, inbox_id, reached_at in marks
    }
    return AppliedStamp(data_version, content_hash, message_no, occurred_at, next(iter(found)), found)


def _first(stamp: DocumentStamp) -> AppliedStamp:
    series = _series(stamp)
    return AppliedStamp(
        stamp.data_version,
        stamp.content_hash,
        stamp.message_no,
        stamp.occurred_at,
        series,
        {series: _mark(stamp)},
    )


def _series(stamp: DocumentStamp) -> str:
    return _UNNUMBERED if stamp.message_no is None else f"#{stamp.numbering}"


def _mark(stamp: DocumentStamp) -> Mark:
    return Mark(stamp.message_no, stamp.occurred_at, stamp.inbox_id, stamp.occurred_at)
