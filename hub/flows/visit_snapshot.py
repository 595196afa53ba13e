"""A visit document of 1C arrived: mirror it if it is news, and let its cashback follow.

A live visit of a patient nobody knows waits until the patient's card comes. A cancellation is kept
even when the visit never came: the visit may still be on its way, and must then find itself undone.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from hub.audit.trail import Action, record_action
from hub.contracts.facts import VisitSnapshot
from hub.domain.documents.rules import judge
from hub.domain.patients.queries import find_patients_by_ref
from hub.domain.patients.recording import card_waiting_key
from hub.domain.visits.mirror import KnownVisit, VisitKey, lock_visits
from hub.domain.visits.recording import VisitWrite, touch_visits, write_visits
from hub.flows.ending import Ending, parked, processed
from hub.flows.recalling import end_without_news
from hub.flows.visit_cashback import Change, document_key, settle_cashback
from hub.flows.waiting import find_missing, visit_key
from hub.inbox.claims import resume_waiting


def record_visits(session: Session, snapshots: Sequence[VisitSnapshot]) -> list[Ending]:
    """Record snapshots of different documents; endings in their order."""
    keys = [_key(snapshot) for snapshot in snapshots]
    known = lock_visits(session, keys)
    patients = _find_patients(session, snapshots)
    judgements = {
        key: judge(known[key].stamp if key in known else None, snapshot.stamp)
        for key, snapshot in zip(keys, snapshots, strict=True)
    }
    endings = end_without_news(session, judgements)
    touch_visits(
        session,
        {key: judgements[key].stamp for key in endings if judgements[key].stamp != known[key].stamp},
    )
    writes: list[VisitWrite] = []
    for key, snapshot in zip(keys, snapshots, strict=True):
        patient_id = _of(patients, snapshot)
        if key in endings:
            continue
        if snapshot.patient_ref and snapshot.stamp.is_live and patient_id is None:
            endings[key] = parked(card_waiting_key(key[0], snapshot.patient_ref), "patient-unknown")
        else:
            writes.append(VisitWrite(snapshot, patient_id, judgements[key].stamp))
    return [ending for _, ending in _apply(session, keys, known, writes, endings)]


def _apply(
    session: Session,
    keys: Sequence[VisitKey],
    known: dict[VisitKey, KnownVisit],
    writes: Sequence[VisitWrite],
    endings: dict[VisitKey, Ending],
) -> list[tuple[VisitKey, Ending]]:
    """Write the news, settle the money, wake what waited for these visits."""
    versions = write_visits(session, writes)
    posted = settle_cashback(
        session,
        {
            _key(write.snapshot): Change(
                f"v{versions[_key(write.snapshot)]}", write.snapshot.stamp.correlation_id
            )
            for write in writes
        },
    )
    record_action(session, *(_action(write, versions[_key(write.snapshot)]) for write in writes))
    resume_waiting(session, [visit_key(*key) for key in versions if key not in known])
    return [(key, endings.get(key) or processed(posted[key])) for key in keys]


def _find_patients(session: Session, snapshots: Sequence[VisitSnapshot]) -> dict[VisitKey, UUID]:
    """Find patients by reference; who is missing is looked for once more under the waiting lock."""
    wanted = {
        (snapshot.stamp.infobase, snapshot.patient_ref) for snapshot in snapshots if snapshot.patient_ref
    }
    found: dict[VisitKey, UUID] = {}

    def look_up(missing: set[VisitKey]) -> None:
        for infobase in {base for base, _ in missing}:
            refs = [ref for base, ref in missing if base == infobase]
            rows = find_patients_by_ref(session, infobase, refs)
            found.update({(infobase, ref): patient_id for ref, patient_id in rows.items()})

    find_missing(session, wanted, found=found, look_up=look_up, name=lambda key: card_waiting_key(*key))
    return found


def _of(patients: dict[VisitKey, UUID], snapshot: VisitSnapshot) -> UUID | None:
    ref = snapshot.patient_ref
    return patients.get((snapshot.stamp.infobase, ref)) if ref else None


def _action(write: VisitWrite, version: int) -> Action:
    stamp = write.snapshot.stamp
    return Action(
        actor=f"onec:{stamp.infobase}",
        action="visit.recorded" if stamp.is_live else "visit.cancelled",
        object_type="visit",
        object_id=document_key(_key(write.snapshot)),
        details={"version": version, "patient_id": str(write.patient_id) if write.patient_id else None},
        correlation_id=stamp.correlation_id,
    )


def _key(snapshot: VisitSnapshot) -> VisitKey:
    return snapshot.stamp.infobase, snapshot.stamp.ref
