"""How the 1C stranger sends: the same bytes until taken, repetitions, retries, credentials, numbers."""

import base64
import hmac
import json
import re
import time
from collections.abc import Callable

import httpx
import pytest

from tests.sandbox.conftest import Turn
from tests.sandbox.hub_receiver import HubReceiver
from tests.sandbox.stranger_process import until

TROUBLES: dict[str, Callable[[bytes], bool]] = {
    "broken-xml": lambda body: b" & " in body,
    "control-xml": lambda body: b"\x0b" in body,
    "cut-json": lambda body: body.count(b"{") > body.count(b"}"),
    "doctype": lambda body: b"<!DOCTYPE" in body and b"<!ENTITY" in body,
    "deep-json": lambda body: body.count(b"{") > 50 and json.loads(body) is not None,
    "oversized": lambda body: len(body) > 2 * 1024 * 1024 and json.loads(body) is not None,
    "items-201": lambda body: len(json.loads(body)) == 201,
    "empty-event": lambda body: set(json.loads(body)) == {"event_type", "source"},
}


@pytest.fixture(autouse=True)
def knobs_as_they_were(onec: httpx.Client) -> None:
    knobs = {"bom": "never", "numbered": False, "format": "alternate", "delay_ms": 0, "shuffle": False}
    assert onec.post("/knobs", json=knobs).is_success


def open_visit(onec: httpx.Client, body_format: str = "json") -> str:
    ref: str = onec.post("/visits", json={"format": body_format}).json()["visit"]["ref"]
    return ref


def wait_for_push(onec: httpx.Client, ref: str, status: str) -> dict[str, object]:
    def list_found() -> list[dict[str, object]]:
        pushes: list[dict[str, object]] = onec.get("/pushes?limit=500").json()
        return [push for push in pushes if (push["ref"], push["status"]) == (ref, status)]

    until(lambda: bool(list_found()))
    return list_found()[0]


def test_a_hundred_parallel_copies_are_identical(onec: httpx.Client, hub: HubReceiver) -> None:
    ref = open_visit(onec, "xml")
    hub.wait_for_visit(ref)
    answer = onec.post(f"/visits/{ref}/resend", json={"copies": 100, "parallel": True})

    received = hub.wait_for_visit(ref, 101)
    assert answer.status_code == 202
    assert len(answer.json()["push_ids"]) == 100
    assert len({each.body for each in received}) == 1
    assert len({each.headers["Content-Type"] for each in received}) == 1
    assert wait_for_push(onec, ref, "duplicate")["sha256"] == answer.json()["sha256"]


def test_one_copy_is_the_last_version_sent(onec: httpx.Client, hub: HubReceiver) -> None:
    ref = open_visit(onec)
    onec.post(f"/visits/{ref}/edit", json={"amount": "999.00"})
    onec.post(f"/visits/{ref}/resend")

    first, second, third = hub.wait_for_visit(ref, 3)
    assert first.body != second.body == third.body


def test_a_push_is_repeated_with_the_same_bytes_until_taken_and_order_is_kept(
    onec: httpx.Client, hub: HubReceiver
) -> None:
    hub.script.extend([(503, {"Retry-After": "0"}), None, (429, {"Retry-After": "0"})])
    ref = open_visit(onec)
    other_ref = open_visit(onec)

    received = hub.wait_for_visit(ref, 4)
    assert len({each.body for each in received}) == 1
    hub.wait_for_visit(other_ref)
    came = [each.body for each in hub.list_received()]
    assert came.index(hub.wait_for_visit(other_ref)[0].body) == len(came) - 1
    assert wait_for_push(onec, ref, "duplicate")["attempts"] == 4


def test_a_server_error_on_one_push_lets_the_others_through(onec: httpx.Client, hub: HubReceiver) -> None:
    hub.script.append((500, {}))
    ref = open_visit(onec)
    hub.wait_for_visit(ref)
    other_ref = open_visit(onec)

    hub.wait_for_visit(ref, 2)
    order = [ref if ref in each.text else other_ref for each in hub.list_received()[-3:]]
    assert order == [ref, other_ref, ref]


def test_a_refused_push_is_not_repeated(onec: httpx.Client, hub: HubReceiver) -> None:
    hub.script.append((403, {}))
    ref = open_visit(onec)

    push = wait_for_push(onec, ref, "refused")
    assert (push["answer_status"], push["attempts"]) == (403, 1)
    hub.wait_for_visit(open_visit(onec))
    assert len([each for each in hub.list_received() if ref in each.text]) == 1


def test_knobs_number_messages_and_set_the_byte_order_mark(onec: httpx.Client, hub: HubReceiver) -> None:
    onec.post("/knobs", json={"numbered": True, "bom": True})
    refs = [open_visit(onec, "json"), open_visit(onec, "xml"), open_visit(onec, "json")]

    received = [hub.wait_for_visit(ref)[0] for ref in refs]
    assert all(each.body.startswith(b"\xef\xbb\xbf") for each in received)
    numbers = [int(re.findall(r'message_?[nN]o"?[:=] ?"?(\d+)', each.text)[0]) for each in received]
    # The stand-in's answers told that it had come to 40.
    assert numbers == [41, 42, 43]


