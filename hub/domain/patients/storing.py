"""Writes what a batch did to the register, in a constant number of statements."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.contracts.facts import PatientSnapshot
from hub.domain.documents.rules import write_marks
from hub.domain.patients.personal import INDEX_COLUMNS, SEALED_COLUMNS, index_personal, seal_personal
from hub.domain.patients.register import SYSTEM, IdentityRow, PatientRow, Register
from hub.kernel import clock


def store_register(
    session: Session,
    register: Register,
    *,
    consents: Sequence[tuple[UUID, PatientSnapshot]],
    source: str = SYSTEM,
) -> None:
    """Write the changed patients, then merges, identities, what follows for statuses, and consents.

    `source`: who told of the new ones first.
    """
    if register.claims:
        # First nobody holds them: the unique key is checked row by row, and cards may swap.
        session.execute(_FREE_CARDS, {"card_code": list(register.claims)})
    _store_patients(session, [row for row in register.patients.values() if row.is_changed], source)
    _store_merges(session, register.merges)
    _store_identities(session, [row for row in register.identities.values() if row.is_changed])
    _store_consents(session, consents)


def _store_patients(session: Session, rows: Sequence[PatientRow], source: str) -> None:
    if not rows:
        return
    sealed = [seal_personal(row.patient_id, row.personal) for row in rows]
    indexed = [index_personal(row.personal) for row in rows]
    session.execute(
        _STORE_PATIENTS,
        {
            "id": [row.patient_id for row in rows],
            "card_code": [row.card_code for row in rows],
            "referral_code_used": [row.referral_code_used for row in rows],
            "at": clock.now(),
            "source": source,
            **{column: [values[column] for values in sealed] for column in SEALED_COLUMNS},
            **{column: [values[column] for values in indexed] for column in INDEX_COLUMNS},
        },
    )


def _store_merges(session: Session, merges: Mapping[UUID, UUID]) -> None:
    """Point everything that meant a loser to the survivor; losers are found by their cards only."""
    if not merges:
        return
    pairs = {"loser": list(merges), "survivor": list(merges.values())}
    session.execute(_MERGE_PATIENTS, {**pairs, "at": clock.now()})
    session.execute(_MERGE_EARLIER_LOSERS, pairs)
    session.execute(_MERGE_IDENTITIES, pairs)


def _store_identities(session: Session, rows: Sequence[IdentityRow]) -> None:
    if not rows:
        return
    session.execute(
        _STORE_IDENTITIES,
        {
            "system": SYSTEM,
            "realm": [row.key[0] for row in rows],
            "external_ref": [row.key[1] for row in rows],
            "external_code": [row.external_code for row in rows],
            "patient_id": [row.patient_id for row in rows],
            "state": [row.state.value for row in rows],
            "data_version": [row.stamp.data_version for row in rows],
            "content_hash": [row.stamp.content_hash for row in rows],
            "message_no": [row.stamp.message_no for row in rows],
            "occurred_at": [row.stamp.occurred_at for row in rows],
            "marks": [write_marks(row.stamp) for row in rows],
            "merged_into_ref": [row.merged_into_ref for row in rows],
        },
    )
    patient_ids = sorted({row.patient_id for row in rows})
    session.execute(_FOLLOW_CARDS, {"id": patient_ids, "at": clock.now()})


def _store_consents(session: Session, consents: Sequence[tuple[UUID, PatientSnapshot]]) -> None:
    rows = [
        (patient_id, snapshot.stamp.infobase, consent)
        for patient_id, snapshot in consents
        for consent in snapshot.consents
    ]
    if rows:
        session.execute(
            _STORE_CONSENTS,
            {
                "patient_id": [patient_id for patient_id, _, _ in rows],
                "purpose": [consent.purpose for _, _, consent in rows],
                "is_granted": [consent.is_granted for _, _, consent in rows],
                "at": [consent.at for _, _, consent in rows],
                "doc_version": [consent.doc_version for _, _, consent in rows],
                "source": [f"{SYSTEM}:{infobase}" for _, infobase, _ in rows],
            },
        )


_FREE_CARDS = text("""
UPDATE patient SET card_code = NULL WHERE card_code = ANY(cast(:card_code AS text[]))
""")

_STORE_PATIENTS = text("""
INSERT INTO patient AS p
  (id, surname, first_name, father_name, birth_date, phone, email,
   phone_index, email_index, surname_index, surname_prefix_index, phone_birth_index,
   card_code, referral_code_used, source, created_at, updated_at)
