"""How a visit comes to be and changes: functions from a snapshot to the next one. No store, no clock."""

import dataclasses
import datetime as dt
import random

from sandbox.onec.catalog import CLINICS, DOCTORS, SERVICES, Clinic, Patient, milliseconds
from sandbox.onec.documents import Line, Payment, PaymentKind, Refund, Visit

# Weights of a believable till: mostly cards, some cash and СБП, a few prepaid, some insured.
PAYMENT_KINDS: tuple[PaymentKind, ...] = ("card", "cash", "sbp", "prepayment", "insurance")
PAYMENT_WEIGHTS = (52, 16, 20, 4, 8)
NUMBER_STEP_S = 40  # keeps a year's numbers within six digits and growing with time


def compose_visit(
    dice: random.Random,
    *,
    ref: str,
    patient: Patient,
    clinic: Clinic,
    completed_at: dt.datetime,
    amount_kopecks: int | None = None,
    referral_code: str = "",
) -> Visit:
    """Make a posted visit that ended at `completed_at`; with an amount, one consultation at that price."""
    local = completed_at.astimezone(clinic.zone).replace(microsecond=0)
    lines = _composed_lines(dice) if amount_kopecks is None else (_consultation(dice, amount_kopecks),)
    total_kopecks = sum(line.amount_kopecks for line in lines)
    return Visit(
        ref=ref,
        number=document_number(clinic, local),
        clinic=clinic,
        patient=patient,
        begun_at=local - dt.timedelta(minutes=dice.randrange(15, 45)),
        completed_at=local,
        changed_at=local,
        version=milliseconds(completed_at),
        lines=lines,
        payments=_composed_payments(dice, total_kopecks, is_plain=amount_kopecks is not None),
        referral_code=referral_code,
    )


def edited(visit: Visit, dice: random.Random, *, at: dt.datetime, amount_kopecks: int | None = None) -> Visit:
    """Change the total: to the given amount, or by a tenth to a third of the first line."""
    first = visit.lines[0]
    if amount_kopecks is None:
        shift_kopecks = first.price_kopecks * dice.choice((-30, -20, -10, 10, 20)) // 100
        amount_kopecks = max(visit.total_kopecks + shift_kopecks, 100)
    rest_kopecks = sum(line.amount_kopecks for line in visit.lines[1:])
    others = visit.lines[1:] if rest_kopecks < amount_kopecks else ()
    first_kopecks = amount_kopecks - (rest_kopecks if others else 0)
    changed = dataclasses.replace(first, qty=1, price_kopecks=first_kopecks, discount_kopecks=0)
    payments = (Payment(visit.payments[0].kind, amount_kopecks),)
    return _next_version(dataclasses.replace(visit, lines=(changed, *others), payments=payments), at)


def unposted(visit: Visit, *, at: dt.datetime) -> Visit:
    """Take the document's posting back; its contents stay."""
    return _next_version(dataclasses.replace(visit, is_posted=False), at)


def marked_for_deletion(visit: Visit, *, at: dt.datetime) -> Visit:
    """Mark for deletion, which in 1C takes the posting back as well."""
    return _next_version(dataclasses.replace(visit, is_posted=False, is_marked_for_deletion=True), at)


def posted_again(visit: Visit, *, at: dt.datetime) -> Visit:
    """Post again, as a clerk or a month-end re-posting does: same contents, higher version."""
    return _next_version(dataclasses.replace(visit, is_posted=True, is_marked_for_deletion=False), at)


def refund_of(visit: Visit, line_nos: frozenset[int], *, ref: str, at: dt.datetime) -> Refund:
    """Return these lines of the visit by a document of its own; the visit's version stays."""
    returned = dataclasses.replace(visit, returned_lines=visit.returned_lines | line_nos)
    changed_at = _later(visit.changed_at, visit.clinic, at)
    return Refund(
        ref=ref,
        number=document_number(visit.clinic, changed_at),
        visit=returned,
        lines=tuple(line for line in visit.lines if line.no in line_nos),
        changed_at=changed_at,
        version=milliseconds(changed_at),
    )


def refund_undone(refund: Refund, visit: Visit, *, at: dt.datetime) -> Refund:
    """Take the posting of a refund back: the money of its lines stays with the clinic after all."""
    returned = visit.returned_lines - {line.no for line in refund.lines}
    changed_at = _later(refund.changed_at, visit.clinic, at)
    return dataclasses.replace(
        refund,
        visit=dataclasses.replace(visit, returned_lines=returned),
        changed_at=changed_at,
        version=max(refund.version + 1, milliseconds(changed_at)),
        is_posted=False,
    )


def document_number(clinic: Clinic, local: dt.datetime) -> str:
    """Give a number that grows through the year, as «00ЦК-000123»."""
    year_start = local.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    return f"{clinic.prefix}-{int((local - year_start).total_seconds()) // NUMBER_STEP_S + 1:06d}"


def pick_clinic(dice: random.Random) -> Clinic:
    """Choose a branch; the first is three times busier."""
    return dice.choices(CLINICS, weights=(3, 1))[0]


def _next_version(visit: Visit, at: dt.datetime) -> Visit:
    changed_at = _later(visit.changed_at, visit.clinic, at)
    return dataclasses.replace(visit, changed_at=changed_at, version=max(visit.version + 1, milliseconds(at)))


def _later(before: dt.datetime, clinic: Clinic, at: dt.datetime) -> dt.datetime:
    # 1C's naive dates have whole seconds, and the hub orders a document by them: two changes never share one.
    return max(at.astimezone(clinic.zone).replace(microsecond=0), before + dt.timedelta(seconds=1))


def _composed_lines(dice: random.Random) -> tuple[Line, ...]:
    services = dice.sample(SERVICES, dice.choices((1, 2, 3, 4), weights=(45, 30, 18, 7))[0])
    lines: list[Line] = []
    for no, service in enumerate(services, start=1):
        is_lab = service.group == "LAB"
        qty = 2 if is_lab and dice.random() < 0.2 else 1  # noqa: PLR2004 (one in five)
        discount_kopecks = qty * service.price_kopecks // 10 if dice.random() < 0.12 else 0  # noqa: PLR2004 (one in eight)
        lines.append(
            Line(
                no=no,
                service=service,
                doctor_ref=None if is_lab else dice.choice(DOCTORS),
                qty=qty,
                price_kopecks=service.price_kopecks,
                discount_kopecks=discount_kopecks,
            )
        )
    return tuple(lines)


def _consultation(dice: random.Random, amount_kopecks: int) -> Line:
    return Line(
        no=1, service=SERVICES[0], doctor_ref=dice.choice(DOCTORS), qty=1, price_kopecks=amount_kopecks
    )


def _composed_payments(dice: random.Random, total_kopecks: int, *, is_plain: bool) -> tuple[Payment, ...]:
    if is_plain:
        return (Payment("card", total_kopecks),)
    kind = dice.choices(PAYMENT_KINDS, weights=PAYMENT_WEIGHTS)[0]
    if dice.random() > 0.15 or kind == "cash":  # noqa: PLR2004 (one in seven pays in two ways)
        return (Payment(kind, total_kopecks),)
    cash_kopecks = total_kopecks // 200_00 * 100_00
    parts = (Payment(kind, total_kopecks - cash_kopecks), Payment("cash", cash_kopecks))
    return tuple(part for part in parts if part.amount_kopecks)
