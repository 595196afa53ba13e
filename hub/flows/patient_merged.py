"""Two cards turned out to be one person: what one had, the other has from now on.

1C says so («замена дублей») by the card that goes. From that moment its visits, past and coming, are those
of the card that stays, and so is the purse: every part of the cashback and points keeps its day and its
expiry, what was spent stays spent, a debt comes along. Nothing is earned twice and nothing is lost; the
history of both says why. Merges follow each other (A into B, then B into C), come late, early or again.
What cannot be true is left to a person: a card merged into itself, into one that was merged into it, or
into a second person. And a merge is for good: a card that is silent about it later gets nothing back by
itself, for nobody knows whose the spent part was; it leaves a note in the audit trail.
"""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from sqlalchemy.orm import Session

from hub.contracts.announcements import BalanceChanged
from hub.domain.ledger.drafts import PostedEntry
from hub.domain.ledger.transferring import TransferDraft, transfer_purses
from hub.domain.patients.queries import find_survivors
from hub.flows.ending import Ending, Merge, effects_of
from hub.outbox.store import announce

REASON = "patients-merged"


def move_purses(session: Session, endings: Mapping[int, Ending]) -> dict[int, Ending]:
    """Let the purses follow the merges of a batch; gives the endings of those merges, with what moved."""
    merges = {number: ending.merge for number, ending in endings.items() if ending.merge}
    if not merges:
        return {}
    survivors = find_survivors(session, [merge.absorbed_id for merge in merges.values()])
    moved = transfer_purses(
        session, [_draft(merge, survivors[merge.absorbed_id]) for merge in merges.values()]
    )
    announce(
        session,
        [_announcement(entry, merge) for merge in merges.values() for entry in moved[merge.absorbed_id]],
    )
    return {
        number: replace(endings[number], merge=None, effects=effects_of(moved[merge.absorbed_id]))
        for number, merge in merges.items()
    }


def _draft(merge: Merge, survivor_id: UUID) -> TransferDraft:
    return TransferDraft(
        owner_id=merge.absorbed_id,
        heir_id=survivor_id,
        occurred_at=merge.stamp.occurred_at,
        reason=REASON,
        actor=f"onec:{merge.stamp.infobase}",
    )


def _announcement(entry: PostedEntry, merge: Merge) -> BalanceChanged:
    return BalanceChanged(
        patient_id=entry.owner_id,
        correlation_id=merge.stamp.correlation_id,
        entry_id=entry.entry_id,
        kind=entry.kind.value,
        asset=entry.asset.value,
        amount=entry.amount,
    )
