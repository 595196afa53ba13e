"""Is a snapshot news? Pure: the decision table for one document, whatever the order of its messages.

Order: message_no when both have one, else the instant of the event, else arrival (a tie is news).
Only equal content is a duplicate: 1C writes a document again under a new data version at month close,
and an edit that kept its data version must not be lost.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hub.contracts.facts import DocumentStamp


class Verdict(StrEnum):
    """What to do with a snapshot."""

    NEWS = "news"
    DUPLICATE = "duplicate"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class AppliedStamp:
    """What we hold of a document: the version applied last."""

    data_version: str
    content_hash: bytes
    message_no: int | None
    occurred_at: datetime

    def is_newer_than(self, stamp: DocumentStamp) -> bool:
        """Whether the document's own order puts `stamp` before this."""
        both_numbered = self.message_no is not None and stamp.message_no is not None
        if both_numbered and self.message_no != stamp.message_no:
            return (stamp.message_no or 0) < (self.message_no or 0)
        return stamp.occurred_at < self.occurred_at

    def is_repeated_by(self, stamp: DocumentStamp) -> bool:
        """Whether `stamp` says the same again, later: its numbers are to be remembered."""
        return stamp.content_hash == self.content_hash and not self.is_newer_than(stamp)


def judge(applied: AppliedStamp | None, stamp: DocumentStamp) -> Verdict:
    """Judge a snapshot by what was applied last. A document never seen is always news."""
    if applied is None:
        return Verdict.NEWS
    if stamp.content_hash == applied.content_hash:
        return Verdict.DUPLICATE
    return Verdict.STALE if applied.is_newer_than(stamp) else Verdict.NEWS
