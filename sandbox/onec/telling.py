"""From a notice to the tree of what it says: the shapes of the exchange, whatever the format."""

import datetime as dt

from sandbox.onec.catalog import Patient
from sandbox.onec.documents import Line, Notice, Refund, Visit, data_version
from sandbox.onec.habits import Habits
from sandbox.onec.tree import Count, Day, Flag, Moment, Money, Node, Ref, Tree, Word

VISIT_TYPE = "Document.ОказаниеУслуг"
REFUND_TYPE = "Document.ВозвратОплатыКлиенту"
PATIENT_TYPE = "Catalog.Клиенты"
CONSENT_VERSION = "2025-09-01"
_PAYMENTS = {
    "cash": "Наличные",
    "card": "Карта",
    "sbp": "СБП",
    "prepayment": "Предоплата",
    "insurance": "ДМС",
}
_CANCELS = {"unposted": "Отмена проведения", "deletion_mark": "Пометка удаления", "refund": "Возврат"}
# What a careless export sends along; the hub must forget it before it is kept.
_MEDICAL: dict[str, Node] = {
    "Диагноз": "J06.9 Острая инфекция верхних дыхательных путей",
    "МКБ": "J06.9",
    "Анамнез": "Болеет третий день",
}
_MEDICAL_LINE: dict[str, Node] = {"Заключение": "Патологии не выявлено"}


def tell(notice: Notice, *, infobase: str, message_no: int | None, habits: Habits) -> Tree:
    """Say a notice; `message_no` None leaves the exchange block out."""
    clinic = notice.clinic
    event_ids = {"none": "", "reused": notice.document_event_id}
    event: Tree = {
        "event_id": Ref(event_ids.get(habits.event_id, notice.event_id)),
        "event_type": notice.kind,
        "schema_version": Count(1),
        "occurred_at": Moment(notice.occurred_at + dt.timedelta(minutes=habits.shift_minutes)),
        "source": {"infobase": infobase, "node": clinic.node, "tz": clinic.tz},
    }
    if message_no is not None:
        event["exchange"] = {"message_no": Count(message_no), "received_no": Count(0)}
    return event | _contents(notice, habits)


def local_phone(phone: str) -> str:
    """Spell an E.164 number as a registrar types it: «8 (900) 000-01-01»."""
    digits = phone.removeprefix("+7")
    return f"8 ({digits[:3]}) {digits[3:6]}-{digits[6:8]}-{digits[8:]}"


def _contents(notice: Notice, habits: Habits) -> Tree:
    subject = notice.subject
    if isinstance(subject, Patient):
        return {"object": _patient_object(subject), "patient": _patient_card(subject)}
    if isinstance(subject, Refund):
        return {"object": _refund_object(subject), "cancel": _refund(subject)}
    if notice.cancel_kind is not None:
        cancel: Tree = {"visit_ref": Ref(subject.ref), "kind": _cancel_kind(notice.cancel_kind)}
        return {"object": _visit_object(subject), "cancel": cancel}
    return {"object": _visit_object(subject), "visit": _visit(subject, habits)}


def _visit_object(visit: Visit) -> Tree:
    return {
        "type": VISIT_TYPE,
        "ref": Ref(visit.ref),
        "number": visit.number,
        "date": Moment(visit.begun_at),
        "data_version": data_version(visit.version),
        "posted": Flag(visit.is_posted),
        "deletion_mark": Flag(visit.is_marked_for_deletion),
    }


def _visit(visit: Visit, habits: Habits) -> Tree:
    patient: Tree = {
        "ref": Ref(visit.patient.ref),
        "code": visit.patient.code,
        "phone": visit.patient.phone,
        "card_code": visit.patient.card_code,
    }
    if habits.has_empty_dates:
        patient["birthday"] = Day(None)
    medical, medical_line = (_MEDICAL, _MEDICAL_LINE) if habits.has_medical else ({}, {})
    return {
        "patient": patient,
        "clinic_ref": Ref(visit.clinic.ref),
        "completed_at": Moment(visit.completed_at),
        "lines": [_line(line) | medical_line for line in visit.lines],
        "payments": [
            {
                "kind": Word(payment.kind, _PAYMENTS[payment.kind]),
                "amount": Money(payment.amount_kopecks),
                "ref": "",
            }
            for payment in visit.payments
        ],
        "promo": {"promo_code": "", "referral_code": visit.referral_code},
        "total": Money(visit.total_kopecks),
        **medical,
    }


def _line(line: Line) -> Tree:
    return {
        "no": Count(line.no),
        "service_ref": Ref(line.service.ref),
        "loyalty_group": line.service.group,
        "doctor_ref": Ref(line.doctor_ref or ""),
        "qty": Count(line.qty),
        "price": Money(line.price_kopecks),
        "discount": Money(line.discount_kopecks),
        "points_paid": Money(0),
        "amount": Money(line.amount_kopecks),
    }


def _refund_object(refund: Refund) -> Tree:
    return {
        "type": REFUND_TYPE,
        "ref": Ref(refund.ref),
        "number": refund.number,
        "posted": Flag(refund.is_posted),
        "deletion_mark": Flag(False),
    }


def _refund(refund: Refund) -> Tree:
    return {
        "visit_ref": Ref(refund.visit.ref),
        "kind": _cancel_kind("refund"),
        "refund_doc_ref": Ref(refund.ref),
        "lines": [
            {"no": Count(line.no), "qty": Count(line.qty), "amount": Money(line.amount_kopecks)}
            for line in refund.lines
        ],
    }


def _cancel_kind(name: str) -> Word:
    return Word(name, _CANCELS[name])


def _patient_object(patient: Patient) -> Tree:
    return {
        "type": PATIENT_TYPE,
        "ref": Ref(patient.ref),
        "data_version": data_version(patient.version),
        "deletion_mark": Flag(patient.merged_into_ref != ""),
    }


def _patient_card(patient: Patient) -> Tree:
    purposes = {"loyalty": True, "marketing": int(patient.code) % 3 == 0}
    return {
        "ref": Ref(patient.ref),
        "code": patient.code,
        "surname": patient.surname,
        "name": patient.name,
        "father_name": patient.father_name,
        "birthday": Day(patient.birthday),
        "phone": local_phone(patient.phone),
        "email": patient.email,
        "card_code": patient.card_code,
        "referral_code": "",
        "merged_into_ref": Ref(patient.merged_into_ref),
        "consents": [
            {
                "purpose": purpose,
                "granted": Flag(granted),
                "at": Moment(patient.registered_at),
                "doc_version": CONSENT_VERSION,
            }
            for purpose, granted in purposes.items()
        ],
    }
