"""What the door does with a body before it is kept, seen from outside."""

import re
from typing import Any

from lxml import etree
from sqlalchemy import text
from structlog.testing import capture_logs

from hub.db.transaction import transaction
from hub.flows.drain import drain
from hub.inbox.claims import claim_batch
from tests.api.conftest import Hub, patient_event
from tests.factories.onec import visit_event
from tests.integrations.onec.captured import FIXTURES

URL = "/api/1c/v1/events"


def kept_bodies() -> list[str]:
    with transaction() as session:
        events = claim_batch(session, queue="core", worker="test").events
    return [event.content.decode() for event in events]


def medical_event() -> dict[str, Any]:
    event = visit_event()
    event["visit"] |= {"Диагноз": "тайна", "Касса": "1"}
    return event


def test_a_medical_field_is_gone_from_the_row_and_a_repetition_is_still_known(hub: Hub) -> None:
    event = medical_event()
    first, again = hub.push(event), hub.push(event)
    assert (first["duplicate"], again["duplicate"]) == (False, True)
    [kept] = kept_bodies()
    assert "тайна" not in kept
    assert "Диагноз" not in kept
    assert "Касса" in kept


def test_dropped_fields_are_counted_by_base_and_logged_without_their_names(hub: Hub) -> None:
    with capture_logs() as entries:
        hub.push(medical_event(), medical_event(), visit_event())
    [entry] = [entry for entry in entries if entry["event"] == "medical_fields_dropped"]
    assert {key: entry[key] for key in ("infobase", "count", "log_level")} == {
        "infobase": "umc_corp",
        "count": 2,
        "log_level": "warning",
    }
    assert "Диагноз" not in str(entry)
    assert "тайна" not in str(entry)


def test_the_metric_tells_medical_fields_from_unknown_ones(hub: Hub) -> None:
    before = {reason: dropped(hub, reason) for reason in ("medical", "unknown")}
    hub.push(medical_event(), medical_event(), visit_event())
    assert dropped(hub, "medical") == before["medical"] + 2
    assert dropped(hub, "unknown") == before["unknown"] + 2


def dropped(hub: Hub, reason: str) -> float:
    line = re.search(
        rf'^hub_onec_fields_dropped_total{{infobase="umc_corp",reason="{reason}"}} (\S+)$',
        hub.http.get("/metrics").text,
        re.MULTILINE,
    )
    return float(line[1]) if line else 0.0


def test_several_events_of_one_message_are_answered_event_by_event(hub: Hub) -> None:
    xml = (FIXTURES / "message__several_events.xml").read_bytes()
    answer = hub.http.post(URL, content=xml, headers=hub.onec)
    assert answer.status_code == 202
    assert len(answer.json()["items"]) == 6
    assert {item["received_no"] for item in answer.json()["items"]} == {8517}


def test_an_event_without_a_date_is_dated_by_the_arrival_of_its_row(hub: Hub) -> None:
    event = visit_event() | {"occurred_at": ""}
    hub.push(patient_event(ref=event["visit"]["patient"]["ref"]), event)
    with transaction() as session:
        received_at = session.scalar(
            text("SELECT received_at FROM inbox_event WHERE topic = 'visit.completed'")
        )
    drain("core")
    with transaction() as session:
        assert session.scalar(text("SELECT occurred_at FROM visit")) == received_at


def test_the_schema_is_given_to_1c_developers(hub: Hub) -> None:
    answer = hub.http.get("/api/1c/v1/exchange.xsd", headers=hub.onec)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/xml")
    schema = etree.XMLSchema(etree.fromstring(answer.content))
    assert schema.validate(etree.fromstring((FIXTURES / "visit_completed__sample.xml").read_bytes()))
    assert hub.http.get("/api/1c/v1/exchange.xsd").status_code == 401