def test_lanes_send_the_copies_of_every_push_with_the_same_bytes(
    onec: httpx.Client, hub: HubReceiver, turn: Turn
) -> None:
    turn(copies=5, lanes=8)
    received = hub.wait_for_visit(open_visit(onec), 5)
    assert len({each.body for each in received}) == 1


def test_a_push_without_retries_is_lost_and_its_document_uncertain(
    onec: httpx.Client, hub: HubReceiver, turn: Turn
) -> None:
    turn(retries="none")
    hub.script.append(None)
    ref = open_visit(onec)

    assert wait_for_push(onec, ref, "lost")["attempts"] == 1
    hub.wait_for_visit(open_visit(onec))
    assert len([each for each in hub.list_received() if ref in each.text]) == 1
    assert ref not in {each["ref"] for each in onec.get("/journal/expected?limit=1000").json()["items"]}


def test_the_connector_doubles_its_pauses_and_honours_retry_after(
    onec: httpx.Client, hub: HubReceiver, turn: Turn
) -> None:
    turn(retries="connector")
    hub.script.extend([(503, {"Retry-After": "1"}), (202, {}), (500, {})])
    ref = open_visit(onec)
    other_ref = open_visit(onec)

    hub.wait_for_visit(ref, 3)
    came = [ref if ref in each.text else other_ref for each in hub.list_received()[-4:]]
    # Each push of the Connector waits by itself: the other one is not held back.
    assert came == [ref, other_ref, ref, ref]
    assert wait_for_push(onec, ref, "duplicate")["attempts"] == 3


@pytest.mark.parametrize(("habit", "is_timely", "is_right"), [("on", 1, 1), ("stale", 0, 1), ("wrong", 1, 0)])
def test_a_signature_covers_the_raw_bytes(
    onec: httpx.Client, hub: HubReceiver, turn: Turn, habit: str, is_timely: int, is_right: int
) -> None:
    turn(signature=habit, encoding="cp1251")
    received = hub.wait_for_visit(open_visit(onec))[0]
    timestamp = received.headers["X-Hub-Timestamp"]
    signed = hmac.new(b"test-secret", f"{timestamp}.".encode() + received.body, "sha256").hexdigest()
    assert (received.headers["X-Hub-Signature"] == f"sha256={signed}") == bool(is_right)
    assert (abs(time.time() - int(timestamp)) < 300) == bool(is_timely)


def test_forged_credentials_are_not_the_real_ones(onec: httpx.Client, hub: HubReceiver, turn: Turn) -> None:
    turn(credentials="forged")
    assert hub.wait_for_visit(open_visit(onec))[0].headers["Authorization"] != real_credentials()
    turn(credentials="real")
    assert hub.wait_for_visit(open_visit(onec))[0].headers["Authorization"] == real_credentials()


def real_credentials() -> str:
    return "Basic " + base64.b64encode(b"umc_corp:test-secret").decode()


@pytest.mark.parametrize("kind", sorted(TROUBLES))
def test_a_bad_body_is_bad_in_the_way_it_says(onec: httpx.Client, hub: HubReceiver, kind: str) -> None:
    seen = len(hub.list_received())
    assert onec.post("/troubles", json={"kind": kind}).status_code == 202
    hub.wait_for(seen + 1)
    body = hub.list_received()[-1].body
    assert TROUBLES[kind](body)


def test_every_trouble_is_proved(onec: httpx.Client) -> None:
    assert set(onec.get("/troubles").json()) == set(TROUBLES)


def test_lost_numbers_leave_a_gap_and_are_filled_late(
    onec: httpx.Client, hub: HubReceiver, turn: Turn
) -> None:
    turn(numbered=True, bom="never")
    first = number_of(hub.wait_for_visit(open_visit(onec))[0].text)
    onec.post("/exchange/lose", json={"count": 2})
    lost = [open_visit(onec), open_visit(onec)]
    assert number_of(hub.wait_for_visit(open_visit(onec))[0].text) == first + 3
    assert not [each for each in hub.list_received() if any(ref in each.text for ref in lost)]

    onec.post("/exchange/resend", json={"from": first + 1, "to": first + 2})
    assert [number_of(hub.wait_for_visit(ref)[0].text) for ref in lost] == [first + 1, first + 2]


def test_shuffled_numbers_come_out_of_order(onec: httpx.Client, hub: HubReceiver, turn: Turn) -> None:
    turn(numbered=True, shuffle=True, lanes=4)
    refs = [open_visit(onec) for _ in range(12)]
    for ref in refs:
        hub.wait_for_visit(ref)
    numbers = [number_of(each.text) for each in hub.list_received()[-12:]]
    assert numbers != sorted(numbers)
    assert sorted(numbers) == list(range(min(numbers), min(numbers) + 12))


def test_every_node_counts_by_itself(onec: httpx.Client, hub: HubReceiver, turn: Turn) -> None:
    turn(numbered=True, nodes="own")
    events = [json.loads(hub.wait_for_visit(open_visit(onec))[0].text) for _ in range(50)]
    by_node: dict[str, list[int]] = {}
    for event in events:
        by_node.setdefault(event["source"]["node"], []).append(event["exchange"]["message_no"])
    assert set(by_node) == {"UMC01", "UMC02"}
    for numbers in by_node.values():
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def number_of(text: str) -> int:
    return int(re.findall(r'message_?[nN]o"?[:=] ?"?(\d+)', text)[0])
