"""Visits as 1C sends them, by the thousand, each of its own document."""

import json
import uuid
from typing import Any

from tools.seed import CLINICS, INFOBASE, PATIENTS


def visit_body(number: int) -> bytes:
    """Make one visit of two lines for one of the demo patients."""
    patient = PATIENTS[number % len(PATIENTS)]
    event: dict[str, Any] = {
        "event_id": str(uuid.uuid4()),
        "event_type": "visit.completed",
        "occurred_at": "2026-05-01T10:35:00",
        "source": {"infobase": INFOBASE, "tz": "Europe/Moscow"},
        "object": {"type": "Document.ОказаниеУслуг", "ref": str(uuid.uuid4()), "posted": True},
        "visit": {
            "patient": {"ref": str(patient.ref)},
            "clinic_ref": str(CLINICS[0][3]),
            "completed_at": "2026-05-01T10:35:00",
            "lines": [_line(1, 170_000), _line(2, 90_100)],
            "payments": [{"kind": "card", "amount": "2601.00"}],
            "total": "2601.00",
        },
    }
    return json.dumps(event, ensure_ascii=False).encode()


def _line(number: int, kopecks: int) -> dict[str, Any]:
    amount = f"{kopecks / 100:.2f}"
    service = "22d1b484-b34b-11de-8171-001583078ee5"
    return {"no": number, "service_ref": service, "qty": 1, "price": amount, "amount": amount}
