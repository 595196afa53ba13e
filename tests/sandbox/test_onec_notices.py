"""What the 1C stranger writes: the shapes of the exchange, and what each button makes of a visit."""

import base64
import decimal
import json
import re
from typing import Any

import httpx
import pytest
from lxml import etree

from tests.sandbox.conftest import Turn
from tests.sandbox.hub_receiver import HubReceiver, Received

SAMPLE_PATIENT_REF = "92c7ea9d-2cab-11e4-9f84-1078d2d69bb4"
NS = "{urn:umc-loyalty:exchange:1}"
OBJECT_KEYS = {"type", "ref", "number", "date", "data_version", "posted", "deletion_mark"}
LINE_KEYS = {
    "no",
    "service_ref",
    "loyalty_group",
    "doctor_ref",
    "qty",
    "price",
    "discount",
    "points_paid",
    "amount",
}


def order(onec: httpx.Client, path: str, **facts: object) -> dict[str, Any]:
    answer = onec.post(path, json=facts)
    assert answer.is_success, answer.text
    told: dict[str, Any] = answer.json()
    return told


def open_visit(onec: httpx.Client, **facts: object) -> str:
    ref: str = order(onec, "/visits", **facts)["visit"]["ref"]
    return ref


def read_json(received: Received) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(received.text, parse_float=decimal.Decimal)
    return told


def test_a_json_visit_has_the_shape_of_the_exchange(onec: httpx.Client, hub: HubReceiver) -> None:
    ref = open_visit(onec, patient_ref=SAMPLE_PATIENT_REF, amount="1700.50", format="json")

    received = hub.wait_for_visit(ref)[0]
    event = read_json(received)
    assert received.path == "/api/1c/v1/events"
    assert received.headers["Authorization"] == "Basic " + base64.b64encode(b"umc_corp:test-secret").decode()
    assert set(event) == {
        "event_id",
        "event_type",
        "schema_version",
        "occurred_at",
        "source",
        "object",
        "visit",
    }
    assert (event["event_type"], event["schema_version"]) == ("visit.completed", 1)
    assert set(event["source"]) == {"infobase", "node", "tz"}
    assert set(event["object"]) == OBJECT_KEYS
    assert set(event["visit"]["lines"][0]) == LINE_KEYS
    assert event["visit"]["patient"] == {
        "ref": SAMPLE_PATIENT_REF,
        "code": "000012345",
        "phone": "+79000000001",
        "card_code": "ML-7K2Q-91XC",
    }
    assert event["visit"]["payments"] == [{"kind": "card", "amount": decimal.Decimal("1700.50"), "ref": ""}]
    assert '"total": 1700.50' in received.text
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", event["occurred_at"])


def test_lines_and_payments_of_a_drawn_visit_add_up(onec: httpx.Client, hub: HubReceiver) -> None:
    for _ in range(15):
        visit = read_json(hub.wait_for_visit(open_visit(onec, format="json"))[0])["visit"]
        assert sum(line["amount"] for line in visit["lines"]) == visit["total"]
        assert sum(payment["amount"] for payment in visit["payments"]) == visit["total"]
        for line in visit["lines"]:
            assert line["qty"] * line["price"] - line["discount"] - line["points_paid"] == line["amount"]


def test_every_xml_notice_satisfies_the_schema(
    onec: httpx.Client, hub: HubReceiver, schema: etree.XMLSchema, turn: Turn
) -> None:
    turn(decimals="any", flags="literal", dates="any", zero_refs="any", empty_dates="any")
    refs = [open_visit(onec, format="xml", referral_code="REF-8H2KQ") for _ in range(12)]
    for verb, ref in zip(("edit", "unpost", "repost", "delete", "refund"), refs, strict=False):
        order(onec, f"/visits/{ref}/{verb}", format="xml")
    turn(flags="istina")
    refs += [open_visit(onec, format="xml") for _ in range(4)]
    order(onec, f"/patients/{SAMPLE_PATIENT_REF}/push", format="xml")

    for ref in refs:
        hub.wait_for_visit(ref)
    hub.wait_for(1, lambda received: received.is_xml and "patient.upserted" in received.text)
    documents = [etree.fromstring(received.body) for received in hub.list_received() if received.is_xml]
    for document in documents:
        schema.assertValid(document)
    spellings = {each.get("posted") for document in documents for each in document.iter(f"{NS}Object")}
    assert {"true", "Истина"} <= spellings


