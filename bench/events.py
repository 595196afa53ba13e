"""Bodies as 1C bases really send them, by the thousand: every one another visit, some of them XML or cp1251.

Patients are as many as a clinic sees in a week: with a handful every batch would fight for the same accounts.
"""

from dataclasses import dataclass
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

from tools.seed import CLINICS, INFOBASE, PATIENTS

PATIENTS_COUNT = 2_000
_CYCLE = 20
"""Of so many bodies one is XML, one XML in cp1251, one JSON in cp1251, the rest JSON in UTF-8."""
_XML, _XML_1251, _JSON_1251 = 3, 9, 15
_CLINIC = CLINICS[0][3]
_JSON = """{
  "event_id": "%(event_id)s",
  "event_type": "visit.completed",
  "schema_version": 1,
  "occurred_at": "2026-05-01T10:35:00",
  "source": {"infobase": "%(infobase)s", "node": "UMC01", "tz": "Europe/Moscow"},
  "exchange": {"message_no": %(number)d, "received_no": 0},
  "object": {
    "type": "Document.ОказаниеУслуг",
    "ref": "%(ref)s",
    "number": "00ЦК-%(number)09d",
    "date": "2026-05-01T10:20:00",
    "data_version": "AAAAAQAAAAA=",
    "posted": true,
    "deletion_mark": false
  },
  "visit": {
    "patient": {"ref": "%(patient)s", "code": "000012345", "phone": "8 (900) 000-00-01", "card_code": ""},
    "clinic_ref": "%(clinic)s",
    "completed_at": "2026-05-01T10:35:00",
    "lines": [
      {"no": 1, "service_ref": "22d1b484-b34b-11de-8171-001583078ee5", "loyalty_group": "CONSULT", \
"doctor_ref": "e7005e6d-65c9-11e9-936d-1856809fe650", "qty": 1, "price": %(first)s, "discount": 0.00, \
"points_paid": 0.00, "amount": %(first)s},
      {"no": 2, "service_ref": "9ab45d77-c599-11e1-818b-80c16e5c9fe3", "loyalty_group": "LAB", \
"doctor_ref": null, "qty": 2, "price": 450.50, "discount": 0.00, "points_paid": 0.00, "amount": 901.00}
    ],
    "payments": [{"kind": "card", "amount": %(total)s, "ref": ""}],
    "promo": {"promo_code": "", "referral_code": ""},
    "total": %(total)s
  }
}
"""
_XML_TEXT = """<?xml version="1.0" encoding="%(encoding)s"?>
<Event xmlns="urn:umc-loyalty:exchange:1" id="%(event_id)s" type="visit.completed" \
occurredAt="2026-05-01T10:35:00">
  <Source infobase="%(infobase)s" node="UMC01" tz="Europe/Moscow"/>
  <Exchange messageNo="%(number)d" receivedNo="0"/>
  <Object type="Document.ОказаниеУслуг" ref="%(ref)s" number="00ЦК-%(number)09d" \
date="01.05.2026 10:20:00" dataVersion="AAAAAQAAAAA=" posted="Истина" deletionMark="false"/>
  <Visit>
    <Patient><Ref>%(patient)s</Ref><Phone>8 (900) 000-00-01</Phone>\
<Birthday>0001-01-01T00:00:00</Birthday></Patient>
    <ClinicRef>%(clinic)s</ClinicRef>
    <CompletedAt>2026-05-01T10:35:00</CompletedAt>
    <Line no="1" serviceRef="22d1b484-b34b-11de-8171-001583078ee5" loyaltyGroup="CONSULT" \
doctorRef="e7005e6d-65c9-11e9-936d-1856809fe650" qty="1" price="%(first)s" discount="0" pointsPaid="0" \
amount="%(first)s"/>
    <Line no="2" serviceRef="9ab45d77-c599-11e1-818b-80c16e5c9fe3" loyaltyGroup="LAB" doctorRef="" qty="2" \
price="450,50" amount="901"/>
    <Payment kind="card" amount="%(total)s"/>
    <Total>%(total)s</Total>
  </Visit>
</Event>
"""


@dataclass(frozen=True, slots=True)
class Body:
    """One request's content, and the event id by which its row is found again."""

    event_id: str
    content: bytes
    content_type: str


def patient_refs(*, is_demo: bool = False) -> list[UUID]:
    """List the patients whom visits name: those of the benchmarks' ground, or the five of `make seed`."""
    if is_demo:
        return [patient.ref for patient in PATIENTS]
    return [uuid5(NAMESPACE_OID, f"bench-patient-{number}") for number in range(PATIENTS_COUNT)]


def visits(count: int, *, first_no: int, patients: list[UUID]) -> list[Body]:
    """Write visits with message numbers from `first_no` on, each of a document of its own."""
    return [_visit(number, patients[number % len(patients)]) for number in range(first_no, first_no + count)]


def _visit(number: int, patient: UUID) -> Body:
    rubles = 500 + number * 7 % 4_000
    values = {
        "event_id": str(uuid4()),
        "ref": str(uuid4()),
        "number": number,
        "patient": patient,
        "infobase": INFOBASE,
        "clinic": _CLINIC,
        "first": f"{rubles}.00",
        "total": f"{rubles + 901}.00",
    }
    event_id = str(values["event_id"])
    turn = number % _CYCLE
    if turn == _XML:
        return Body(event_id, (_XML_TEXT % (values | {"encoding": "UTF-8"})).encode(), "application/xml")
    if turn == _XML_1251:
        text = _XML_TEXT % (values | {"encoding": "windows-1251"})
        return Body(event_id, text.encode("cp1251"), "application/xml")
    if turn == _JSON_1251:
        return Body(event_id, (_JSON % values).encode("cp1251"), "application/json; charset=windows-1251")
    return Body(event_id, (_JSON % values).encode(), "application/json")
