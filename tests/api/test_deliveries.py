"""The operators' screens of deliveries, destinations, schedules and dead letters."""

from typing import Any

import pytest
from sqlalchemy import text

from hub.db.transaction import transaction
from tests.api.conftest import Hub
from tests.conftest import Servers
from tests.inbox.arrivals import rows
from tests.outbox.orders import (
    ACCEPTED,
    REFUSED,
    UNCERTAIN,
    UNREACHABLE,
    claim,
    enqueue,
    gate,
    letter,
    order,
    record,
    states,
)

DELIVERIES = "/api/admin/deliveries"
DESTINATIONS = "/api/admin/destinations"
SCHEDULES = "/api/admin/retry-schedules"


def audited() -> list[tuple[str, str, str]]:
    query = "SELECT actor, action, object_id FROM audit_record WHERE object_type <> 'staff' ORDER BY id"
    with transaction() as session:
        return [
            (actor, action, object_id)
            for actor, action, object_id in session.execute(text(query))
            if action.partition(".")[0]
            in {"delivery", "deliveries", "message", "destination", "retry_schedule"}
        ]


def ask(hub: Hub, path: str, role: str = "admin", **query: Any) -> Any:
    answer = hub.http.get(path, params=query, headers=hub.staff(role))
    assert answer.status_code == 200, answer.text
    return answer.json()


def post(hub: Hub, path: str, body: object = None, role: str = "admin", key: str = "") -> Any:
    headers = hub.staff(role) | ({"Idempotency-Key": key} if key else {})
    return hub.http.post(path, headers=headers, json=body) if body else hub.http.post(path, headers=headers)


def bury(count: int = 1) -> list[str]:
    """Bury so many texts; gives their ids."""
    enqueue(*[order(f"b{number}", about="patient:1") for number in range(count)])
    claimed = claim()
    record(claimed, REFUSED)
    return [str(one.public_id) for one in claimed]


def test_deliveries_are_listed_newest_first_and_filtered(hub: Hub) -> None:
    bury()
    enqueue(order("k2", phone="+79000000002"), letter("l1"))
    for query, kinds in (
        ({}, ["email.letter", "sms.code", "sms.code"]),
        ({"state": "buried"}, ["sms.code"]),
        ({"destination": "email"}, ["email.letter"]),
        ({"kind": "sms.code"}, ["sms.code", "sms.code"]),
        ({"about": "patient:1"}, ["sms.code"]),
        ({"recipient": "8 900 000-00-02"}, ["sms.code"]),
        ({"recipient": "IVANOVA@example.ru"}, ["email.letter"]),
        ({"needs_person": "true"}, []),
    ):
        found = ask(hub, DELIVERIES, "auditor", **query)["items"]
        assert [line["kind"] for line in found] == kinds, query
    for wrong in ("state=nonsense", "destination=fax", "limit=101"):
        answer = hub.http.get(f"{DELIVERIES}?{wrong}", headers=hub.staff("admin"))
        assert answer.status_code == 422, wrong


def test_deliveries_are_paged_without_holes(hub: Hub) -> None:
    enqueue(*[order(f"k{number}") for number in range(5)])
    seen = list[str]()
    cursor: str | None = ""
    while cursor is not None:
        page = ask(hub, f"{DELIVERIES}?limit=2{cursor and '&cursor=' + cursor}")
        seen += [line["id"] for line in page["items"]]
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 5


def test_one_delivery_shows_its_tries_and_a_masked_message(hub: Hub) -> None:
    [buried] = bury()
    told = ask(hub, f"{DELIVERIES}/{buried}", "auditor")
    assert (told["state"], told["reason"], told["tries"]) == ("buried", "http 400", 1)
    assert told["message"] == {"to": "+7 ••• •••-00-01", "text": "Код ••••"}
    [attempt] = told["attempt_list"]
    assert (attempt["attempt_no"], attempt["outcome"], attempt["reason"]) == (1, "refused", "http 400")
    assert audited() == []


