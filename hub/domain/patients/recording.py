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
from hub.domain.documents.rules import AppliedStamp, Verdict, judge
from hub.domain.patients import rules
from hub.domain.patients.models import IdentityState
from hub.domain.patients.register import (
    CardKey,
    IdentityRow,
    PatientRow,
    Register,
    card_key,
    open_register,
    read_personal,
)
from hub.domain.patients.rules import MergeRefusal, Outcome
from hub.domain.patients.storing import store_register

log = structlog.get_logger(__name__)
# One writer of the register at a time: who is the same person is decided by three keys at once, which
# no single unique key can guard, and hundreds of small locks per batch would fill the lock table.
MATCHING_LOCK = "patient-matching"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one snapshot.

    `patient_id` is who the card means now (None while parked); `absorbed_id` is a patient who was folded
    into them by this snapshot: the flow moves what that one owned. `waiting_for` names the missing card.
    `is_merge_kept`: the card was merged once, and is silent about it now.
    """

    patient_id: UUID | None
    outcome: Outcome
    is_new: bool = False
    absorbed_id: UUID | None = None
    waiting_for: str | None = None
    refusal: MergeRefusal | None = None
    is_merge_kept: bool = False


def record_patients(session: Session, snapshots: Sequence[PatientSnapshot]) -> list[Recorded]:
    """Bring the register to what these cards say, in the given order; one answer per snapshot.

    A card marked for deletion freezes the patient when no live card is left, and erases nothing. A card
    merged into one that is not known yet is `parked` whole; one merged into itself, into a card that was
    merged into it, or into a second person is `refused` and changes nothing. Repeating changes nothing.
    The number of statements does not depend on the number of snapshots.
    """
    if not snapshots:
        return []
    lock_names(session, [MATCHING_LOCK])
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
    judgement = judge(identity.stamp if identity else None, snapshot.stamp)
    if snapshot.merged_into_ref is not None:
        return _record_merge(register, snapshot, judgement.stamp, snapshot.merged_into_ref)
    if identity is None:
        return _record_card(register, snapshot, judgement.stamp, None)
    if judgement.verdict is not Verdict.NEWS:
        _note(identity, judgement.stamp)
        return Recorded(identity.patient_id, rules.OUTCOMES[judgement.verdict])
    if identity.state is IdentityState.MERGED:
        # Two people's points cannot be parted by a card's silence: an undone merge is for a person to see.
        _note(identity, judgement.stamp)
        return Recorded(identity.patient_id, Outcome.APPLIED, is_merge_kept=True)
    return _record_card(register, snapshot, judgement.stamp, identity)


def _note(identity: IdentityRow, stamp: AppliedStamp) -> None:
    """Remember a message that changed nothing: what it overtook stays overtaken."""
    identity.is_changed = identity.is_changed or stamp != identity.stamp
    identity.stamp = stamp


def _record_card(
    register: Register, snapshot: PatientSnapshot, stamp: AppliedStamp, identity: IdentityRow | None
) -> Recorded:
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
    _identify(register, snapshot, stamp, row.patient_id, state)
    return Recorded(row.patient_id, Outcome.APPLIED, is_new=is_new)


def _overlay(row: PatientRow, snapshot: PatientSnapshot) -> None:
    """Take what the card knows; the first referral code stays, for the first one is the valid one."""
    personal = row.personal.overlaid_by(read_personal(snapshot))
    referral_code = row.referral_code_used or snapshot.referral_code.strip().upper() or None
    if personal != row.personal or referral_code != row.referral_code_used:
        row.personal, row.referral_code_used, row.is_changed = personal, referral_code, True


def _record_merge(
    register: Register, snapshot: PatientSnapshot, stamp: AppliedStamp, target_ref: UUID
) -> Recorded:
    """Let the card mean whom the surviving card means; its own contents count no more.

    A merge counts however late it comes: a newer card that is silent about it takes nothing back.
    """
    key, target_key = card_key(snapshot), (snapshot.stamp.infobase, target_ref)
    identity, target = register.identities.get(key), register.identities.get(target_key)
    if identity is not None and identity.merged_into_ref == target_ref:
        _note(identity, stamp)
        return Recorded(identity.patient_id, Outcome.DUPLICATE)
    refusal = _refuse_merge(register, key, target_key)
    if refusal is not None:
        return Recorded(identity.patient_id if identity else None, Outcome.REFUSED, refusal=refusal)
    if target is None:
        return Recorded(None, Outcome.PARKED, waiting_for=card_waiting_key(*target_key))
    survivor_id = target.patient_id
    absorbed_id = None
    if identity is not None and identity.patient_id != survivor_id:
        absorbed_id = identity.patient_id
        register.merge(register.patients[absorbed_id], register.patients[survivor_id])
    _identify(register, snapshot, stamp, survivor_id, IdentityState.MERGED)
    return Recorded(survivor_id, Outcome.APPLIED, absorbed_id=absorbed_id)


def _refuse_merge(register: Register, key: CardKey, target_key: CardKey) -> MergeRefusal | None:
    if key == target_key:
        return MergeRefusal.ITSELF
    if register.leads_to(target_key, key):
        return MergeRefusal.CYCLE
    identity, target = register.identities.get(key), register.identities.get(target_key)
    is_merged = identity is not None and identity.state is IdentityState.MERGED
    is_same = identity is not None and target is not None and identity.patient_id == target.patient_id
    return MergeRefusal.CONTRADICTED if is_merged and not is_same else None


def _identify(
    register: Register,
    snapshot: PatientSnapshot,
    stamp: AppliedStamp,
    patient_id: UUID,
    state: IdentityState,
) -> None:
    key = card_key(snapshot)
    known = register.identities.get(key)
    register.identities[key] = IdentityRow(
        key=key,
        patient_id=patient_id,
        external_code=snapshot.code.strip() or (known.external_code if known else ""),
        state=state,
        stamp=stamp,
        merged_into_ref=snapshot.merged_into_ref,
        is_changed=True,
    )