def test_an_edit_raises_the_version_and_keeps_the_reference(onec: httpx.Client, hub: HubReceiver) -> None:
    ref = open_visit(onec, amount="1000.00", format="json")
    order(onec, f"/visits/{ref}/edit", amount="1250.25", format="json")

    first, second = (read_json(received) for received in hub.wait_for_visit(ref, 2))
    assert first["event_id"] != second["event_id"]
    assert first["occurred_at"] < second["occurred_at"]
    assert counter(first) < counter(second)
    assert second["visit"]["total"] == decimal.Decimal("1250.25")


def counter(event: dict[str, Any]) -> int:
    return int.from_bytes(base64.b64decode(event["object"]["data_version"]), "big")


@pytest.mark.parametrize(("verb", "kind"), [("unpost", "unposted"), ("delete", "deletion_mark")])
def test_a_withdrawn_visit_names_itself(onec: httpx.Client, hub: HubReceiver, verb: str, kind: str) -> None:
    ref = open_visit(onec, format="json")
    order(onec, f"/visits/{ref}/{verb}", format="json")

    event = read_json(hub.wait_for_visit(ref, 2)[1])
    assert event["event_type"] == "visit.cancelled"
    assert event["cancel"] == {"visit_ref": ref, "kind": kind}
    assert event["object"]["posted"] is False
    assert event["object"]["deletion_mark"] is (verb == "delete")


def test_a_silent_unposting_is_a_snapshot_and_posting_again_restores_it(
    onec: httpx.Client, hub: HubReceiver
) -> None:
    ref = open_visit(onec, format="json")
    order(onec, f"/visits/{ref}/unpost", silent=True, format="json")
    order(onec, f"/visits/{ref}/repost", format="json")

    done, unposted, again = (read_json(received) for received in hub.wait_for_visit(ref, 3))
    assert [event["event_type"] for event in (done, unposted, again)] == ["visit.completed"] * 3
    assert [event["object"]["posted"] for event in (done, unposted, again)] == [True, False, True]
    assert done["visit"] == unposted["visit"] == again["visit"]
    assert counter(done) < counter(unposted) < counter(again)


def test_a_refund_names_its_visit_and_returns_all_of_it(onec: httpx.Client, hub: HubReceiver) -> None:
    ref = open_visit(onec, format="json")
    order(onec, f"/visits/{ref}/refund", format="json")

    done, refund = (read_json(received) for received in hub.wait_for_visit(ref, 2))
    assert refund["event_type"] == "visit.refunded"
    assert set(refund["object"]) == {"type", "ref", "number", "posted", "deletion_mark"}
    assert refund["cancel"]["visit_ref"] == ref
    assert refund["cancel"]["refund_doc_ref"] == refund["object"]["ref"] != ref
    assert sum(line["amount"] for line in refund["cancel"]["lines"]) == done["visit"]["total"]


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        ("refund", "refund", "already-refunded"),
        ("refund", "edit", "already-refunded"),
        ("unpost", "unpost", "not-posted"),
        ("delete", "delete", "already-marked"),
    ],
)
def test_what_a_clerk_cannot_do_is_refused(onec: httpx.Client, first: str, second: str, code: str) -> None:
    ref = open_visit(onec)
    order(onec, f"/visits/{ref}/{first}")

    answer = onec.post(f"/visits/{ref}/{second}")
    assert (answer.status_code, answer.json()["code"]) == (409, code)


def test_unknown_things_are_not_found_and_bad_amounts_invalid(onec: httpx.Client) -> None:
    assert onec.post("/visits/00000000-0000-0000-0000-000000000000/edit").status_code == 404
    assert onec.post("/visits", json={"patient_ref": "nobody"}).status_code == 404
    for amount in ("0", "-1", "1.001", "many"):
        assert onec.post("/visits", json={"amount": amount}).status_code == 422
    assert onec.post("/knobs", json={"volume": 11}).status_code == 422


def test_the_page_and_its_script_are_served_without_inline_code(onec: httpx.Client) -> None:
    page = onec.get("/").text
    assert "Новый визит" in page
    assert "<script src=" in page
    assert "onclick" not in page
    for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
        assert onec.get(path).is_success
