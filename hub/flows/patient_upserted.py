"""A patient's card came from 1C: bring our register to what it says, and wake the visits that waited.

A card that was merged into another wakes them too; its purse follows later (patient_merged).

The name's waiting lock is held from before the card is written, so no visit falls asleep meanwhile.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from hub.audit.trail import Action, record_action
from hub.contracts.announcements import PatientUpserted
from hub.contracts.facts import PatientSnapshot
from hub.db.locks import lock_names
from hub.domain.documents.rules import Verdict
from hub.domain.patients.recording import Recorded, card_waiting_key, record_patients
from hub.domain.patients.rules import Outcome
from hub.flows.ending import Ending, Merge, no_news, parked, processed
from hub.inbox.claims import resume_waiting
from hub.inbox.models import InboxState
from hub.outbox.store import announce

MERGE_KEPT = "merge-kept"
_ACTIONS = {
    (True, False): "patient.created",
    (False, False): "patient.updated",
    (False, True): "patient.merged",
}


def record_cards(session: Session, snapshots: Sequence[PatientSnapshot]) -> list[Ending]:
    """Record cards, one per patient reference; endings in their order."""
    keys = [card_waiting_key(snapshot.stamp.infobase, snapshot.stamp.ref) for snapshot in snapshots]
    lock_names(session, keys)
    recorded = record_patients(session, snapshots)
    record_action(session, *_notes(snapshots, recorded))
    news = [
        (snapshot, card)
        for snapshot, card in zip(snapshots, recorded, strict=True)
        if card.outcome is Outcome.APPLIED and card.patient_id is not None and not card.is_merge_kept
    ]
    record_action(session, *(_action(snapshot, card) for snapshot, card in news))
    announce(session, [_announcement(snapshot, card) for snapshot, card in news])
    resume_waiting(session, [key for key, card in zip(keys, recorded, strict=True) if card.patient_id])
    return [_ending(snapshot, card) for snapshot, card in zip(snapshots, recorded, strict=True)]


def _ending(snapshot: PatientSnapshot, card: Recorded) -> Ending:
    if card.refusal is not None:
        return Ending(InboxState.BURIED, reason_code=card.refusal, reason=f"into {snapshot.merged_into_ref}")
    if card.is_merge_kept:
        return Ending(InboxState.PROCESSED, reason_code=MERGE_KEPT)
    if card.absorbed_id is not None:
        return Ending(InboxState.PROCESSED, merge=Merge(card.absorbed_id, snapshot.stamp))
    if card.outcome is Outcome.PARKED and card.waiting_for:
        return parked(card.waiting_for, "merge-target-unknown")
    if card.outcome is Outcome.DUPLICATE:
        return no_news(Verdict.DUPLICATE)
    return no_news(Verdict.STALE) if card.outcome is Outcome.STALE else processed([])


def _notes(snapshots: Sequence[PatientSnapshot], recorded: Sequence[Recorded]) -> list[Action]:
    """Note for a person what was not done: a merge that cannot be, one that a card is silent about now."""
    return [
        Action(
            actor=f"onec:{snapshot.stamp.infobase}",
            action="patient.merge-refused" if card.refusal else "patient.merge-kept",
            object_type="patient",
            object_id=str(card.patient_id or ""),
            details={"ref": str(snapshot.stamp.ref), "reason": card.refusal or MERGE_KEPT},
            correlation_id=snapshot.stamp.correlation_id,
        )
        for snapshot, card in zip(snapshots, recorded, strict=True)
        if card.refusal or card.is_merge_kept
    ]


def _action(snapshot: PatientSnapshot, card: Recorded) -> Action:
    return Action(
        actor=f"onec:{snapshot.stamp.infobase}",
        action=_ACTIONS[card.is_new, card.absorbed_id is not None],
        object_type="patient",
        object_id=str(card.patient_id),
        details={"absorbed_id": str(card.absorbed_id) if card.absorbed_id else None},
        correlation_id=snapshot.stamp.correlation_id,
    )


def _announcement(snapshot: PatientSnapshot, card: Recorded) -> PatientUpserted:
    assert card.patient_id is not None
    return PatientUpserted(
        patient_id=card.patient_id, correlation_id=snapshot.stamp.correlation_id, is_new=card.is_new
    )
