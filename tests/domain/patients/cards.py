"""Patient cards of 1C for tests: every card is whole unless told otherwise."""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from hub.contracts.facts import Consent, DocumentStamp, PatientSnapshot
from hub.db.transaction import transaction
from hub.domain.patients.recording import Recorded, record_patients

MARIA = UUID("92c7ea9d-2cab-11e4-9f84-1078d2d69bb4")
OTHER = UUID("92c7ea9d-2cab-11e4-9f84-1078d2d69bb5")
THIRD = UUID("92c7ea9d-2cab-11e4-9f84-1078d2d69bb6")
PHONE = "+79000000001"
MORNING = datetime(2026, 5, 1, 6, tzinfo=UTC)


def card(ref: UUID = MARIA, *, no: int | None = 1, is_live: bool = True, **fields: Any) -> PatientSnapshot:
    """Make a card with message number `no`; its version and hash follow from what it says."""
    infobase = fields.pop("infobase", "umc_corp")
    occurred_at = fields.pop("occurred_at", MORNING + timedelta(minutes=no or 0))
    data_version = fields.pop("data_version", None)
    snapshot = PatientSnapshot(
        stamp=DocumentStamp(
            infobase=infobase,
            object_type="Catalog.Клиенты",
            ref=ref,
            number="",
            data_version="",
            content_hash=b"",
            message_no=no,
            occurred_at=occurred_at,
            is_live=is_live,
        ),
        **{
            "code": "000012345",
            "surname": "Иванова",
            "first_name": "Мария",
            "father_name": "Петровна",
            "birth_date": date(1990, 2, 14),
            "phone": PHONE,
            "email": "Maria@Example.org",
            "card_code": "ml-7k2q-91xc",
            "referral_code": "",
            "merged_into_ref": None,
            "consents": (),
            **fields,
        },
    )
    content_hash = hashlib.sha256(repr((replace(snapshot, stamp=None), is_live)).encode()).digest()  # type: ignore[arg-type]
    version = data_version if data_version is not None else content_hash.hex()[:8]
    return replace(snapshot, stamp=replace(snapshot.stamp, content_hash=content_hash, data_version=version))


def bare_card(ref: UUID, *, no: int | None = 1, **fields: Any) -> PatientSnapshot:
    """Make a card that tells nothing but what is given."""
    nothing: dict[str, Any] = {
        "code": "",
        "surname": "",
        "first_name": "",
        "father_name": "",
        "birth_date": None,
        "phone": None,
        "email": "",
        "card_code": "",
    }
    return card(ref, no=no, **{**nothing, **fields})


def consent(*, at: datetime = MORNING, is_granted: bool = True) -> Consent:
    return Consent(purpose="marketing", is_granted=is_granted, at=at, doc_version="2025-09-01")


def record(*cards: PatientSnapshot) -> list[Recorded]:
    with transaction() as session:
        return record_patients(session, cards)


def patient_id_of(recorded: Recorded) -> UUID:
    assert recorded.patient_id is not None
    return recorded.patient_id


def count(table: str) -> int:
    with transaction() as session:
        return int(session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)  # noqa: S608  # our own names
