"""What 1C meets when it pushes events."""

import json
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import text

from api.onec import events
from api.onec.shapes import EventShape, ReceiptShape
from hub.db.transaction import transaction
from hub.domain.staff.adding import add_credential
from hub.inbox.intake import Intake, IntakeFullError
from tests.api.conftest import Hub, basic, bearer, dump, patient_event, signed
from tests.factories.onec import visit_event
from tools import seed

URL = "/api/1c/v1/events"
VALID_ID = "5b3c9a0e-6c0d-4b0e-9a55-2d1f4f0a7c11"


def rows() -> list[tuple[str, str | None]]:
    with transaction() as session:
        found = session.execute(text("SELECT state, reason_code FROM inbox_event ORDER BY id"))
        return [(row.state, row.reason_code) for row in found]


def test_an_event_is_kept_and_acknowledged_with_both_ids(hub: Hub) -> None:
    event = visit_event(event_id=VALID_ID, message_no=40)
    told = hub.push(event)
    assert told["result"] is True
    assert set(told) == set(ReceiptShape.model_fields)
    assert (told["code"], told["duplicate"], told["received_no"]) == ("accepted", False, 40)
    assert told["event_id"] == VALID_ID
    assert UUID(told["receipt_id"])
    assert rows() == [("ready", None)]


def test_a_repeated_event_is_acknowledged_as_duplicate_and_adds_no_row(hub: Hub) -> None:
    event = visit_event()
    first, again = hub.push(event), hub.push(event)
    assert (again["duplicate"], again["code"]) == (True, "duplicate")
    assert again["receipt_id"] == first["receipt_id"]
    assert len(rows()) == 1


def test_an_array_is_answered_event_by_event(hub: Hub) -> None:
    told = hub.push(visit_event(), visit_event(), patient_event())
    assert (told["result"], told["code"]) == (True, "accepted")
    assert [item["duplicate"] for item in told["items"]] == [False, False, False]
    assert len({item["receipt_id"] for item in told["items"]}) == 3


def test_an_empty_array_is_acknowledged_and_keeps_nothing(hub: Hub) -> None:
    answer = hub.http.post(URL, content=b"[]", headers=hub.onec)
    assert (answer.status_code, answer.json()["items"]) == (202, [])
    assert rows() == []


def test_a_hundred_parallel_copies_make_one_row(hub: Hub) -> None:
    body = dump(visit_event())
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: hub.http.post(URL, content=body, headers=hub.onec), range(100)))
    assert {answer.status_code for answer in answers} == {202}
    assert sum(not answer.json()["duplicate"] for answer in answers) == 1
    assert len({answer.json()["receipt_id"] for answer in answers}) == 1
    assert len(rows()) == 1


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/xml", "nonsense"])
def test_any_content_type_is_taken(hub: Hub, content_type: str | None) -> None:
    headers = hub.onec | ({"Content-Type": content_type} if content_type else {})
    assert hub.http.post(URL, content=dump(visit_event()), headers=headers).status_code == 202


def test_an_unreadable_body_is_refused_with_its_position_and_kept_for_operators(hub: Hub) -> None:
    answer = hub.http.post(URL, content=b'{\n "event_id": }', headers=hub.onec)
    told = answer.json()
    assert (answer.status_code, told["result"], told["code"]) == (400, False, "unparsable")
    assert (told["line"], told["column"]) == (2, 14)
    assert "Строка 2, столбец 14" in told["message"]
    assert rows() == [("buried", "unparsable")]


def test_xml_with_a_dtd_is_refused_and_leaves_no_row(hub: Hub) -> None:
    body = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    answer = hub.http.post(URL, content=body, headers=hub.onec)
    assert (answer.status_code, answer.json()["code"]) == (400, "xml-unsafe")
    assert rows() == []


def test_more_than_200_events_are_refused_and_leave_no_row(hub: Hub) -> None:
    answer = hub.http.post(URL, content=dump([{}] * 201), headers=hub.onec)
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert rows() == []


def test_a_body_above_two_mebibytes_is_refused_by_its_declared_length(hub: Hub) -> None:
    answer = hub.http.post(URL, content=b" " * (2 * 1024 * 1024 + 1), headers=hub.onec)
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert answer.json()["result"] is False


def test_a_chunked_body_above_two_mebibytes_is_refused_while_it_comes(hub: Hub) -> None:
    def chunks() -> object:
        for _ in range(40):
            yield b" " * 65_536

    answer = hub.http.post(URL, content=chunks(), headers=hub.onec)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


def test_a_large_batch_is_parsed_off_the_loop_and_kept(hub: Hub) -> None:
    batch = [visit_event() for _ in range(150)]
    assert len(dump(batch)) > 64 * 1024
    answer = hub.http.post(URL, content=dump(batch), headers=hub.onec)
    assert (answer.status_code, len(answer.json()["items"])) == (202, 150)


def test_an_event_of_another_infobase_is_refused(hub: Hub) -> None:
    event = visit_event() | {"source": {"infobase": "umc_other"}}
    answer = hub.http.post(URL, json=event, headers=hub.onec)
    assert (answer.status_code, answer.json()["code"]) == (403, "infobase-foreign")
    assert rows() == []


