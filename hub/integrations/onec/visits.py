"""Visit documents and their refunds as facts."""

from uuid import UUID

from hub.contracts.facts import RefundLine, VisitRefunded, VisitSnapshot
from hub.integrations.onec import names
from hub.integrations.onec.bill import LINE_NO_MAX, LINES_MAX, Bill, read_bill, refuse_repeats
from hub.integrations.onec.document_event import FIELD, DocumentEvent
from hub.integrations.onec.errors import FactInvalidError
from hub.integrations.onec.section import Section

_WITHDRAWALS = frozenset({"unposted", "deletionmark", "отменапроведения", "пометкаудаления", ""})
_REFUNDS = frozenset({"refund", "возврат"})


def read_completed(event: DocumentEvent) -> VisitSnapshot:
    """Read a visit as it stands; one that was unposted or marked for deletion is not live.

    Raises: FactInvalidError, for a live document; no body can stop a withdrawal.
    """
    if not event.is_live:
        return _withdrawn(event, event.document.get_ref("ref"))
    bill = read_bill(event)
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
    bill = Bill()
    if event.root.has("visit"):
        try:
            bill = read_bill(event)
        except FactInvalidError:
            event.root.frame.warnings.clear()
            event.root.frame.warnings.add("body-unreadable")
    return _snapshot(event, ref, bill, is_live=False)


def _refund_lines(cancel: Section) -> tuple[RefundLine, ...]:
    rows = cancel.rows("lines", names.LINE, up_to=LINES_MAX)
    lines = [
        RefundLine(line_no=row.get_number("no", up_to=LINE_NO_MAX), amount_kopecks=row.get_kopecks("amount"))
        for row in rows
    ]
    refuse_repeats(rows, [line.line_no for line in lines])
    return tuple(sorted(lines, key=lambda line: line.line_no))


def _snapshot(event: DocumentEvent, ref: UUID, bill: Bill, *, is_live: bool) -> VisitSnapshot:
    stamp = event.stamp(ref, is_live=is_live, content=bill.content)
    return VisitSnapshot(
        stamp=stamp,
        patient_ref=bill.patient_ref,
        clinic_ref=bill.clinic_ref,
        completed_at=bill.completed_at,
        lines=bill.lines,
        payments=bill.payments,
        referral_code=bill.referral_code,
        promo_code=bill.promo_code,
        warnings=tuple(sorted(event.root.frame.warnings)),
    )
