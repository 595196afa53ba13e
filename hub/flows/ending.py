"""How the story of one inbox event ended; the drain writes it onto the row."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hub.contracts.facts import DocumentStamp
from hub.domain.documents.rules import Verdict
from hub.domain.ledger.drafts import PostedEntry
from hub.inbox.models import InboxState

PARKED_RETRY_S = 600
"""A net under the resume that wakes parked events: they are looked at again every ten minutes."""


@dataclass(frozen=True, slots=True)
class Merge:
    """A patient who was folded into another, and the message that said so."""

    absorbed_id: UUID
    stamp: DocumentStamp


@dataclass(frozen=True, slots=True)
class Ending:
    """State, why, what it waits for, and what it moved. `reason` holds no personal values.

    `merge`: a purse that must still follow its owner, in the same transaction.
    """

    state: InboxState
    reason_code: str | None = None
    reason: str | None = None
    waiting_for: str | None = None
    delay_s: float = 0
    effects: tuple[dict[str, Any], ...] = ()
    merge: Merge | None = None


def processed(entries: list[PostedEntry]) -> Ending:
    """News, with the entries it posted."""
    return Ending(InboxState.PROCESSED, effects=effects_of(entries))


def effects_of(entries: Sequence[PostedEntry]) -> tuple[dict[str, Any], ...]:
    """Write what the entries moved; amounts are signed hundredths."""
    return tuple(
        {"kind": entry.kind.value, "asset": entry.asset.value, "amount": entry.amount} for entry in entries
    )


def parked(waiting_for: str, reason_code: str) -> Ending:
    """Waits for a fact; never buried by time."""
    return Ending(InboxState.PARKED, reason_code=reason_code, waiting_for=waiting_for, delay_s=PARKED_RETRY_S)


def no_news(verdict: Verdict) -> Ending:
    """Known already, or overtaken by a newer version: kept, without effect."""
    if verdict is Verdict.DUPLICATE:
        return Ending(InboxState.DUPLICATE, reason_code="same-content")
    return Ending(InboxState.STALE, reason_code="newer-applied")
