"""The staff's screens: patients and the inbox."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from hub.db.transaction import transaction
from hub.kernel.ids import new_id
from tests.api.conftest import Hub
from tests.factories.onec import visit_event

PATIENTS = "/api/admin/patients"
EVENTS = "/api/admin/events"


def audited() -> list[tuple[str, str]]:
    with transaction() as session:
        return [
            tuple(row)
            for row in session.execute(
                text("SELECT actor, action FROM audit_record WHERE object_type = 'inbox_event' ORDER BY id")
            )
        ]


def bury(hub: Hub) -> str:
    """Push an event that no worker can read, and let one bury it."""
    event = visit_event()
    del event["visit"]["lines"]
    return str(hub.push_and_drain(event)["receipt_id"])


@pytest.mark.parametrize(
    "q", ["+79000000001", "8 900 000-00-01", "иванова", "Иванова", "ИВА", "ml-7k2q-91xc", "000012345"]
)
def test_a_patient_is_found_by_phone_name_card_and_1c_code(hub: Hub, q: str) -> None:
    told = hub.http.get(PATIENTS, params={"q": q}, headers=hub.staff("cashier")).json()
    [line] = told["items"]
    assert line["user_id"] == str(hub.maria_id)
    assert (line["name"], line["card_code"], line["tier"]) == ("Иванова М.", "ML-7K2Q-91XC", "BASE")
    assert "9000000001" not in str(line["phone_masked"])
    assert told["next_cursor"] is None


def test_patients_are_paged_without_holes(hub: Hub) -> None:
    headers, seen, cursor = hub.staff("admin"), [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = hub.http.get(PATIENTS, params=query, headers=headers).json()
        seen += [line["user_id"] for line in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 5


def test_the_inbox_is_listed_newest_first_and_filtered(hub: Hub) -> None:
    hub.push(visit_event(), visit_event(message_no=3))
    receipt_id = bury(hub)
    headers = hub.staff("auditor")
    items = hub.http.get(EVENTS, headers=headers).json()["items"]
    assert len(items) == 3
    assert items[0]["id"] == receipt_id
    assert (items[0]["infobase"], items[0]["topic"]) == ("umc_corp", "visit.completed")
    for query, count in (
        ({"state": "buried"}, 1),
        ({"state": "parked"}, 0),
        ({"topic": "visit.completed"}, 3),
        ({"infobase": "umc_corp"}, 3),
        ({"infobase": "other"}, 0),
    ):
        assert len(hub.http.get(EVENTS, params=query, headers=headers).json()["items"]) == count, query
    assert hub.http.get(EVENTS, params={"state": "nonsense"}, headers=headers).status_code == 422


def test_the_inbox_is_paged_without_holes(hub: Hub) -> None:
    hub.push(*[visit_event() for _ in range(5)])
    headers, seen = hub.staff("admin"), list[str]()
    cursor: str | None = ""
    while cursor is not None:
        page = hub.http.get(f"{EVENTS}?limit=2{cursor and '&cursor=' + cursor}", headers=headers).json()
        seen += [line["id"] for line in page["items"]]
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 5


def test_one_event_shows_its_reason_and_no_body(hub: Hub) -> None:
    told = hub.http.get(f"{EVENTS}/{bury(hub)}", headers=hub.staff("admin")).json()
    assert (told["state"], told["reason_code"], told["attempts"]) == ("buried", "event-invalid", 1)
    assert "/visit/lines" in told["reason"]
    assert told["body"] is None
    assert audited() == []


def test_looking_at_a_body_is_audited(hub: Hub) -> None:
    headers = hub.staff("auditor")
    told = hub.http.get(f"{EVENTS}/{bury(hub)}?body=true", headers=headers).json()
    assert told["body"]["format"] == "json"
    assert "visit.completed" in told["body"]["text"]
    [(actor, action)] = audited()
    assert actor.startswith("staff:")
    assert action == "event_body.viewed"


def test_effects_are_shown_with_amounts(hub: Hub) -> None:
    receipt_id = hub.push_and_drain(visit_event())["receipt_id"]
    told = hub.http.get(f"{EVENTS}/{receipt_id}", headers=hub.staff("admin")).json()
    assert told["effects"] == [{"kind": "accrual", "asset": "cashback", "amount": "130.05"}]


@pytest.mark.parametrize("given", ["nonsense", "00000000-0000-7000-8000-000000000000"])
def test_an_unknown_event_is_404(hub: Hub, given: str) -> None:
    headers = hub.staff("admin")
    assert hub.http.get(f"{EVENTS}/{given}", headers=headers).status_code == 404
    assert hub.http.post(f"{EVENTS}/{given}/replay", headers=headers).status_code == 404


def test_a_replay_makes_the_event_ready_and_is_audited(hub: Hub) -> None:
    receipt_id = bury(hub)
    answer = hub.http.post(f"{EVENTS}/{receipt_id}/replay", headers=hub.staff("admin"))
    assert (answer.status_code, answer.json()["state"], answer.json()["attempts"]) == (200, "ready", 0)
    assert [action for _, action in audited()] == ["event.replayed"]


def test_giving_up_what_waits_is_audited_once_with_its_reason(hub: Hub) -> None:
    receipt_id = hub.push_and_drain(visit_event(patient=str(new_id())))["receipt_id"]
    headers, said = hub.staff("admin"), {"reason": "Документ удалён в 1С"}
    for _ in range(2):
        answer = hub.http.post(f"{EVENTS}/{receipt_id}/bury", headers=headers, json=said)
        assert (answer.status_code, answer.json()["state"]) == (200, "buried")
        assert answer.json()["reason_code"] == "given-up"
    assert [action for _, action in audited()] == ["event.buried"]
    assert hub.http.post(f"{EVENTS}/{receipt_id}/bury", headers=headers, json={}).status_code == 422
    [newest, *_] = hub.http.get("/api/admin/audit", headers=headers).json()["items"]
    assert newest["reason"] == said["reason"]


def test_what_took_effect_is_not_given_up(hub: Hub) -> None:
    receipt_id = hub.push_and_drain(visit_event())["receipt_id"]
    said = {"reason": "Передумали"}
    answer = hub.http.post(f"{EVENTS}/{receipt_id}/bury", headers=hub.staff("admin"), json=said)
    assert (answer.status_code, answer.json()["code"]) == (409, "event-not-buriable")


def test_an_auditor_looks_but_does_not_replay(hub: Hub) -> None:
    answer = hub.http.post(f"{EVENTS}/{bury(hub)}/replay", headers=hub.staff("auditor"))
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def replay(hub: Hub, receipt_id: str, headers: dict[str, str], key: str) -> Any:
    return hub.http.post(f"{EVENTS}/{receipt_id}/replay", headers=headers | {"Idempotency-Key": key})


def test_a_replay_with_a_key_is_done_once_and_answered_byte_for_byte(hub: Hub) -> None:
    receipt_id, headers = bury(hub), hub.staff("admin")
    first = replay(hub, receipt_id, headers, "key-1")
    again = replay(hub, receipt_id, headers, "key-1")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.content == again.content
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(audited()) == 1


def test_a_refusal_by_a_rule_is_kept_with_its_key(hub: Hub) -> None:
    receipt_id, headers = str(hub.push_and_drain(visit_event())["receipt_id"]), hub.staff("admin")
    first = replay(hub, receipt_id, headers, "key-2")
    again = replay(hub, receipt_id, headers, "key-2")
    assert (first.status_code, first.json()["code"], first.json()["state"]) == (
        409,
        "event-not-replayable",
        "processed",
    )
    assert first.content == again.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Content-Type"] == "application/problem+json"


def test_a_404_is_not_kept_with_its_key(hub: Hub) -> None:
    headers = hub.staff("admin")
    for _ in range(2):
        answer = replay(hub, "nonsense", headers, "key-3")
        assert answer.status_code == 404
        assert "Idempotency-Replayed" not in answer.headers


def test_keys_of_different_callers_and_paths_are_strangers(hub: Hub) -> None:
    one, two, headers = bury(hub), bury(hub), hub.staff("admin")
    answers = [replay(hub, receipt_id, headers, "key-4") for receipt_id in (one, two)]
    assert ["Idempotency-Replayed" in answer.headers for answer in answers] == [False, False]


def test_a_key_above_200_characters_is_422(hub: Hub) -> None:
    answer = replay(hub, bury(hub), hub.staff("admin"), "k" * 201)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation-failed")


def test_parallel_calls_with_one_key_act_once(hub: Hub) -> None:
    receipt_id, headers = bury(hub), hub.staff("admin")
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: replay(hub, receipt_id, headers, "key-5"), range(16)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    for answer in answers:
        if answer.status_code == 409:
            assert answer.json()["code"] == "idempotency-in-progress"
            assert int(answer.headers["Retry-After"]) >= 1
    assert len(audited()) == 1