def test_an_unmasked_message_needs_its_own_permission_and_is_audited(hub: Hub) -> None:
    [buried] = bury()
    refused = hub.http.get(f"{DELIVERIES}/{buried}?body=true", headers=hub.staff("auditor"))
    assert (refused.status_code, audited()) == (403, [])
    told = ask(hub, f"{DELIVERIES}/{buried}", body="true")
    assert told["message"] == {"to": "+79000000001", "text": "Код 123456"}
    [(actor, action, object_id)] = audited()
    assert actor.startswith("staff:")
    assert (action, object_id) == ("message.viewed", buried)


def test_a_message_that_cannot_be_read_is_shown_without(hub: Hub, clean: Servers) -> None:
    [buried] = bury()
    rows(clean, "UPDATE outbox_delivery SET sealed = '\\x00'")
    assert ask(hub, f"{DELIVERIES}/{buried}")["message"] is None


@pytest.mark.parametrize("given", ["nonsense", "00000000-0000-7000-8000-000000000000"])
def test_an_unknown_delivery_is_404(hub: Hub, given: str) -> None:
    assert hub.http.get(f"{DELIVERIES}/{given}", headers=hub.staff("admin")).status_code == 404
    for verb in ("redeliver", "cancel", "confirm"):
        assert post(hub, f"{DELIVERIES}/{given}/{verb}").status_code == 404


def test_a_dead_letter_is_mended_and_sent_again(hub: Hub) -> None:
    """What was refused for the gateway's sake goes out under its old key once that is mended."""
    [buried] = bury()
    answer = post(hub, f"{DELIVERIES}/{buried}/redeliver")
    assert (answer.status_code, answer.json()["state"], answer.json()["attempts"]) == (200, "ready", 0)
    assert [action for _, action, _ in audited()] == ["delivery.redelivered"]
    claimed = claim()
    record(claimed, ACCEPTED)
    assert str(claimed[0].public_id) == buried
    refused = post(hub, f"{DELIVERIES}/{buried}/redeliver")
    assert (refused.status_code, refused.json()["code"], refused.json()["state"]) == (
        409,
        "delivery-closed",
        "delivered",
    )


def test_a_call_off_and_a_confirmation_are_audited_with_their_actor(hub: Hub, clean: Servers) -> None:
    enqueue(order("k1"), order("k2"))
    first, second = claim()
    record([first, second], UNCERTAIN)
    assert post(hub, f"{DELIVERIES}/{first.public_id}/confirm").json()["state"] == "delivered"
    assert post(hub, f"{DELIVERIES}/{second.public_id}/cancel").json()["state"] == "cancelled"
    assert states(clean) == ["delivered", "cancelled"]
    assert [(action, object_id) for _, action, object_id in audited()] == [
        ("delivery.confirmed", str(first.public_id)),
        ("delivery.cancelled", str(second.public_id)),
    ]


