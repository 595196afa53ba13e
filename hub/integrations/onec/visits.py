"""Visit documents and their refunds as facts. Sums that disagree only warn: money was taken as it was."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.contracts.facts import Payment, PaymentKind, RefundLine, VisitLine, VisitRefunded, VisitSnapshot
from hub.integrations.onec import names
from hub.integrations.onec.document_event import FIELD, RECORD, DocumentEvent
from hub.integrations.onec.errors import FactInvalidError
from hub.integrations.onec.payment_kinds import find_payment_kind
from hub.integrations.onec.section import Section
from hub.kernel.clock import to_wire
from hub.kernel.money import Kopecks

LINES_MAX = 500
PAYMENTS_MAX = 50
_LINE_NO_MAX = 100_000
"""1C's own limit of a tabular part is 99,999 rows."""
_QTY_WHOLE = 100
"""A quantity is read as hundredths too."""
_WITHDRAWALS = frozenset({"unposted", "deletionmark", "отменапроведения", "пометкаудаления", ""})
_REFUNDS = frozenset({"refund", "возврат"})
_NOTHING = Kopecks(0)


@dataclass(frozen=True, slots=True)
class _Bill:
    """The body of a visit, before it is stamped."""

    patient_ref: UUID | None = None
    clinic_ref: UUID | None = None
    completed_at: datetime | None = None
    lines: tuple[VisitLine, ...] = ()
    payments: tuple[Payment, ...] = ()
    referral_code: str = ""
    promo_code: str = ""


def read_completed(event: DocumentEvent) -> VisitSnapshot:
    """Read a visit as it stands; one that was unposted or marked for deletion is not live.

    Raises: FactInvalidError, for a live document; no body can stop a withdrawal.
    """
    if not event.is_live:
        return _withdrawn(event, event.document.get_ref("ref"))
    bill = _bill(event, event.body("visit", names.VISIT))
    return _snapshot(event, event.document.get_ref("ref"), bill, is_live=True)


def read_cancelled(event: DocumentEvent) -> VisitSnapshot | VisitRefunded:
    """Read a withdrawal, or a refund when `cancel.kind` says so. Raises: FactInvalidError."""
    cancel = event.root.section("cancel", names.CANCEL)
    if _is_refund(cancel, default=False):
        return read_refunded(event)
    if cancel.is_empty and not event.root.has("visit") and event.root.has("patient"):
        raise event.root.invalid("patient", "body-mismatch")
    ref = event.document.find_ref("ref") or cancel.get_ref("visit_ref")
    if (cancel.find_ref("visit_ref") or ref) != ref:
        raise cancel.invalid("visit_ref", "ref-mismatch")
    return _withdrawn(event, ref)


def read_refunded(event: DocumentEvent) -> VisitSnapshot | VisitRefunded:
    """Read a refund document of its own; unposted or deleted, the refund itself is undone.

    A cancellation that calls itself a refund but names the visit's own document is a withdrawal.
    Raises: FactInvalidError.
    """
    cancel = event.body("cancel", names.CANCEL)
    visit_ref = cancel.get_ref("visit_ref")
    is_refund = _is_refund(cancel, default=True)
    ref = cancel.find_ref("refund_doc_ref") or event.document.get_ref("ref")
    if not is_refund and event.document.find_ref("ref") == visit_ref:
        return _withdrawn(event, visit_ref)
    if ref == visit_ref:
        # Under the visit's own key the refund would pass for a version of the visit.
        raise cancel.invalid("refund_doc_ref", "required")
    is_live = event.is_live and is_refund
    lines = _refund_lines(cancel)
    content = (str(visit_ref), *(f"{line.line_no}{FIELD}{line.amount_kopecks}" for line in lines))
    return VisitRefunded(
        stamp=event.stamp(ref, is_live=is_live, content=content), visit_ref=visit_ref, lines=lines
    )


def _is_refund(cancel: Section, *, default: bool) -> bool:
    kind = cancel.text("kind").lower().replace("_", "").replace(" ", "")
    if kind not in _REFUNDS | _WITHDRAWALS:
        raise cancel.invalid("kind", "unknown-kind")
    return kind in _REFUNDS if kind else default


def _withdrawn(event: DocumentEvent, ref: UUID) -> VisitSnapshot:
    bill = _Bill()
    if event.root.has("visit"):
        try:
            bill = _bill(event, event.body("visit", names.VISIT))
        except FactInvalidError:
            event.root.warnings.clear()
            event.root.warnings.add("body-unreadable")
    return _snapshot(event, ref, bill, is_live=False)


def _bill(event: DocumentEvent, visit: Section) -> _Bill:
    promo = visit.section("promo", names.PROMO)
    document_date = event.document.find_instant("date")
    completed_at = visit.find_instant("completed_at") or document_date
    if completed_at is None:
        raise visit.invalid("completed_at", "required")
    lines = _lines(visit)
    payments = _payments(visit)
    _compare_sums(visit, lines, payments)
    return _Bill(
        patient_ref=_patient_ref(visit),
        clinic_ref=visit.get_ref("clinic_ref"),
        completed_at=completed_at,
        lines=lines,
        payments=payments,
        referral_code=promo.text("referral_code") or visit.text("referral_code"),
        promo_code=promo.text("promo_code") or visit.text("promo_code"),
    )


