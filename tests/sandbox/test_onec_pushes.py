"""How the 1C stranger sends: the same bytes until taken, repetitions, knobs, and the stream's opening."""

import collections
import json
import pathlib
import re

import httpx
import pytest
from lxml import etree

from tests.sandbox.hub_receiver import HubReceiver, Received
from tests.sandbox.stranger_process import running_stranger, until

SAMPLE_PATIENT_REF = "92c7ea9d-2cab-11e4-9f84-1078d2d69bb4"


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


def test_the_opening_waits_for_the_hub_then_tells_patients_and_a_repeatable_history(
    tmp_path: pathlib.Path, schema: etree.XMLSchema
) -> None:
    first, second = (opening_of(tmp_path / name, later) for name, later in (("one", True), ("two", False)))

    # A refund of the history may fall due between the two; what was told once is told again.
    assert [each.body for each in second][: len(first)] == [each.body for each in first]
    patients, history = first[:24], first[24:]
    assert all("patient.upserted" in each.text for each in patients)
    phones = re.findall(r"8 \(900\) 000-\d\d-\d\d", "".join(each.text for each in patients))
    assert phones == [f"8 (900) 000-01-{number:02d}" for number in range(1, 25)]
    assert not any(SAMPLE_PATIENT_REF in each.text for each in first)
    assert {each.is_xml for each in first[::2]} == {False}
    assert {each.is_xml for each in first[1::2]} == {True}
    for each in first:
        if each.is_xml:
            schema.assertValid(etree.fromstring(each.body))
    kinds = collections.Counter(kind_of(each) for each in history)
    assert len({document_of(each) for each in history if kind_of(each) == "visit.completed"}) == 40
    assert kinds["visit.refunded"] >= 2
    assert kinds["visit.completed"] + kinds["visit.cancelled"] >= 44


def opening_of(log_path: pathlib.Path, hub_comes_later: bool) -> list[Received]:
    hub = HubReceiver()
    hub.is_ready = not hub_comes_later
    options = ("--hub", hub.url, "--infobase", "umc_corp", "--secret", "s", "--seed", "7", "--history", "40")
    try:
        with running_stranger("sandbox.onec", "/state", log_path, *options) as client:
            if hub_comes_later:
                assert client.get("/state").json()["opened"] is False
                assert hub.list_received() == []
            hub.is_ready = True
            until(lambda: client.get("/state").json()["opened"])
            client.post("/knobs", json={"stream": False})
            until(lambda: client.get("/state").json()["pending"] == 0)
            return hub.list_received()
    finally:
        hub.close()


def kind_of(received: Received) -> str:
    return str(re.findall(r"visit\.[a-z]+", received.text)[0])


def document_of(received: Received) -> str:
    if received.is_xml:
        return str(re.findall(r'<Object [^>]*ref="([^"]+)"', received.text)[0])
    ref: str = json.loads(received.text)["object"]["ref"]
    return ref
