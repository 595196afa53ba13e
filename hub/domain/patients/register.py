"""The slice of the patient register that one batch touches, read and locked once, changed in memory.

Snapshots of a batch see each other here: two cards of one new person in one batch make one patient.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.contracts.facts import PatientSnapshot
from hub.domain.documents.rules import AppliedStamp, read_stamp
from hub.domain.patients import rules
from hub.domain.patients.models import IdentityState
from hub.domain.patients.personal import SEALED_COLUMNS, Personal, open_personal, phone_birth_index
from hub.kernel.ids import new_id

SYSTEM = "onec"
CardKey = tuple[str, UUID]
"""Infobase and the ref of its patient card."""


@dataclass(slots=True)
class PatientRow:
    """A patient as the batch leaves them."""

    patient_id: UUID
    personal: Personal
    card_code: str | None = None
    referral_code_used: str | None = None
    is_changed: bool = False


@dataclass(slots=True)
class IdentityRow:
    """What 1C calls a patient, as the batch leaves it."""

    key: CardKey
    patient_id: UUID
    external_code: str
    state: IdentityState
    stamp: AppliedStamp
    merged_into_ref: UUID | None = None
    is_changed: bool = False


@dataclass(slots=True)
class Register:
    """Patients and identities by key. `claims`: cards that changed hands; `merges`: loser → survivor."""

    patients: dict[UUID, PatientRow] = field(default_factory=dict)
    identities: dict[CardKey, IdentityRow] = field(default_factory=dict)
    cards: dict[str, UUID] = field(default_factory=dict)
    claims: set[str] = field(default_factory=set)
    merges: dict[UUID, UUID] = field(default_factory=dict)

    def match(self, personal: Personal, card_code: str | None) -> PatientRow | None:
        """Find the one person a new card is about: by card code, else by phone and birth date.

        A known and different birth date outweighs the card (families share one), a known and different
        first name outweighs phone and birth date (twins share both): a card too many is merged in 1C,
        two people made one cannot be parted.
        """
        holder = self.patients.get(self.cards[card_code]) if card_code in self.cards else None
        if holder and not rules.contradicts(holder.personal.birth_date, personal.birth_date):
            return holder
        if personal.phone is None or personal.birth_date is None:
            return None
        found = [row for row in self.patients.values() if self._is_namesake(row, personal)]
        return found[0] if len(found) == 1 else None

    def _is_namesake(self, row: PatientRow, personal: Personal) -> bool:
        ours = row.personal
        return (
            row.patient_id not in self.merges
            and ours.phone == personal.phone
            and ours.birth_date == personal.birth_date
            and not rules.contradicts(
                rules.normalise_name(ours.first_name), rules.normalise_name(personal.first_name)
            )
        )

    def add_patient(self) -> PatientRow:
        """Start a patient nobody knew."""
        row = PatientRow(patient_id=new_id(), personal=Personal(), is_changed=True)
        self.patients[row.patient_id] = row
        return row

    def leads_to(self, start: CardKey, goal: CardKey) -> bool:
        """Tell whether following merges from one card ends in, or passes, the other."""
        infobase, ref = start
        while (infobase, ref) != goal:
            row = self.identities.get((infobase, ref))
            if row is None or row.merged_into_ref is None:
                return False
            ref = row.merged_into_ref
        return True

    def give_card(self, card_code: str, row: PatientRow) -> UUID | None:
        """Give the card to this patient; 1C's last word counts. Gives back who held it before."""
        previous = self.cards.get(card_code)
        if previous in self.patients:
            self.patients[previous].card_code = None
            self.patients[previous].is_changed = True
        if row.card_code is not None:
            self.cards.pop(row.card_code, None)
        row.card_code = card_code
        row.is_changed = True
        self.cards[card_code] = row.patient_id
        self.claims.add(card_code)
        return previous

    def merge(self, loser: PatientRow, survivor: PatientRow) -> None:
        """Fold the loser into the survivor, who learns what only the loser's card knew."""
        learned = loser.personal.overlaid_by(survivor.personal)
        survivor.is_changed = survivor.is_changed or learned != survivor.personal
        survivor.personal = learned
        if survivor.card_code is None and loser.card_code is not None:
            self.cards[loser.card_code] = loser.patient_id
            self.give_card(loser.card_code, survivor)
        for earlier, target in self.merges.items():
            if target == loser.patient_id:
                self.merges[earlier] = survivor.patient_id
        self.merges[loser.patient_id] = survivor.patient_id
        for identity in self.identities.values():
            if identity.patient_id == loser.patient_id:
                identity.patient_id = survivor.patient_id
        for card_code, holder in self.cards.items():
            if holder == loser.patient_id:
                self.cards[card_code] = survivor.patient_id


