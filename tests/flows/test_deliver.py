"""Claim, send, record against a real gateway process and its faults."""

import uuid

import httpx
import pytest

from hub.contracts.messages import SendSms
from hub.contracts.parties import Destination
from hub.db.transaction import NetworkInTransactionError, transaction
from hub.flows.deliver import deliver
from hub.flows.senders import sender_of
from hub.integrations.sms.sender import SmsSender
from tests.conftest import Servers
from tests.flows.sms_gateway import ALL, counts, drawn_phone, enqueue, fault, health, messages, point_at
from tests.inbox.arrivals import rows
from tests.outbox.orders import end_silence, make_due
from tools.stack.ports import pick_free


def test_a_text_that_is_taken_is_delivered_once(gateway: httpx.Client, clean: Servers) -> None:
    phone = drawn_phone()
    enqueue(phone)
    assert deliver(Destination.SMS) == counts(done=1)
    assert deliver(Destination.SMS) == counts(claimed=0)
    assert [message["text"] for message in messages(gateway, phone)] == ["Код 123456"]
    [row] = rows(clean, ALL)
    assert row["state"] == "delivered"
    assert row["provider_reference"]
    assert health() == "ok"


def test_a_bad_number_is_buried_and_the_next_one_is_sent(gateway: httpx.Client, clean: Servers) -> None:
    phone = drawn_phone()
    enqueue("+7", phone)
    assert deliver(Destination.SMS) == counts(claimed=2, done=1, buried=1)
    assert [(row["state"], row["reason"]) for row in rows(clean, ALL)] == [
        ("buried", "http 400"),
        ("delivered", None),
    ]
    assert len(messages(gateway, phone)) == 1


@pytest.mark.parametrize(("mode", "reason"), [("down", "http 503"), ("limit", "http 429")])
def test_a_gateway_in_trouble_postpones_and_the_text_comes_later_once(
    gateway: httpx.Client, clean: Servers, mode: str, reason: str
) -> None:
    phone = drawn_phone()
    enqueue(phone)
    fault(gateway, mode, count=1)
    assert deliver(Destination.SMS) == counts(postponed=1)
    assert rows(clean, ALL)[0]["reason"] == reason
    assert (messages(gateway, phone), health()) == ([], "degraded")
    make_due(clean)
    end_silence(clean)
    assert deliver(Destination.SMS) == counts(done=1)
    assert (len(messages(gateway, phone)), health()) == (1, "ok")


@pytest.mark.usefixtures("gateway")
def test_a_gateway_that_does_not_listen_postpones(clean: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(monkeypatch, f"http://127.0.0.1:{pick_free()}")
    enqueue(drawn_phone())
    assert deliver(Destination.SMS) == counts(postponed=1)
    assert rows(clean, ALL)[0]["reason"] == "ConnectError"


def test_a_gateway_that_does_not_know_us_stops_the_destination_and_burns_no_message(
    gateway: httpx.Client, clean: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_at(monkeypatch, str(gateway.base_url), token="some-other-token")
    enqueue(drawn_phone())
    assert deliver(Destination.SMS) == counts(postponed=1)
    [row] = rows(clean, ALL)
    assert (row["state"], row["reason"], row["attempts"]) == ("ready", "http 401", 0)
    [gate] = rows(
        clean, "SELECT held_until > now() + interval '4 min' AS held FROM destination WHERE name = 'sms'"
    )
    assert gate["held"]
    assert health() == "degraded"


def test_after_a_lost_answer_the_gateway_is_asked_and_the_text_is_not_sent_again(
    gateway: httpx.Client, clean: Servers
) -> None:
    phone = drawn_phone()
    enqueue(phone)
    fault(gateway, "lost-answer", count=1)
    assert deliver(Destination.SMS) == counts(done=1)
    assert len(messages(gateway, phone)) == 1
    assert rows(clean, ALL)[0]["state"] == "delivered"


def test_when_the_gateway_cannot_be_asked_the_text_waits_and_is_never_sent_again(
    gateway: httpx.Client, clean: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = drawn_phone()
    enqueue(phone)
    fault(gateway, "lost-answer", count=1)
    monkeypatch.setattr(SmsSender, "look_up", lambda *_, **__: "unknown")
    assert deliver(Destination.SMS) == counts(postponed=1)
    for _ in range(5):
        assert rows(clean, ALL)[0]["state"] == "uncertain"
        assert not rows(clean, ALL)[0]["needs_person"]
        make_due(clean)
        assert deliver(Destination.SMS) == counts(postponed=1)
    assert rows(clean, ALL)[0]["needs_person"]
    make_due(clean)
    assert deliver(Destination.SMS) == counts(claimed=0)
    assert len(messages(gateway, phone)) == 1


@pytest.mark.usefixtures("gateway")
def test_what_expired_is_never_sent(clean: Servers, gateway: httpx.Client) -> None:
    phone = drawn_phone()
    enqueue(phone, minutes=-1)
    assert deliver(Destination.SMS) == counts(claimed=0)
    assert (messages(gateway, phone), rows(clean, ALL)[0]["state"]) == ([], "expired")


def test_the_gateway_is_never_called_inside_a_transaction(gateway: httpx.Client) -> None:
    assert gateway.get("/faults").json()["mode"] == "ok"
    sender = sender_of(Destination.SMS)
    with transaction(), pytest.raises(NetworkInTransactionError):
        sender.send(SendSms(drawn_phone(), "x"), key=uuid.uuid4())
