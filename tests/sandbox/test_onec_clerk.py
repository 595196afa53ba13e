"""What a clerk may do beyond the usual: partial and early refunds, ghosts, newcomers, doubles, month ends."""

import datetime as dt
import json
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import Turn
from tests.sandbox.hub_receiver import HubReceiver
from tests.sandbox.stranger_process import until


@pytest.fixture(autouse=True)
def plain_json(turn: Turn) -> None:
    turn(format="json", bom="never")


def order(onec: httpx.Client, path: str, **facts: object) -> dict[str, Any]:
    answer = onec.post(path, json=facts)
    assert answer.is_success, answer.text
    told: dict[str, Any] = answer.json()
    return told


def open_visit(onec: httpx.Client, lines: int = 1) -> dict[str, Any]:
    """Open drawn visits until one has so many lines."""
    while True:
        visit: dict[str, Any] = order(onec, "/visits")["visit"]
        if len(visit["lines"]) >= lines:
            return visit


def events(hub: HubReceiver, ref: str, count: int) -> list[dict[str, Any]]:
    return [json.loads(received.text) for received in hub.wait_for_visit(ref, count)]


def expected(onec: httpx.Client, ref: str) -> dict[str, Any] | None:
    after: int | None = 0
    while after is not None:
        page = onec.get("/journal/expected", params={"after": after, "limit": 1000}).json()
        after = page["next_after"]
        for item in page["items"]:
            if item["ref"] == ref:
                found: dict[str, Any] = item
                return found
    return None


def test_lines_go_back_one_by_one_by_documents_of_their_own(onec: httpx.Client, hub: HubReceiver) -> None:
    visit = open_visit(onec, lines=2)
    first, second, *_ = visit["lines"]
    order(onec, f"/visits/{visit['ref']}/refund", line_no=first["no"])
    order(onec, f"/visits/{visit['ref']}/refund")

    _, one, rest = events(hub, visit["ref"], 3)
    assert [line["no"] for line in one["cancel"]["lines"]] == [first["no"]]
    assert second["no"] in {line["no"] for line in rest["cancel"]["lines"]}
    assert first["no"] not in {line["no"] for line in rest["cancel"]["lines"]}
    assert one["object"]["ref"] != rest["object"]["ref"]
    again = onec.post(f"/visits/{visit['ref']}/refund", json={"line_no": first["no"]})
    assert again.json()["code"] == "already-refunded"


def test_an_unposted_refund_names_itself_and_the_visit_may_be_edited_again(
    onec: httpx.Client, hub: HubReceiver
) -> None:
    ref = open_visit(onec)["ref"]
    order(onec, f"/visits/{ref}/refund")
    assert onec.post(f"/visits/{ref}/edit").status_code == 409
    order(onec, f"/visits/{ref}/undo-refund")
    order(onec, f"/visits/{ref}/edit")

    _, refund, undone, _ = events(hub, ref, 4)
    assert undone["event_type"] == "visit.refunded"
    assert undone["object"] == {**refund["object"], "posted": False}
    assert undone["cancel"] == refund["cancel"]
    assert undone["occurred_at"] > refund["occurred_at"]


def test_a_refund_may_be_told_before_its_visit(onec: httpx.Client, hub: HubReceiver) -> None:
    ref = order(onec, "/visits", refund_first=True)["visit"]["ref"]
    assert [event["event_type"] for event in events(hub, ref, 2)] == ["visit.refunded", "visit.completed"]


def test_a_rolled_back_visit_was_told_and_does_not_exist(onec: httpx.Client, hub: HubReceiver) -> None:
    ref = order(onec, "/visits", rollback=True)["visit"]["ref"]
    hub.wait_for_visit(ref)
    assert onec.get(f"/visits/{ref}").status_code == 404
    until(lambda: expected(onec, ref) is not None)
    told = expected(onec, ref)
    assert told is not None
    assert (told["in_base"], told["state"]) == (False, "live")


def test_a_newcomers_visit_may_come_before_the_card(onec: httpx.Client, hub: HubReceiver) -> None:
    told = order(onec, "/patients", visit="before_card")
    ref = told["patient"]["ref"]
    kinds = [json.loads(each.text)["event_type"] for each in hub.wait_for_visit(ref, 2)]
    assert kinds == ["visit.completed", "patient.upserted"]


def test_an_edited_card_is_a_later_version_of_the_same_patient(onec: httpx.Client, hub: HubReceiver) -> None:
    ref = order(onec, "/patients")["patient"]["ref"]
    order(onec, f"/patients/{ref}/edit")
    first, second = events(hub, ref, 2)
    assert (first["patient"]["email"] == "", second["patient"]["email"] != "") == (True, True)
    assert first["object"]["ref"] == second["object"]["ref"]
    assert first["occurred_at"] < second["occurred_at"]