def open_register(session: Session, snapshots: Sequence[PatientSnapshot]) -> Register:
    """Read and lock, in id order, every row these snapshots could be about."""
    register = Register()
    _read_identities(session, register, snapshots)
    cards = {card for snapshot in snapshots if (card := rules.normalise_card(snapshot.card_code))}
    _read_cards(session, register, cards)
    patient_ids = {row.patient_id for row in register.identities.values()} | set(register.cards.values())
    fingerprints = {
        wanted for snapshot in snapshots if (wanted := phone_birth_index(read_personal(snapshot))) is not None
    }
    _read_patients(session, register, patient_ids, fingerprints)
    return register


def open_register_for(session: Session, personal: Personal) -> Register:
    """Read and lock, in id order, whoever a person with this phone and birth date could be."""
    register = Register()
    fingerprint = phone_birth_index(personal)
    _read_patients(session, register, (), () if fingerprint is None else (fingerprint,))
    return register


def open_register_of(session: Session, patient_id: UUID) -> Register:
    """Read and lock one patient by id; a merged one is not there."""
    register = Register()
    _read_patients(session, register, (patient_id,), ())
    return register


def read_personal(snapshot: PatientSnapshot) -> Personal:
    """Take the personal values of a snapshot."""
    return Personal(
        surname=snapshot.surname.strip(),
        first_name=snapshot.first_name.strip(),
        father_name=snapshot.father_name.strip(),
        birth_date=snapshot.birth_date,
        phone=snapshot.phone,
        email=rules.normalise_email(snapshot.email),
    )


def card_key(snapshot: PatientSnapshot) -> CardKey:
    """Name the card that a snapshot shows."""
    return snapshot.stamp.infobase, snapshot.stamp.ref


def _read_identities(session: Session, register: Register, snapshots: Sequence[PatientSnapshot]) -> None:
    keys = {card_key(snapshot) for snapshot in snapshots}
    keys |= {
        (snapshot.stamp.infobase, snapshot.merged_into_ref)
        for snapshot in snapshots
        if snapshot.merged_into_ref is not None
    }
    rows = session.execute(
        _READ_IDENTITIES,
        {
            "system": SYSTEM,
            "realm": [infobase for infobase, _ in keys],
            "external_ref": [ref for _, ref in keys],
        },
    )
    for row in rows:
        register.identities[row.realm, row.external_ref] = IdentityRow(
            key=(row.realm, row.external_ref),
            patient_id=row.patient_id,
            external_code=row.external_code,
            state=IdentityState(row.state),
            stamp=read_stamp(
                data_version=row.data_version,
                content_hash=row.content_hash,
                message_no=row.message_no,
                occurred_at=row.occurred_at,
                marks=row.marks,
            ),
            merged_into_ref=row.merged_into_ref,
        )


def _read_cards(session: Session, register: Register, cards: Iterable[str]) -> None:
    """A merged patient's card means the one who took over."""
    rows = session.execute(_READ_CARDS, {"card_code": list(cards)})
    for row in rows:
        register.cards[row.card_code] = row.patient_id


def _read_patients(
    session: Session, register: Register, patient_ids: Iterable[UUID], fingerprints: Iterable[bytes]
) -> None:
    rows = session.execute(_READ_PATIENTS, {"id": list(patient_ids), "phone_birth_index": list(fingerprints)})
    for row in rows:
        sealed = {column: getattr(row, column) for column in SEALED_COLUMNS}
        register.patients[row.id] = PatientRow(
            patient_id=row.id,
            personal=open_personal(row.id, sealed),
            card_code=row.card_code,
            referral_code_used=row.referral_code_used,
        )


# With the cards that they were merged into, to the end of each chain.
_READ_IDENTITIES = text("""
WITH RECURSIVE told AS (
  SELECT e.* FROM external_identity e
  JOIN unnest(cast(:realm AS text[]), cast(:external_ref AS uuid[])) AS k (realm, external_ref)
    ON e.realm = k.realm AND e.external_ref = k.external_ref
  WHERE e.system = :system
  UNION
  SELECT e.* FROM told
  JOIN external_identity e
    ON e.system = :system AND e.realm = told.realm AND e.external_ref = told.merged_into_ref)
SELECT realm, external_ref, external_code, patient_id, state, merged_into_ref,
       data_version, content_hash, message_no, occurred_at, marks
FROM told
""")

_READ_CARDS = text("""
SELECT card_code, coalesce(merged_into, id) AS patient_id FROM patient
WHERE card_code = ANY(cast(:card_code AS text[]))
""")

_READ_PATIENTS = text("""
SELECT id, surname, first_name, father_name, birth_date, phone, email, card_code, referral_code_used
FROM patient
WHERE (id = ANY(cast(:id AS uuid[])) OR phone_birth_index = ANY(cast(:phone_birth_index AS bytea[])))
  AND status <> 'merged'
ORDER BY id FOR NO KEY UPDATE
""")