def _patient_ref(visit: Section) -> UUID:
    # «Клиент» is an object in our own events, and a bare GUID wherever 1C fills it by itself.
    if isinstance(visit.fields.get("patient"), str):
        return visit.get_ref("patient")
    return visit.section("patient", names.PATIENT).get_ref("ref")


def _lines(visit: Section) -> tuple[VisitLine, ...]:
    rows = visit.rows("lines", names.LINE, up_to=LINES_MAX)
    lines = [_line(row) for row in rows]
    _refuse_repeats(rows, [line.line_no for line in lines])
    return tuple(sorted(lines, key=lambda line: line.line_no))


def _line(row: Section) -> VisitLine:
    amount = row.get_kopecks("amount")
    points_paid = row.get_kopecks("points_paid", default=_NOTHING)
    _compare_line(row, amount + points_paid)
    return VisitLine(
        line_no=row.get_number("no", up_to=_LINE_NO_MAX),
        service_ref=row.get_ref("service_ref"),
        loyalty_group=row.text("loyalty_group"),
        doctor_ref=row.find_ref("doctor_ref"),
        amount_kopecks=amount,
        points_paid_kopecks=points_paid,
    )


def _compare_line(row: Section, paid_kopecks: int) -> None:
    """Warn unless qty × price − discount is what was paid, to a kopeck; silent without both."""
    qty = row.find_hundredths("qty")
    price = row.find_kopecks("price")
    discount = row.find_kopecks("discount") or _NOTHING
    if qty is None or price is None or qty[1]:
        return
    if abs(qty[0] * price - (discount + paid_kopecks) * _QTY_WHOLE) > _QTY_WHOLE:
        row.warnings.add("line-sum")


def _payments(visit: Section) -> tuple[Payment, ...]:
    rows = visit.rows("payments", names.PAYMENT, up_to=PAYMENTS_MAX)
    return tuple(Payment(kind=_payment_kind(row), amount_kopecks=row.get_kopecks("amount")) for row in rows)


def _payment_kind(row: Section) -> PaymentKind:
    kind = find_payment_kind(row.text("kind"))
    if kind is None:
        raise row.invalid("kind", "unknown-kind" if row.has("kind") else "required")
    return kind


def _compare_sums(visit: Section, lines: tuple[VisitLine, ...], payments: tuple[Payment, ...]) -> None:
    total = visit.find_kopecks("total")
    lines_total = sum(line.amount_kopecks for line in lines)
    payments_total = sum(payment.amount_kopecks for payment in payments)
    if not lines and (total or payments_total):
        # Money without a single line: the lines came under a name that we do not know.
        raise visit.invalid("lines", "required")
    if total is not None and total != lines_total:
        visit.warnings.add("total-mismatch")
    if payments_total != lines_total:
        visit.warnings.add("payments-mismatch")


def _refund_lines(cancel: Section) -> tuple[RefundLine, ...]:
    rows = cancel.rows("lines", names.LINE, up_to=LINES_MAX)
    lines = [
        RefundLine(line_no=row.get_number("no", up_to=_LINE_NO_MAX), amount_kopecks=row.get_kopecks("amount"))
        for row in rows
    ]
    _refuse_repeats(rows, [line.line_no for line in lines])
    return tuple(sorted(lines, key=lambda line: line.line_no))


def _refuse_repeats(rows: list[Section], numbers: list[int]) -> None:
    seen: set[int] = set()
    for row, number in zip(rows, numbers, strict=True):
        if number in seen:
            raise row.invalid("no", "duplicate-no")
        seen.add(number)


def _snapshot(event: DocumentEvent, ref: UUID, bill: _Bill, *, is_live: bool) -> VisitSnapshot:
    stamp = event.stamp(ref, is_live=is_live, content=_bill_content(bill))
    return VisitSnapshot(
        stamp=stamp,
        patient_ref=bill.patient_ref,
        clinic_ref=bill.clinic_ref,
        completed_at=bill.completed_at,
        lines=bill.lines,
        payments=bill.payments,
        referral_code=bill.referral_code,
        promo_code=bill.promo_code,
        warnings=tuple(sorted(event.root.warnings)),
    )


def _bill_content(bill: _Bill) -> tuple[str, ...]:
    head = (
        bill.patient_ref,
        bill.clinic_ref,
        to_wire(bill.completed_at) if bill.completed_at else "",
        bill.referral_code,
        bill.promo_code,
    )
    lines = (
        FIELD.join(
            (
                str(line.line_no),
                str(line.service_ref),
                line.loyalty_group,
                str(line.doctor_ref),
                str(line.amount_kopecks),
                str(line.points_paid_kopecks),
            )
        )
        for line in bill.lines
    )
    payments = sorted(f"{payment.kind.value}{FIELD}{payment.amount_kopecks}" for payment in bill.payments)
    return (FIELD.join(map(str, head)), RECORD.join(lines), RECORD.join(payments))