def test_a_duplicate_card_names_the_one_that_stays(onec: httpx.Client, hub: HubReceiver) -> None:
    kept, double = (order(onec, "/patients")["patient"]["ref"] for _ in range(2))
    order(onec, f"/patients/{double}/merge", into_ref=kept)
    _, merged = events(hub, double, 2)
    assert merged["patient"]["merged_into_ref"] == kept
    assert merged["object"]["deletion_mark"] is True
    assert onec.post(f"/patients/{double}/edit").json()["code"] == "already-merged"
    assert onec.post(f"/patients/{kept}/merge", json={"into_ref": double}).json()["code"] == "not-mergeable"


def test_the_month_end_posts_every_live_document_again_without_news(
    onec: httpx.Client, hub: HubReceiver
) -> None:
    live, dead = open_visit(onec)["ref"], open_visit(onec)["ref"]
    order(onec, f"/visits/{dead}/unpost")
    assert order(onec, "/month-end")["reposted"] >= 1
    first, again = events(hub, live, 2)
    assert first["visit"] == again["visit"]
    assert first["object"]["data_version"] != again["object"]["data_version"]
    assert first["event_id"] != again["event_id"]
    until(lambda: onec.get("/state").json()["pending"] == 0)
    assert len([each for each in hub.list_received() if dead in each.text]) == 2


@pytest.mark.parametrize(("habit", "ids"), [("own", 2), ("reused", 1)])
def test_an_edit_has_an_event_id_of_its_own_or_reuses_the_first(
    onec: httpx.Client, hub: HubReceiver, turn: Turn, habit: str, ids: int
) -> None:
    turn(event_id=habit)
    ref = open_visit(onec)["ref"]
    order(onec, f"/visits/{ref}/edit", amount="77.00")
    assert len({event["event_id"] for event in events(hub, ref, 2)}) == ids


def test_an_event_may_have_no_id(onec: httpx.Client, hub: HubReceiver, turn: Turn) -> None:
    turn(event_id="none", empty="absent")
    assert "event_id" not in events(hub, open_visit(onec)["ref"], 1)[0]


def test_a_wrong_clock_moves_the_event_and_not_the_document(
    onec: httpx.Client, hub: HubReceiver, turn: Turn
) -> None:
    turn(skew_minutes=-90)
    event = events(hub, open_visit(onec)["ref"], 1)[0]
    assert event["visit"]["completed_at"] == shifted(event["occurred_at"], minutes=90)


def test_a_jumping_clock_is_wrong_by_a_different_time_each_moment(
    onec: httpx.Client, hub: HubReceiver, turn: Turn
) -> None:
    turn(jump_minutes=600)
    told = [events(hub, open_visit(onec)["ref"], 1)[0] for _ in range(5)]
    wrong = {
        dt.datetime.fromisoformat(event["occurred_at"])
        - dt.datetime.fromisoformat(event["visit"]["completed_at"])
        for event in told
    }
    assert len(wrong) > 1
    assert all(abs(each) <= dt.timedelta(minutes=600) for each in wrong)


def shifted(written: str, *, minutes: int) -> str:
    return (dt.datetime.fromisoformat(written) + dt.timedelta(minutes=minutes)).isoformat()


def test_the_journal_expects_what_was_acknowledged_and_nothing_that_was_refused(
    onec: httpx.Client, hub: HubReceiver
) -> None:
    visit = open_visit(onec, lines=2)
    ref, line = visit["ref"], visit["lines"][0]
    order(onec, f"/visits/{ref}/refund", line_no=line["no"])
    hub.wait_for_visit(ref, 2)
    until(lambda: (expected(onec, ref) or {}).get("refunded") == line["amount"])
    told = expected(onec, ref)
    assert told is not None
    assert (told["state"], told["patient_ref"], told["total"]) == (
        "live",
        visit["patient_ref"],
        visit["total"],
    )
    assert told["lines"][0]["refunded"] == line["amount"]
    assert told["payments"] == visit["payments"]

    hub.script.append((403, {}))
    order(onec, f"/visits/{ref}/undo-refund")
    hub.wait_for_visit(ref, 3)
    until(lambda: onec.get("/state").json()["pending"] == 0)
    after = expected(onec, ref)
    assert after is not None
    assert after["refunded"] == line["amount"]

    order(onec, f"/visits/{ref}/refund")
    order(onec, f"/visits/{ref}/undo-refund")
    until(lambda: onec.get("/state").json()["pending"] == 0)
    assert (expected(onec, ref) or {})["refunded"] == line["amount"]


def test_the_journal_pages_through_every_push_once(onec: httpx.Client) -> None:
    last = onec.get("/pushes?limit=1").json()[0]["id"] if onec.get("/pushes?limit=1").json() else 0
    for _ in range(7):
        open_visit(onec)
    until(lambda: onec.get("/state").json()["pending"] == 0)
    seen: list[dict[str, Any]] = []
    after: int | None = last
    while after is not None:
        page = onec.get("/journal", params={"after": after, "limit": 3}).json()
        seen += page["items"]
        after = page["next_after"]
    assert [item["id"] for item in seen] == list(range(last + 1, last + 1 + len(seen)))
    assert len(seen) >= 7
    assert {item["status"] for item in seen} == {"accepted"}
