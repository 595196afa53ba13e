"""Facts: what a stranger told us, understood. Frozen, in our units, free of anything medical."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from hub.kernel.money import Kopecks


class PaymentKind(StrEnum):
    """How a bill was paid; `points` is tolerated from 1C, where points are a discount."""

    CASH = "cash"
    CARD = "card"
    SBP = "sbp"
    PREPAYMENT = "prepayment"
    CERTIFICATE = "certificate"
    INSURANCE = "insurance"
    POINTS = "points"
    CASHBACK = "cashback"


@dataclass(frozen=True, slots=True)
class DocumentStamp:
    """Which document of which base, at which version; the head of every fact from 1C."""

    infobase: str
    object_type: str
    ref: UUID
    number: str
    data_version: str
    content_hash: bytes
    """sha256 over the normalised content, without ids, stamps and counters of the transport."""
    message_no: int | None
    occurred_at: datetime
    is_live: bool
    """Posted and not marked for deletion: the document counts."""
    correlation_id: str = ""
    """Of the call that brought it; the drain fills it in."""
    numbering: str = ""
    """Which run of numbers message_no belongs to: the sending node; the drain adds the count of restarts."""
    inbox_id: int = 0
    """The row that brought it; the drain fills it in."""


@dataclass(frozen=True, slots=True)
class VisitLine:
    """One service line, after discounts and points."""

    line_no: int
    service_ref: UUID
    loyalty_group: str
    doctor_ref: UUID | None
    amount_kopecks: Kopecks
    points_paid_kopecks: Kopecks


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment of the bill."""

    kind: PaymentKind
    amount_kopecks: Kopecks


@dataclass(frozen=True, slots=True)
class VisitSnapshot:
    """A visit document as 1C holds it now. `lines` are in line order; sums are checked by the mapper.

    A cancellation that knows only the reference (visit.cancelled) has no body: `is_live` is False,
    and patient, clinic, lines and payments are empty.
    """

    stamp: DocumentStamp
    patient_ref: UUID | None
    clinic_ref: UUID | None
    completed_at: datetime | None
    lines: tuple[VisitLine, ...]
    payments: tuple[Payment, ...]
    referral_code: str
    promo_code: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RefundLine:
    """How much of one visit line was given back."""

    line_no: int
    amount_kopecks: Kopecks


@dataclass(frozen=True, slots=True)
class VisitRefunded:
    """A refund document of a visit. No lines: the whole visit. Not live: the refund itself was undone."""

    stamp: DocumentStamp
    visit_ref: UUID
    lines: tuple[RefundLine, ...]


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent as recorded in 1C."""

    purpose: str
    is_granted: bool
    at: datetime
    doc_version: str


@dataclass(frozen=True, slots=True)
class PatientSnapshot:
    """A patient card of 1C. Empty strings and None mean that 1C knows nothing."""

    stamp: DocumentStamp
    code: str
    surname: str
    first_name: str
    father_name: str
    birth_date: date | None
    phone: str | None
    """E.164."""
    email: str
    card_code: str
    referral_code: str
    merged_into_ref: UUID | None
    consents: tuple[Consent, ...]


@dataclass(frozen=True, slots=True)
class UnknownKind:
    """Well-formed, but of a kind the hub does not use: ignored with a note."""

    kind: str


Fact = VisitSnapshot | VisitRefunded | PatientSnapshot | UnknownKind
