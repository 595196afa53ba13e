"""Events as 1C sends them (reference shapes §7.1–7.3), with the values that matter made visible."""

import json
import uuid
from typing import Any

SAMPLE_PATIENT = "92c7ea9d-2cab-11e4-9f84-1078d2d69bb4"
CLINIC = "f679444a-22b7-11df-8618-002618dcef2c"


def visit_event(
    *,
    ref: str | None = None,
    patient: str = SAMPLE_PATIENT,
    amounts: tuple[str, ...] = ("1700.00", "901.00"),
    payments: tuple[tuple[str, str], ...] | None = None,
    posted: bool = True,
    deletion_mark: bool = False,
    event_id: str | None = None,
    event_type: str = "visit.completed",
    occurred_at: str = "2026-05-01T10:35:00",
    message_no: int | None = None,
    data_version: str = "AAAAAQAAAAA=",
) -> dict[str, Any]:
    total = f"{sum(round(float(amount) * 100) for amount in amounts) / 100:.2f}"
    event: dict[str, Any] = {
        "event_id": event_id or str(uuid.uuid4()),
        "event_type": event_type,
        "schema_version": 1,
        "occurred_at": occurred_at,
        "source": {"infobase": "umc_corp", "node": "UMC01", "tz": "Europe/Moscow"},
        "object": {
            "type": "Document.ОказаниеУслуг",
            "ref": ref or str(uuid.uuid4()),
            "number": "00ЦК-000123",
            "date": "2026-05-01T10:20:00",
            "data_version": data_version,
            "posted": posted,
            "deletion_mark": deletion_mark,
        },
        "visit": {
            "patient": {"ref": patient},
            "clinic_ref": CLINIC,
            "completed_at": "2026-05-01T10:35:00",
            "lines": [_line(number, amount) for number, amount in enumerate(amounts, 1)],
            "payments": [
                {"kind": kind, "amount": amount, "ref": ""} for kind, amount in payments or (("card", total),)
            ],
            "promo": {"promo_code": "", "referral_code": ""},
            "total": total,
        },
    }
    if message_no is not None:
        event["exchange"] = {"message_no": message_no, "received_no": 0}
    return event


def _line(number: int, amount: str) -> dict[str, Any]:
    return {
        "no": number,
        "service_ref": "22d1b484-b34b-11de-8171-001583078ee5",
        "loyalty_group": "CONSULT",
        "doctor_ref": None,
        "qty": 1,
        "price": amount,
        "discount": "0.00",
        "points_paid": "0.00",
        "amount": amount,
    }


def cancel_event(
    visit_ref: str, *, kind: str = "unposted", occurred_at: str, message_no: int | None = None
) -> dict[str, Any]:
    event: dict[str, Any] = {
        "event_id": str(uuid.uuid4()),
        "event_type": "visit.cancelled",
        "schema_version": 1,
        "occurred_at": occurred_at,
        "source": {"infobase": "umc_corp", "node": "UMC01", "tz": "Europe/Moscow"},
        "object": {
            "type": "Document.ОказаниеУслуг",
            "ref": visit_ref,
            "posted": False,
            "deletion_mark": False,
        },
        "cancel": {"visit_ref": visit_ref, "kind": kind},
    }
    if message_no is not None:
        event["exchange"] = {"message_no": message_no, "received_no": 0}
    return event


def refund_event(
    visit_ref: str,
    *,
    ref: str | None = None,
    lines: tuple[tuple[int, str], ...] = (),
    posted: bool = True,
    occurred_at: str = "2026-05-03T12:00:00",
) -> dict[str, Any]:
    ref = ref or str(uuid.uuid4())
    return {
        "event_id": str(uuid.uuid4()),
        "event_type": "visit.refunded",
        "schema_version": 1,
        "occurred_at": occurred_at,
        "source": {"infobase": "umc_corp", "node": "UMC01", "tz": "Europe/Moscow"},
        "object": {
            "type": "Document.ВозвратОплатыКлиенту",
            "ref": ref,
            "number": "00ЦК-000007",
            "posted": posted,
            "deletion_mark": False,
        },
        "cancel": {
            "visit_ref": visit_ref,
            "kind": "refund",
            "refund_doc_ref": ref,
            "lines": [{"no": number, "qty": 1, "amount": amount} for number, amount in lines],
        },
    }


def patient_event(
    ref: str = SAMPLE_PATIENT,
    *,
    phone: str = "8 (900) 000-00-01",
    email: str = "",
    consents: tuple[tuple[str, bool], ...] = (),
    occurred_at: str = "2026-05-01T09:00:00",
) -> dict[str, Any]:
    return {
        "event_id": str(uuid.uuid4()),
        "event_type": "patient.upserted",
        "schema_version": 1,
        "occurred_at": occurred_at,
        "source": {"infobase": "umc_corp", "node": "UMC01", "tz": "Europe/Moscow"},
        "object": {
            "type": "Catalog.Клиенты",
            "ref": ref,
            "data_version": "AAAABQAAAAA=",
            "deletion_mark": False,
        },
        "patient": {
            "ref": ref,
            "code": "000012345",
            "surname": "Иванова",
            "name": "Мария",
            "father_name": "",
            "birthday": "1990-02-14T00:00:00",
            "phone": phone,
            "email": email,
            "card_code": "",
            "merged_into_ref": None,
            "consents": [
                {"purpose": purpose, "granted": granted, "at": occurred_at, "doc_version": "1"}
                for purpose, granted in consents
            ],
        },
    }


def body(event: object) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode()
