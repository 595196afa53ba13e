"""Patient cards of 1C are mirrored here: any order, any number of times, one person once.

A card is known by its ref; a new one is matched by card code, then by phone and birth date, never by
phone alone. 1C is the book of record for what it tells; what it does not know stays as we have it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from hub.contracts.facts import PatientSnapshot
from hub.db.locks import lock_names
from hub.domain.patients import rules
from hub.domain.patients.models import IdentityState
from hub.domain.patients.register import (
    IdentityRow,
    PatientRow,
    Register,
    card_key,
    open_register,
    read_personal,
    stamp_of,
)
from hub.domain.patients.rules import Outcome
from hub.domain.patients.storing import store_register

log = structlog.get_logger(__name__)
# One writer of the register at a time: who is the same person is decided by three keys at once, which
# no single unique key can guard, and hundreds of small locks per batch would fill the lock table.
_MATCHING_LOCK = "patient-matching"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one snapshot.

    `patient_id` is who the card means now (None while parked); `absorbed_id` is a patient who was folded
    into them by this snapshot: the flow moves what that one owned. `waiting_for` names the missing card.
    """

    patient_id: UUID | None
    outcome: Outcome
    is_new: bool = False
    absorbed_id: UUID | None = None
    waiting_for: str | None = None


def record_patients(session: Session, snapshots: Sequence[PatientSnapshot]) -> list[Recorded]:
    """Bring the register to what these cards say, in the given order; one answer per snapshot.

    A card marked for deletion freezes the patient when no live card is left, and erases nothing. A card
    merged into one that is not known yet is `parked` whole. Repeating changes nothing. The number of
    statements does not depend on the number of snapshots.
    """
    if not snapshots:
        return []
    lock_names(session, [_MATCHING_LOCK])
    register = open_register(session, snapshots)
    recorded = [_record(register, snapshot) for snapshot in snapshots]
    store_register(
        session,
        register,
        consents=[
            (one.patient_id, snapshot)
            for one, snapshot in zip(recorded, snapshots, strict=True)
            if one.patient_id is not None and one.outcome is Outcome.APPLIED
        ],
    )
    return recorded


def card_waiting_key(infobase: str, ref: UUID) -> str:
    """Name what a parked event waits for: the card of this ref."""
    return f"patient:{infobase}:{ref}"


def _record(register: Register, snapshot: PatientSnapshot) -> Recorded:
    identity = register.identities.get(card_key(snapshot))
    outcome = rules.judge_card(identity.stamp if identity else None, snapshot.stamp)
    if identity is not None and outcome is not Outcome.APPLIED:
        _note_repetition(identity, snapshot, outcome)
        return Recorded(identity.patient_id, outcome)
    target_ref = snapshot.merged_into_ref
    if target_ref is not None and target_ref != snapshot.stamp.ref:
        return _record_merge(register, snapshot, identity, target_ref)
    if identity is not None and identity.state is IdentityState.MERGED:
        # Two people's points cannot be parted by a card's word: an undone merge is for a person to see.
        log.warning("patient_card_unmerge_ignored", infobase=snapshot.stamp.infobase, ref=snapshot.stamp.ref)
        _stamp(register, snapshot, identity.patient_id, IdentityState.MERGED)
        return Recorded(identity.patient_id, Outcome.APPLIED)
    return _record_card(register, snapshot, identity)


def _note_repetition(identity: IdentityRow, snapshot: PatientSnapshot, outcome: Outcome) -> None:
    """A repeated content under a newer number moves the number on: what came between them is stale."""
    if outcome is Outcome.DUPLICATE and identity.stamp.is_repeated_by(snapshot.stamp):
        moved = stamp_of(snapshot, identity.stamp)
        identity.is_changed = identity.is_changed or moved != identity.stamp
        identity.stamp = moved


def _record_card(register: Register, snapshot: PatientSnapshot, identity: IdentityRow | None) -> Recorded:
    personal = read_personal(snapshot)
    card_code = rules.normalise_card(snapshot.card_code)
    row = register.patients[identity.patient_id] if identity else register.match(personal, card_code)
    is_new = row is None
    if row is None:
        row = register.add_patient()
    _overlay(row, snapshot)
    if card_code is not None and card_code != row.card_code:
        previous = register.give_card(card_code, row)
        if previous not in {None, row.patient_id}:
            log.warning("patient_card_moved", from_patient_id=previous, to_patient_id=row.patient_id)
    state = IdentityState.LIVE if snapshot.stamp.is_live else IdentityState.DELETED
    _stamp(register, snapshot, row.patient_id, state)
    return Recorded(row.patient_id, Outcome.APPLIED, is_new=is_new)


def _overlay(row: PatientRow, snapshot: PatientSnapshot) -> None:
    """Take what the card knows; the first referral code stays, for the first one is the valid one."""
    personal = row.personal.overlaid_by(read_personal(snapshot))
    referral_code = row.referral_code_used or snapshot.referral_code.strip().upper() or None
    if personal != row.personal or referral_code != row.referral_code_used:
        row.personal, row.referral_code_used, row.is_changed = personal, referral_code, True


def _record_merge(
    register: Register, snapshot: PatientSnapshot, identity: IdentityRow | None, target_ref: UUID
) -> Recorded:
    """Let the card mean whom the surviving card means; its own contents count no more."""
    infobase = snapshot.stamp.infobase
    target = register.identities.get((infobase, target_ref))
    if target is None:
        waiting_for = card_waiting_key(infobase, target_ref)
        return Recorded(None, Outcome.PARKED, waiting_for=waiting_for)
    survivor_id = target.patient_id
    absorbed_id = None
    if identity is not None and identity.patient_id != survivor_id:
        absorbed_id = identity.patient_id
        register.merge(register.patients[absorbed_id], register.patients[survivor_id])
    _stamp(register, snapshot, survivor_id, IdentityState.MERGED)
    return Recorded(survivor_id, Outcome.APPLIED, absorbed_id=absorbed_id)


def _stamp(register: Register, snapshot: PatientSnapshot, patient_id: UUID, state: IdentityState) -> None:
    key = card_key(snapshot)
    known = register.identities.get(key)
    register.identities[key] = IdentityRow(
        key=key,
        patient_id=patient_id,
        external_code=snapshot.code.strip() or (known.external_code if known else ""),
        state=state,
        stamp=stamp_of(snapshot, known.stamp if known else None),
        is_changed=True,
    )
