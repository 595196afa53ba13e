"""Consents given and withdrawn in the cabinet: a log that only grows; the newest word on a purpose counts."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from hub.domain.patients.consent_texts import CONSENT_TEXTS, Purpose
from hub.domain.patients.models import ConsentRecord
from hub.kernel import clock
from hub.kernel.settings import vault

SOURCE = "cabinet"


@dataclass(frozen=True, slots=True)
class Decision:
    """A yes or no to the present text of a purpose."""

    purpose: Purpose
    is_granted: bool


@dataclass(frozen=True, slots=True)
class LoggedConsent:
    """One line of the log. `source`: "cabinet", or "onec:<infobase>"."""

    purpose: str
    is_granted: bool
    at: datetime
    doc_version: str
    text_hash: bytes | None = field(repr=False)
    source: str


def record_consents(
    session: Session, patient_id: UUID, decisions: Collection[Decision], *, address: str
) -> None:
    """Log decisions under the texts' present versions; `address` is kept sealed as their proof.

    A decision that already is the newest word on its purpose and version is not logged again.
    """
    at = clock.now()
    newest = {line.purpose: line for line in reversed(list_consents(session, patient_id))}
    rows = [
        {
            "patient_id": patient_id,
            "purpose": decision.purpose.value,
            "is_granted": decision.is_granted,
            "at": at,
            "doc_version": CONSENT_TEXTS[decision.purpose].version,
            "text_hash": CONSENT_TEXTS[decision.purpose].text_hash,
            "source": SOURCE,
            "address": _seal_address(patient_id, address) if address else None,
        }
        for decision in decisions
        if not _is_said(newest.get(decision.purpose), decision)
    ]
    if rows:
        session.execute(insert(ConsentRecord).values(rows))


def list_consents(session: Session, patient_id: UUID) -> list[LoggedConsent]:
    """Give the whole log of a patient, the newest first."""
    rows = session.execute(
        select(
            ConsentRecord.purpose,
            ConsentRecord.is_granted,
            ConsentRecord.at,
            ConsentRecord.doc_version,
            ConsentRecord.text_hash,
            ConsentRecord.source,
        )
        .where(ConsentRecord.patient_id == patient_id)
        .order_by(ConsentRecord.at.desc(), ConsentRecord.id.desc())
    )
    return [LoggedConsent(*row) for row in rows]


def _is_said(newest: LoggedConsent | None, decision: Decision) -> bool:
    return (
        newest is not None
        and newest.is_granted == decision.is_granted
        and newest.doc_version == CONSENT_TEXTS[decision.purpose].version
    )


def _seal_address(patient_id: UUID, address: str) -> bytes:
    return vault().seal(address.encode(), context=address_context(patient_id))


def address_context(patient_id: UUID) -> str:
    """Bind a sealed address to its patient."""
    return f"consent:{patient_id}:address"
