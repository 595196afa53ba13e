"""Notices as JSON in 1C's hand: naive local dates, money with two decimals, one member a line, CRLF."""

import datetime as dt
import json
from typing import TypeAlias

from sandbox.onec.catalog import Patient
from sandbox.onec.documents import Line, Notice, Refund, Visit, data_version, milliseconds


class Rubles(int):
    """Kopecks that are written as roubles with two decimals, which neither int nor float of json would do."""


Value: TypeAlias = "dict[str, Value] | list[Value] | str | int | bool | None"

VISIT_TYPE = "Document.ОказаниеУслуг"
REFUND_TYPE = "Document.ВозвратОплатыКлиенту"
PATIENT_TYPE = "Catalog.Клиенты"
CONSENT_VERSION = "2025-09-01"


def write_json(notice: Notice, *, infobase: str, message_no: int | None) -> str:
    """Spell a notice; `message_no` None leaves the exchange block out."""
    clinic = notice.clinic
    event: dict[str, Value] = {
        "event_id": notice.event_id,
        "event_type": notice.kind,
        "schema_version": 1,
        "occurred_at": naive(notice.occurred_at),
        "source": {"infobase": infobase, "node": clinic.node, "tz": clinic.tz},
    }
    if message_no is not None:
        event["exchange"] = {"message_no": message_no, "received_no": 0}
    event |= _contents(notice)
    return _spelled(event, "")


def naive(instant: dt.datetime) -> str:
    """Write an instant as 1C does: local, whole seconds, no offset."""
    return instant.replace(tzinfo=None, microsecond=0).isoformat()


def local_phone(phone: str) -> str:
    """Spell an E.164 number as a registrar types it: «8 (900) 000-01-01»."""
    digits = phone.removeprefix("+7")
    return f"8 ({digits[:3]}) {digits[3:6]}-{digits[6:8]}-{digits[8:]}"


def _contents(notice: Notice) -> dict[str, Value]:
    subject = notice.subject
    if isinstance(subject, Patient):
        return {"object": _patient_object(subject), "patient": _patient_card(subject)}
    if isinstance(subject, Refund):
        return {"object": _refund_object(subject), "cancel": _refund(subject)}
    if notice.cancel_kind is not None:
        return {
            "object": _visit_object(subject),
            "cancel": {"visit_ref": subject.ref, "kind": notice.cancel_kind},
        }
    return {"object": _visit_object(subject), "visit": _visit(subject)}


def _visit_object(visit: Visit) -> Value:
    return {
        "type": VISIT_TYPE,
        "ref": visit.ref,
        "number": visit.number,
        "date": naive(visit.begun_at),
        "data_version": data_version(visit.version),
        "posted": visit.is_posted,
        "deletion_mark": visit.is_marked_for_deletion,
    }


def _visit(visit: Visit) -> Value:
    patient = visit.patient
    return {
        "patient": {
            "ref": patient.ref,
            "code": patient.code,
            "phone": patient.phone,
            "card_code": patient.card_code,
        },
        "clinic_ref": visit.clinic.ref,
        "completed_at": naive(visit.completed_at),
        "lines": [_line(line) for line in visit.lines],
        "payments": [
            {"kind": payment.kind, "amount": Rubles(payment.amount_kopecks), "ref": ""}
            for payment in visit.payments
        ],
        "promo": {"promo_code": "", "referral_code": visit.referral_code},
        "total": Rubles(visit.total_kopecks),
    }


def _line(line: Line) -> Value:
    return {
        "no": line.no,
        "service_ref": line.service.ref,
        "loyalty_group": line.service.group,
        "doctor_ref": line.doctor_ref,
        "qty": line.qty,
        "price": Rubles(line.price_kopecks),
        "discount": Rubles(line.discount_kopecks),
        "points_paid": Rubles(0),
        "amount": Rubles(line.amount_kopecks),
    }


def _refund_object(refund: Refund) -> Value:
    return {
        "type": REFUND_TYPE,
        "ref": refund.ref,
        "number": refund.number,
        "posted": True,
        "deletion_mark": False,
    }


def _refund(refund: Refund) -> Value:
    return {
        "visit_ref": refund.visit.ref,
        "kind": "refund",
        "refund_doc_ref": refund.ref,
        "lines": [
            {"no": line.no, "qty": line.qty, "amount": Rubles(line.amount_kopecks)} for line in refund.lines
        ],
    }


def _patient_object(patient: Patient) -> Value:
    return {
        "type": PATIENT_TYPE,
        "ref": patient.ref,
        "data_version": data_version(milliseconds(patient.registered_at.replace(tzinfo=dt.UTC))),
        "deletion_mark": False,
    }


def _patient_card(patient: Patient) -> Value:
    signed_at = naive(patient.registered_at)
    purposes = {"loyalty": True, "marketing": int(patient.code) % 3 == 0}
    return {
        "ref": patient.ref,
        "code": patient.code,
        "surname": patient.surname,
        "name": patient.name,
        "father_name": patient.father_name,
        "birthday": f"{patient.birthday.isoformat()}T00:00:00",
        "phone": local_phone(patient.phone),
        "email": "",
        "card_code": patient.card_code,
        "referral_code": "",
        "merged_into_ref": None,
        "consents": [
            {"purpose": purpose, "granted": granted, "at": signed_at, "doc_version": CONSENT_VERSION}
            for purpose, granted in purposes.items()
        ],
    }


def _spelled(value: Value, indent: str) -> str:
    """Write a value as 1C's ЗаписьJSON does by default: one member a line, tabs, Windows line ends."""
    if isinstance(value, Rubles):
        return f"{value // 100}.{value % 100:02d}"
    deeper = f"{indent}\t"
    if isinstance(value, dict):
        members = [f'{deeper}"{key}": {_spelled(member, deeper)}' for key, member in value.items()]
        return "{\r\n" + ",\r\n".join(members) + f"\r\n{indent}}}"
    if isinstance(value, list):
        items = [f"{deeper}{_spelled(item, deeper)}" for item in value]
        return "[\r\n" + ",\r\n".join(items) + f"\r\n{indent}]"
    return json.dumps(value, ensure_ascii=False)