def test_a_valid_event_of_no_kind_is_acknowledged(hub: Hub) -> None:
    assert hub.http.post(URL, content=b"{}", headers=hub.onec).status_code == 202


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("umc_corp", "wrong"),
        basic("nobody", "demo-umc-secret"),
        bearer("wrong"),
        {"Authorization": "Basic %%"},
    ],
)
def test_a_stranger_is_told_nothing_but_401_in_1c_shape(hub: Hub, headers: dict[str, str]) -> None:
    answer = hub.http.post(URL, content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.json()["result"] is False
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert rows() == []


def test_the_secret_is_also_taken_as_bearer(hub: Hub) -> None:
    answer = hub.http.post(URL, json=visit_event(), headers=bearer(seed.INFOBASE_SECRET))
    assert answer.status_code == 202


def test_a_service_without_an_infobase_may_not_push(hub: Hub) -> None:
    answer = hub.http.post(URL, json=visit_event(), headers=basic("till", "a-service-secret-of-tests"))
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_a_signature_is_checked_when_it_is_given(hub: Hub) -> None:
    body = dump(visit_event())
    good = signed(seed.INFOBASE_SECRET, body)
    assert hub.http.post(URL, content=body, headers=hub.onec | good).status_code == 202
    for bad in (
        signed("another-secret-entirely", body),
        signed(seed.INFOBASE_SECRET, body + b" "),
        signed(seed.INFOBASE_SECRET, body, skew_s=-400),
        signed(seed.INFOBASE_SECRET, body, skew_s=400),
        {"X-Hub-Signature": good["X-Hub-Signature"]},
        {"X-Hub-Timestamp": good["X-Hub-Timestamp"]},
    ):
        answer = hub.http.post(URL, content=body, headers=hub.onec | bad)
        assert (answer.status_code, answer.json()["code"]) == (401, "signature-invalid")


def test_a_signature_is_required_where_the_credential_says_so(hub: Hub) -> None:
    with transaction() as session:
        add_credential(
            session,
            login=seed.INFOBASE,
            secret=seed.INFOBASE_SECRET,
            infobase=seed.INFOBASE,
            signing_secret="signing-secret-of-tests",
            is_signature_required=True,
        )
    hub.app.state.credentials.reload()
    body = dump(visit_event())
    assert hub.http.post(URL, content=body, headers=hub.onec).status_code == 401
    answer = hub.http.post(URL, content=body, headers=hub.onec | signed("signing-secret-of-tests", body))
    assert answer.status_code == 202


def test_a_full_intake_answers_503_and_says_when_to_come_back(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise IntakeFullError(resource="intake")

    monkeypatch.setattr(Intake, "submit", refuse)
    answer = hub.http.post(URL, json=visit_event(), headers=hub.onec)
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert int(answer.headers["Retry-After"]) >= 1


def test_a_commit_that_takes_too_long_answers_503(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_KEPT_WITHIN_S", 0)
    answer = hub.http.post(URL, json=visit_event(), headers=hub.onec)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")


def test_the_fate_of_an_event_is_told_by_its_id_and_by_the_receipt(hub: Hub) -> None:
    told = hub.push(visit_event(event_id=VALID_ID))
    url = f"{URL}/{VALID_ID.upper()}"
    assert hub.http.get(url, headers=hub.onec).json()["state"] == "received"
    hub.push_and_drain(visit_event())
    answer = hub.http.get(url, headers=hub.onec)
    fate = answer.json()
    assert set(fate) == set(EventShape.model_fields)
    assert (fate["result"], fate["state"], fate["reason"]) == (True, "processed", None)
    assert [(effect["kind"], effect["asset"]) for effect in fate["effects"]] == [("accrual", "cashback")]
    assert '"amount": 130.05' in answer.text
    by_receipt = hub.http.get(f"{URL}/{told['receipt_id']}", headers=hub.onec)
    assert by_receipt.json() == fate


@pytest.mark.parametrize("given", ["nothing", "01a20851-b859-7fb4-be26-04d00617ecf4", "a" * 200])
def test_an_unknown_event_is_404_in_1c_shape(hub: Hub, given: str) -> None:
    answer = hub.http.get(f"{URL}/{given}", headers=hub.onec)
    assert (answer.status_code, answer.json()["code"], answer.json()["result"]) == (404, "not-found", False)


def test_received_numbers_and_gaps_are_told(hub: Hub) -> None:
    for number in (7, 8, 11):
        hub.push(visit_event(message_no=number))
    told = hub.http.get("/api/1c/v1/exchange/state", headers=hub.onec).json()
    assert told["received_no"] == 8
    assert told["gaps"] == [{"from": 9, "to": 10}]


def test_a_node_can_be_asked_for_and_all_are_listed(hub: Hub) -> None:
    there = visit_event(message_no=3)
    there["source"]["node"] = "UMC02"
    hub.push(visit_event(message_no=7))
    hub.push(there)
    url = "/api/1c/v1/exchange/state"
    told = hub.http.get(url, headers=hub.onec).json()
    assert told["nodes"] == [
        {"node": "UMC01", "received_no": 7, "gaps": []},
        {"node": "UMC02", "received_no": 3, "gaps": []},
    ]
    assert told["received_no"] == 7
    assert hub.http.get(url, params={"node": "UMC02"}, headers=hub.onec).json()["received_no"] == 3
    unknown = hub.http.get(url, params={"node": "UMC03"}, headers=hub.onec).json()
    assert (unknown["received_no"], unknown["gaps"]) == (0, [])


def test_correlation_follows_the_event_into_its_row(hub: Hub) -> None:
    hub.push(visit_event(), headers={"X-Correlation-Id": "till-7-operation-42"})
    with transaction() as session:
        kept = session.scalars(text("SELECT correlation_id FROM inbox_event")).all()
    assert kept == ["till-7-operation-42"]


def test_json_answers_have_no_bom_and_plain_keys(hub: Hub) -> None:
    answer = hub.http.post(URL, json=visit_event(), headers=hub.onec)
    assert answer.content.startswith(b"{")
    assert all(key.isidentifier() for key in json.loads(answer.content))
