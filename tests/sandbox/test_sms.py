"""The SMS stranger: one message per client_id, and each fault as a client meets it."""

import re
import time
import uuid

import httpx
import pytest


@pytest.fixture(autouse=True)
def no_fault_left(sms: httpx.Client) -> None:
    assert sms.post("/faults", json={"mode": "ok"}).is_success


def send(sms: httpx.Client, phone: str, client_id: str, text: str = "Код 123456") -> httpx.Response:
    return sms.post("/send", json={"phone": phone, "text": text, "client_id": client_id})


def drawn_phone() -> str:
    return f"+79{uuid.uuid4().int % 10**9:09d}"


def test_the_same_client_id_is_one_message(sms: httpx.Client) -> None:
    phone, client_id = drawn_phone(), str(uuid.uuid4())
    first, second = send(sms, phone, client_id), send(sms, phone, client_id, "Другой текст")

    assert first.json() == {"message_id": first.json()["message_id"], "duplicate": False}
    assert second.json() == {"message_id": first.json()["message_id"], "duplicate": True}
    messages = sms.get("/messages", params={"phone": phone}).json()
    assert [message["text"] for message in messages] == ["Код 123456"]
    assert set(messages[0]) == {"phone", "text", "at"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", messages[0]["at"])


def test_messages_are_newest_first_and_a_bare_plus_in_the_query_is_understood(sms: httpx.Client) -> None:
    phone = drawn_phone()
    for text in ("первое", "второе"):
        send(sms, phone, str(uuid.uuid4()), text)
    send(sms, drawn_phone(), str(uuid.uuid4()), "чужое")

    assert [message["text"] for message in sms.get(f"/messages?phone={phone}").json()] == ["второе", "первое"]
    assert sms.get("/messages?limit=1").json()[0]["text"] == "чужое"


def test_a_wrong_token_and_a_bad_number_are_refused(sms: httpx.Client) -> None:
    order = {"phone": drawn_phone(), "text": "x", "client_id": "c"}
    assert sms.post("/send", json=order, headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert sms.get("/status?client_id=c", headers={"Authorization": ""}).status_code == 401
    for phone in ("89000000001", "+7", "+7900000000a", ""):
        assert send(sms, phone, str(uuid.uuid4())).status_code == 400
    assert sms.post("/send", content=b"{").status_code == 400


def test_status_tells_what_became_of_a_client_id(sms: httpx.Client) -> None:
    client_id = str(uuid.uuid4())
    assert sms.get("/status", params={"client_id": client_id}).status_code == 404
    message_id = send(sms, drawn_phone(), client_id).json()["message_id"]
    assert sms.get("/status", params={"client_id": client_id}).json() == {
        "message_id": message_id,
        "state": "delivered",
    }


def test_down_and_limit_last_for_their_count_and_take_nothing(sms: httpx.Client) -> None:
    phone, client_id = drawn_phone(), str(uuid.uuid4())
    sms.post("/faults", json={"mode": "down", "count": 2})
    assert [send(sms, phone, client_id).status_code for _ in range(2)] == [503, 503]
    sms.post("/faults", json={"mode": "limit", "count": 1})
    limited = send(sms, phone, client_id)
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "2")
    assert sms.get("/messages", params={"phone": phone}).json() == []
    assert send(sms, phone, client_id).json()["duplicate"] is False


def test_a_lost_answer_leaves_the_message_and_the_repetition_finds_it(sms: httpx.Client) -> None:
    phone, client_id = drawn_phone(), str(uuid.uuid4())
    sms.post("/faults", json={"mode": "lost-answer", "count": 1})
    with pytest.raises(httpx.TransportError):
        send(sms, phone, client_id)

    assert len(sms.get("/messages", params={"phone": phone}).json()) == 1
    assert send(sms, phone, client_id).json()["duplicate"] is True
    assert len(sms.get("/messages", params={"phone": phone}).json()) == 1


def test_a_slow_gateway_answers_in_the_end(sms: httpx.Client) -> None:
    sms.post("/faults", json={"mode": "slow", "count": 1, "delay_s": 0.4})
    began_s = time.monotonic()
    assert send(sms, drawn_phone(), str(uuid.uuid4())).is_success
    assert time.monotonic() - began_s >= 0.4


def test_the_page_is_served_without_inline_code(sms: httpx.Client) -> None:
    page = sms.get("/").text
    assert "SMS" in page
    for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
        assert sms.get(path).is_success