SELECT s.*, :source, :at, :at
FROM unnest(
  cast(:id AS uuid[]), cast(:surname AS bytea[]), cast(:first_name AS bytea[]),
  cast(:father_name AS bytea[]), cast(:birth_date AS bytea[]), cast(:phone AS bytea[]),
  cast(:email AS bytea[]), cast(:phone_index AS bytea[]), cast(:email_index AS bytea[]),
  cast(:surname_index AS bytea[]), cast(:surname_prefix_index AS bytea[]),
  cast(:phone_birth_index AS bytea[]), cast(:card_code AS text[]), cast(:referral_code_used AS text[])
) AS s
ON CONFLICT (id) DO UPDATE SET
  surname = excluded.surname, first_name = excluded.first_name, father_name = excluded.father_name,
  birth_date = excluded.birth_date, phone = excluded.phone, email = excluded.email,
  phone_index = excluded.phone_index, email_index = excluded.email_index,
  surname_index = excluded.surname_index, surname_prefix_index = excluded.surname_prefix_index,
  phone_birth_index = excluded.phone_birth_index, card_code = excluded.card_code,
  referral_code_used = excluded.referral_code_used, version = p.version + 1,
  updated_at = excluded.updated_at
""")

_MERGE_PATIENTS = text("""
UPDATE patient p SET status = 'merged', merged_into = m.survivor, version = p.version + 1, updated_at = :at,
  phone_index = NULL, email_index = NULL, surname_index = NULL, surname_prefix_index = NULL,
  phone_birth_index = NULL
FROM unnest(cast(:loser AS uuid[]), cast(:survivor AS uuid[])) AS m (loser, survivor)
WHERE p.id = m.loser
""")

_MERGE_EARLIER_LOSERS = text("""
UPDATE patient p SET merged_into = m.survivor
FROM unnest(cast(:loser AS uuid[]), cast(:survivor AS uuid[])) AS m (loser, survivor)
WHERE p.merged_into = m.loser
""")

_MERGE_IDENTITIES = text("""
UPDATE external_identity e SET patient_id = m.survivor
FROM unnest(cast(:loser AS uuid[]), cast(:survivor AS uuid[])) AS m (loser, survivor)
WHERE e.patient_id = m.loser
""")

_STORE_IDENTITIES = text("""
INSERT INTO external_identity
  (system, realm, external_ref, external_code, patient_id, state, data_version, content_hash, message_no,
   occurred_at, marks, merged_into_ref)
SELECT :system, realm, external_ref, external_code, patient_id, state, data_version, content_hash, message_no,
  occurred_at, cast(marks AS jsonb), merged_into_ref
FROM unnest(
  cast(:realm AS text[]), cast(:external_ref AS uuid[]), cast(:external_code AS text[]),
  cast(:patient_id AS uuid[]), cast(:state AS text[]), cast(:data_version AS text[]),
  cast(:content_hash AS bytea[]), cast(:message_no AS bigint[]), cast(:occurred_at AS timestamptz[]),
  cast(:marks AS text[]), cast(:merged_into_ref AS uuid[])
) AS s (realm, external_ref, external_code, patient_id, state, data_version, content_hash, message_no,
        occurred_at, marks, merged_into_ref)
ON CONFLICT (system, realm, external_ref) DO UPDATE SET
  external_code = excluded.external_code, patient_id = excluded.patient_id, state = excluded.state,
  data_version = excluded.data_version, content_hash = excluded.content_hash,
  message_no = excluded.message_no, occurred_at = excluded.occurred_at, marks = excluded.marks,
  merged_into_ref = excluded.merged_into_ref
""")

# Frozen by 1C: some card is marked for deletion, and no other card of the person is live.
_FOLLOW_CARDS = text("""
UPDATE patient p SET status = c.status, version = p.version + 1, updated_at = :at
FROM (
  SELECT patient_id,
    CASE WHEN bool_or(state = 'deleted') AND NOT bool_or(state = 'live') THEN 'frozen' ELSE 'active' END
      AS status
  FROM external_identity WHERE patient_id = ANY(cast(:id AS uuid[])) GROUP BY patient_id
) c
WHERE p.id = c.patient_id AND p.status <> 'merged' AND p.status <> c.status
""")

_STORE_CONSENTS = text("""
INSERT INTO consent (patient_id, purpose, is_granted, at, doc_version, source)
SELECT * FROM unnest(
  cast(:patient_id AS uuid[]), cast(:purpose AS text[]), cast(:is_granted AS boolean[]),
  cast(:at AS timestamptz[]), cast(:doc_version AS text[]), cast(:source AS text[])
)
ON CONFLICT DO NOTHING
""")