def test_a_repeated_key_acts_once(hub: Hub) -> None:
    [buried] = bury()
    answers = [post(hub, f"{DELIVERIES}/{buried}/redeliver", key="key-1") for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert len(audited()) == 1


def test_many_are_rehearsed_and_then_sent_again_by_filter(hub: Hub, clean: Servers) -> None:
    bury(3)
    wanted = {"destination": "sms", "kind": "sms.code", "since": "2026-01-01T00:00:00Z"}
    path = f"{DELIVERIES}/redeliver"
    assert post(hub, path, wanted | {"rehearsal": True}).json() == {"count": 3}
    assert (states(clean), audited()) == (["buried"] * 3, [])
    assert post(hub, path, {"reason": "http 401"}).json() == {"count": 0}
    assert post(hub, path, wanted).json() == {"count": 3}
    assert states(clean) == ["ready"] * 3
    assert [action for _, action, _ in audited()] == ["deliveries.redelivered"] * 2
    for wrong in ({"since": "2026-01-01T00:00:00"}, {"destination": "fax"}, {"everything": True}):
        assert post(hub, path, wrong).status_code == 422, wrong


def test_dead_letters_are_counted_by_their_reason(hub: Hub) -> None:
    bury(2)
    [group] = ask(hub, "/api/admin/dead-letters", "auditor")["groups"]
    assert (group["destination"], group["kind"], group["reason"], group["count"]) == (
        "sms",
        "sms.code",
        "http 400",
        2,
    )
    assert group["oldest_at"] <= group["newest_at"]


def test_destinations_show_their_gates_and_depths(hub: Hub) -> None:
    enqueue(*[order(f"k{number}") for number in range(6)])
    record(claim(), UNREACHABLE)
    email, sms = ask(hub, DESTINATIONS, "auditor")["items"]
    assert (email["name"], email["breaker"], email["deliveries"]) == ("email", "closed", {})
    assert (sms["name"], sms["breaker"], sms["deliveries"]) == ("sms", "open", {"ready": 6})
    assert sms["opens_at"] == sms["open_until"]
    assert ask(hub, f"{DESTINATIONS}/sms")["trips"] == 1
    assert hub.http.get(f"{DESTINATIONS}/fax", headers=hub.staff("admin")).status_code == 404


def test_a_pause_keeps_back_and_a_resume_lets_go(hub: Hub) -> None:
    enqueue(order())
    paused = post(hub, f"{DESTINATIONS}/sms/pause").json()
    assert paused["paused_by"].startswith("staff:")
    assert (paused["opens_at"], claim()) == (None, [])
    resumed = post(hub, f"{DESTINATIONS}/sms/resume").json()
    assert (resumed["paused_at"], resumed["breaker"]) == (None, "closed")
    assert len(claim()) == 1
    assert [action for _, action, _ in audited()] == ["destination.paused", "destination.resumed"]


def change(hub: Hub, method: str, path: str, body: object, role: str = "admin") -> Any:
    return hub.http.request(method, path, json=body, headers=hub.staff(role))


def test_a_rate_is_changed_in_part(hub: Hub, clean: Servers) -> None:
    told = change(hub, "PATCH", f"{DESTINATIONS}/sms", {"rate_per_minute": 60})
    assert told.json()["rate_per_minute"] == 60
    assert (gate(clean)["rate_per_minute"], gate(clean)["burst"], gate(clean)["in_flight_max"]) == (60, 40, 8)
    for wrong in ({"rate_per_minute": 0}, {"in_flight_max": 65}, {"burst": "5"}, {"speed": 1}):
        assert change(hub, "PATCH", f"{DESTINATIONS}/sms", wrong).status_code == 422, wrong
    assert change(hub, "PATCH", f"{DESTINATIONS}/fax", {"burst": 1}).status_code == 404
    assert [(action, name) for _, action, name in audited()] == [("destination.changed", "sms")]


def test_a_schedule_is_changed_whole_and_shown(hub: Hub) -> None:
    told = change(hub, "PUT", f"{SCHEDULES}/sms.code", {"delays_s": [1, 2], "ttl_s": 60}).json()
    assert (told["delays_s"], told["ttl_s"], told["when_uncertain"]) == ([1, 2], 60, "look_up")
    assert told in ask(hub, SCHEDULES, "auditor")["items"]
    for wrong in ({"delays_s": [0], "ttl_s": 60}, {"delays_s": [1] * 31, "ttl_s": 60}, {"delays_s": [1]}):
        assert change(hub, "PUT", f"{SCHEDULES}/sms.code", wrong).status_code == 422, wrong
    whole = {"delays_s": [], "ttl_s": 60}
    assert change(hub, "PUT", f"{SCHEDULES}/fax.page", whole).status_code == 404
    assert [(action, kind) for _, action, kind in audited()] == [("retry_schedule.changed", "sms.code")]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"{DELIVERIES}/redeliver"),
        ("POST", f"{DESTINATIONS}/sms/pause"),
        ("POST", f"{DESTINATIONS}/sms/resume"),
        ("PATCH", f"{DESTINATIONS}/sms"),
        ("PUT", f"{SCHEDULES}/sms.code"),
    ],
)
def test_an_auditor_looks_but_changes_nothing(hub: Hub, method: str, path: str) -> None:
    assert change(hub, method, path, {}, "auditor").status_code == 403
    assert audited() == []
