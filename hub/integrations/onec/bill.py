"""The body of a visit: who, where, what for, and how it was paid. Sums that disagree only warn.

Points are a discount in the price (a letter of the tax service of 2017 says so), but some tills write
them as a payment: here they become what they are, so that both spellings are one fact.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from hub.contracts.facts import Payment, PaymentKind, VisitLine
from hub.integrations.onec import names
from hub.integrations.onec.document_event import FIELD, RECORD, DocumentEvent
from hub.integrations.onec.payment_kinds import find_payment_kind
from hub.integrations.onec.section import Section
from hub.kernel.clock import to_wire
from hub.kernel.money import Kopecks, split_exact

LINES_MAX = 500
PAYMENTS_MAX = 50
LINE_NO_MAX = 100_000
"""1C's own limit of a tabular part is 99,999 rows."""
_QTY_WHOLE = 100
"""A quantity is read as hundredths too."""
_DISCOUNTS = frozenset({PaymentKind.POINTS, PaymentKind.CASHBACK})
_NOTHING = Kopecks(0)


@dataclass(frozen=True, slots=True)
class Bill:
    """The body of a visit, before it is stamped; empty when a withdrawal knows only its document."""

    patient_ref: UUID | None = None
    clinic_ref: UUID | None = None
    completed_at: datetime | None = None
    lines: tuple[VisitLine, ...] = ()
    payments: tuple[Payment, ...] = ()
    referral_code: str = ""
    promo_code: str = ""

    @property
    def content(self) -> tuple[str, ...]:
        """Write all of it in one order and spelling, to be hashed."""
        head = (
            self.patient_ref,
            self.clinic_ref,
            to_wire(self.completed_at) if self.completed_at else "",
            self.referral_code,
            self.promo_code,
        )
        lines = (
            f"{line.line_no}{FIELD}{line.service_ref}{FIELD}{line.loyalty_group}{FIELD}{line.doctor_ref}"
            f"{FIELD}{line.amount_kopecks}{FIELD}{line.points_paid_kopecks}"
            for line in self.lines
        )
        payments = sorted(f"{payment.kind.value}{FIELD}{payment.amount_kopecks}" for payment in self.payments)
        return (FIELD.join(map(str, head)), RECORD.join(lines), RECORD.join(payments))


def read_bill(event: DocumentEvent) -> Bill:
    """Read the visit of an event. Raises: FactInvalidError."""
    visit = event.body("visit", names.VISIT)
    promo = visit.section("promo", names.PROMO)
    document_date = event.document.find_instant("date")
    completed_at = visit.find_instant("completed_at") or document_date
    if completed_at is None:
        raise visit.invalid("completed_at", "required")
    lines = _lines(visit)
    payments = _payments(visit)
    _compare_sums(visit, lines, payments)
    lines, payments = _discounted(lines, payments)
    return Bill(
        patient_ref=_patient_ref(visit),
        clinic_ref=visit.get_catalogue_ref("clinic_ref"),
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
    refuse_repeats(rows, [line.line_no for line in lines])
    return tuple(sorted(lines, key=lambda line: line.line_no))


def _line(row: Section) -> VisitLine:
    amount = row.get_kopecks("amount")
    points_paid = row.get_kopecks("points_paid", default=_NOTHING)
    _compare_line(row, amount + points_paid)
    return VisitLine(
        line_no=row.get_number("no", up_to=LINE_NO_MAX),
        service_ref=row.get_catalogue_ref("service_ref"),
        loyalty_group=row.text("loyalty_group"),
        doctor_ref=row.find_catalogue_ref("doctor_ref"),
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
        row.warn("line-sum")


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
        visit.warn("total-mismatch")
    if payments_total != lines_total:
        visit.warn("payments-mismatch")


def _discounted(
    lines: tuple[VisitLine, ...], payments: tuple[Payment, ...]
) -> tuple[tuple[VisitLine, ...], tuple[Payment, ...]]:
    """Turn payments in points into discounts of the lines, in proportion, to the kopeck.

    More points than the bill is worth discount all of it; the sums have warned already.
    """
    points = sum(payment.amount_kopecks for payment in payments if payment.kind in _DISCOUNTS)
    if not points:
        return lines, payments
    amounts = [line.amount_kopecks for line in lines]
    discounts = split_exact(min(points, sum(amounts)), amounts)
    discounted = tuple(
        replace(
            line,
            amount_kopecks=Kopecks(line.amount_kopecks - discount),
            points_paid_kopecks=Kopecks(line.points_paid_kopecks + discount),
        )
        for line, discount in zip(lines, discounts, strict=True)
    )
    return discounted, tuple(payment for payment in payments if payment.kind not in _DISCOUNTS)


def refuse_repeats(rows: list[Section], numbers: list[int]) -> None:
    """Raises: FactInvalidError (duplicate-no) when two rows have one number."""
    if len(set(numbers)) == len(numbers):
        return
    row = next(row for index, row in enumerate(rows) if numbers[index] in numbers[:index])
    raise row.invalid("no", "duplicate-no")
