"""What the control plane answers: plain dictionaries. Amounts are strings with two decimals."""

import datetime as dt

from sandbox.onec.catalog import Patient
from sandbox.onec.documents import Visit, data_version
from sandbox.onec.journal import Told
from sandbox.onec.pushes import Push

View = dict[str, object]


def view_push(push: Push) -> View:
    """Show a push without its body; of an array, the first document and all receipts."""
    parcel = push.parcel
    return {
        "id": push.id,
        "at": _instant(push.created_at),
        "type": parcel.type,
        "ref": parcel.ref,
        "visit_ref": parcel.visit_ref,
        "number": parcel.number,
        "format": parcel.format,
        "content_type": parcel.content_type,
        "sha256": parcel.sha256,
        "events": parcel.events,
        "message_nos": list(parcel.message_nos),
        "status": push.status,
        "answer_status": push.answer_status,
        "answer_code": push.answer_code,
        "event_id": push.event_ids[0] if push.event_ids else None,
        "receipt_id": push.receipt_ids[0] if push.receipt_ids else None,
        "receipt_ids": list(push.receipt_ids),
        "attempts": push.attempts,
    }


def view_visit(visit: Visit) -> View:
    """Show a visit at its newest version."""
    return {
        "ref": visit.ref,
        "number": visit.number,
        "completed_at": visit.completed_at.isoformat(),
        "changed_at": visit.changed_at.isoformat(),
        "data_version": data_version(visit.version),
        "clinic_ref": visit.clinic.ref,
        "patient_ref": visit.patient.ref,
        "patient": f"{visit.patient.surname} {visit.patient.name}",
        "total": roubles(visit.total_kopecks),
        "payments": _payments(visit),
        "lines": [
            {
                "no": line.no,
                "service": line.service.name,
                "qty": line.qty,
                "amount": roubles(line.amount_kopecks),
                "returned": line.no in visit.returned_lines,
            }
            for line in visit.lines
        ],
        "posted": visit.is_posted,
        "deletion_mark": visit.is_marked_for_deletion,
        "refunded": visit.is_refunded,
    }


def view_told(told: Told, visit: Visit, *, is_in_base: bool, card: Patient | None) -> View:
    """Show what the hub should hold of a document, by what it has acknowledged."""
    refunded = told.refunded_by_line()
    return {
        "no": told.no,
        "ref": visit.ref,
        "number": visit.number,
        "state": "live" if visit.is_posted and not visit.is_marked_for_deletion else "withdrawn",
        "data_version": data_version(visit.version),
        "completed_at": visit.completed_at.isoformat(),
        "clinic_ref": visit.clinic.ref,
        "patient_ref": visit.patient.ref,
        "patient_told": card is not None,
        "merged_into_ref": (card.merged_into_ref if card else "") or None,
        "lines": [
            {
                "no": line.no,
                "amount": roubles(line.amount_kopecks),
                "refunded": roubles(refunded.get(line.no, 0)),
            }
            for line in visit.lines
        ],
        "payments": _payments(visit),
        "total": roubles(visit.total_kopecks),
        "refunded": roubles(sum(refunded.values())),
        "in_base": is_in_base,
        "uncertain": told.is_uncertain,
    }


def view_patient(patient: Patient) -> View:
    """Show a patient's card (all of them are invented)."""
    return {
        "ref": patient.ref,
        "code": patient.code,
        "name": f"{patient.surname} {patient.name} {patient.father_name}".strip(),
        "birthday": patient.birthday.isoformat(),
        "phone": patient.phone,
        "email": patient.email,
        "card_code": patient.card_code,
        "merged_into_ref": patient.merged_into_ref or None,
        "is_sample": patient.is_sample,
    }


def roubles(kopecks: int) -> str:
    """Spell kopecks as roubles with two decimals."""
    return f"{kopecks // 100}.{kopecks % 100:02d}"


def _payments(visit: Visit) -> list[dict[str, str]]:
    return [{"kind": payment.kind, "amount": roubles(payment.amount_kopecks)} for payment in visit.payments]


def _instant(instant: dt.datetime) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
