"""Documents as frozen snapshots, and the notices that tell the hub about one version of one of them.

Money is int kopecks; instants are aware, in the clinic's own zone; `version` only grows within one document.
"""

import base64
import datetime as dt
from dataclasses import dataclass
from typing import Literal

from sandbox.onec.catalog import CLINICS, Clinic, Patient, Service, stable_ref

NoticeKind = Literal["visit.completed", "visit.cancelled", "visit.refunded", "patient.upserted"]
CancelKind = Literal["unposted", "deletion_mark", "refund"]
PaymentKind = Literal["cash", "card", "sbp", "prepayment", "insurance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One service of a visit."""

    no: int
    service: Service
    doctor_ref: str | None
    qty: int
    price_kopecks: int
    discount_kopecks: int = 0

    @property
    def amount_kopecks(self) -> int:
        """Money asked for this line."""
        return self.qty * self.price_kopecks - self.discount_kopecks


@dataclass(frozen=True, slots=True)
class Payment:
    """One way in which the visit was paid."""

    kind: PaymentKind
    amount_kopecks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A document «ОказаниеУслуг» at one version."""

    ref: str
    number: str
    clinic: Clinic
    patient: Patient
    begun_at: dt.datetime
    completed_at: dt.datetime
    changed_at: dt.datetime
    version: int
    lines: tuple[Line, ...]
    payments: tuple[Payment, ...]
    referral_code: str = ""
    is_posted: bool = True
    is_marked_for_deletion: bool = False
    returned_lines: frozenset[int] = frozenset()
    """Lines whose money went back by refund documents that stand."""

    @property
    def is_refunded(self) -> bool:
        """True when the money of every line went back."""
        return len(self.returned_lines) == len(self.lines)

    @property
    def total_kopecks(self) -> int:
        """Σ of the lines, which the payments equal."""
        return sum(line.amount_kopecks for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """A document «ВозвратОплатыКлиенту» which returns lines of one visit."""

    ref: str
    number: str
    visit: Visit
    """The visit as it stands after this version of the refund."""
    lines: tuple[Line, ...]
    changed_at: dt.datetime
    version: int
    is_posted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What one push tells: a kind, an instant, and the snapshot it is about."""

    event_id: str
    kind: NoticeKind
    occurred_at: dt.datetime
    subject: Visit | Refund | Patient
    cancel_kind: CancelKind | None = None

    @property
    def document_event_id(self) -> str:
        """The id that every version of this document would share, had 1C no better idea."""
        return stable_ref("notice", self.subject.ref)

    @property
    def is_first_version(self) -> bool:
        """True for a visit that was never changed."""
        return isinstance(self.subject, Visit) and self.subject.changed_at == self.subject.completed_at

    @property
    def clinic(self) -> Clinic:
        """Branch whose node and zone the notice is written in; catalogues belong to the first."""
        if isinstance(self.subject, Patient):
            return CLINICS[0]
        return self.subject.clinic if isinstance(self.subject, Visit) else self.subject.visit.clinic


def completed(visit: Visit) -> Notice:
    """Tell the whole document as it is now: done, edited, posted again, or silently unposted."""
    return _visit_notice(visit, "visit.completed", None)


def cancelled(visit: Visit) -> Notice:
    """Tell that the document no longer counts, naming which of the two ways it was withdrawn."""
    return _visit_notice(
        visit, "visit.cancelled", "deletion_mark" if visit.is_marked_for_deletion else "unposted"
    )


def refunded(refund: Refund) -> Notice:
    """Tell that money of a visit went back by a document of its own; unposted, that it did not."""
    return Notice(
        event_id=stable_ref("notice", refund.ref, refund.version),
        kind="visit.refunded",
        occurred_at=refund.changed_at,
        subject=refund,
        cancel_kind="refund",
    )


def registered(patient: Patient) -> Notice:
    """Tell a patient's card as it is now. Repeating gives the same notice."""
    return Notice(
        event_id=stable_ref("notice", patient.ref, patient.version),
        kind="patient.upserted",
        occurred_at=patient.changed_at,
        subject=patient,
    )


def _visit_notice(visit: Visit, kind: NoticeKind, cancel_kind: CancelKind | None) -> Notice:
    # Derived from the version, so that a restarted sandbox tells its history with the same ids and bytes.
    event_id = stable_ref("notice", visit.ref, visit.version)
    return Notice(
        event_id=event_id, kind=kind, occurred_at=visit.changed_at, subject=visit, cancel_kind=cancel_kind
    )


def data_version(counter: int) -> str:
    """Spell a counter as 1C's ВерсияДанных: base64 of eight bytes."""
    return base64.b64encode(counter.to_bytes(8, "big")).decode("ascii")
