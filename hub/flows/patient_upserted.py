"""A patient's card came from 1C: bring our register to what it says, and wake the visits that waited.

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
from hub.flows.ending import Ending, no_news, parked, processed
from hub.inbox.claims import resume_waiting
from hub.outbox.store import announce


def record_cards(session: Session, snapshots: Sequence[PatientSnapshot]) -> list[Ending]:
    """Record cards, one per patient reference; endings in their order."""
    keys = [card_waiting_key(snapshot.stamp.infobase, snapshot.stamp.ref) for snapshot in snapshots]
    lock_names(session, keys)
    recorded = record_patients(session, snapshots)
    news = [
        (snapshot, card)
        for snapshot, card in zip(snapshots, recorded, strict=True)
        if card.outcome is Outcome.APPLIED and card.patient_id is not None
    ]
    record_action(session, *(_action(snapshot, card) for snapshot, card in news))
    announce(session, [_announcement(snapshot, card) for snapshot, card in news])
    resume_waiting(session, [key for key, card in zip(keys, recorded, strict=True) if card.patient_id])
    return [_ending(card) for card in recorded]


def _ending(card: Recorded) -> Ending:
    if card.outcome is Outcome.PARKED and card.waiting_for:
        return parked(card.waiting_for, "merge-target-unknown")
    if card.outcome is Outcome.DUPLICATE:
        return no_news(Verdict.DUPLICATE)
    return no_news(Verdict.STALE) if card.outcome is Outcome.STALE else processed([])


def _action(snapshot: PatientSnapshot, card: Recorded) -> Action:
    return Action(
        actor=f"onec:{snapshot.stamp.infobase}",
        action="patient.created" if card.is_new else "patient.updated",
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
