"""Texts by SMSC.ru, against the sandbox that speaks its tongue: sent once, paid for, and heard of later."""

import uuid
from datetime import timedelta

import httpx
import pytest

from hub.contracts.parties import Destination
from hub.contracts.ports import ToldReceipt
from hub.db.transaction import transaction
from hub.flows.ask_receipts import ask_receipts
from hub.flows.deliver import deliver
from hub.outbox.receipts import record_receipts
from tests.conftest import Servers
from tests.flows.sms_gateway import ALL, counts, drawn_phone, enqueue, fault, forget, messages
from tests.inbox.arrivals import rows, run_in_threads
from tests.outbox.orders import make_due

DUE = "UPDATE outbox_delivery SET receipt_due_at = now() WHERE receipt = 'awaited' RETURNING id"


@pytest.fixture(params=["login", "key"])
def smsc(
    gateway: httpx.Client, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> httpx.Client:
    monkeypatch.setenv("HUB_SMS_PROVIDER", "smsc")
    if request.param == "login":
        monkeypatch.setenv("HUB_SMS_LOGIN", "clinic")
    forget()
    return gateway


def receipt(servers: Servers) -> tuple[str, str | None]:
    [row] = rows(servers, ALL)
    return row["receipt"], row["reason"]


def ask(servers: Servers) -> dict[str, int]:
    rows(servers, DUE)
    return ask_receipts(Destination.SMS)


def test_a_text_is_taken_paid_for_and_arrives(smsc: httpx.Client, clean: Servers) -> None:
    phone = drawn_phone()
    enqueue(phone)
    assert deliver(Destination.SMS) == counts(done=1)
    [row] = rows(clean, ALL)
    assert (row["state"], row["parts"], row["cost_kopecks"]) == ("delivered", 1, 350)
    assert (row["provider_reference"], row["receipt"]) == (str(row["public_id"]), "awaited")
    assert ask_receipts(Destination.SMS) == {"asked": 0, "told": 0, "news": 0}
    assert ask(clean) == {"asked": 1, "told": 1, "news": 1}
    assert receipt(clean) == ("arrived", None)
    assert ask(clean) == {"asked": 0, "told": 0, "news": 0}
    assert len(messages(smsc, phone)) == 1


def test_a_text_that_cannot_be_delivered_shows_as_failed(smsc: httpx.Client, clean: Servers) -> None:
    enqueue(drawn_phone())
    fault(smsc, "undeliverable")
    assert deliver(Destination.SMS) == counts(done=1)
    assert ask(clean)["news"] == 1
    assert receipt(clean) == ("failed", "smsc 20")


def test_a_receipt_that_is_not_known_yet_is_asked_for_again_later(smsc: httpx.Client, clean: Servers) -> None:
    enqueue(drawn_phone())
    deliver(Destination.SMS)
    fault(smsc, "denied")
    assert ask(clean) == {"asked": 1, "told": 0, "news": 0}
    [row] = rows(clean, "SELECT receipt_due_at - now() AS wait FROM outbox_delivery")
    assert timedelta(seconds=50) < row["wait"] <= timedelta(seconds=60)
    fault(smsc, "ok")
    assert ask(clean)["news"] == 1


def test_after_days_of_silence_nobody_asks_any_more(smsc: httpx.Client, clean: Servers) -> None:
    enqueue(drawn_phone())
    deliver(Destination.SMS)
    fault(smsc, "denied")
    rows(clean, "UPDATE outbox_delivery SET finished_at = now() - interval '4 days' RETURNING id")
    assert ask(clean)["asked"] == 1
    [row] = rows(clean, ALL)
    assert (row["receipt"], row["receipt_due_at"]) == ("awaited", None)


def test_a_lost_answer_is_asked_for_and_the_text_is_on_the_phone_once(
    smsc: httpx.Client, clean: Servers
) -> None:
    phone = drawn_phone()
    enqueue(phone)
    fault(smsc, "lost-answer", count=1)
    assert deliver(Destination.SMS) == counts(done=1)
    assert len(messages(smsc, phone)) == 1


@pytest.mark.parametrize(("mode", "reason"), [("denied", "smsc 2"), ("no-money", "smsc 3")])
def test_an_account_in_trouble_stops_the_destination_and_burns_no_message(
    smsc: httpx.Client, clean: Servers, mode: str, reason: str
) -> None:
    phone = drawn_phone()
    enqueue(phone)
    fault(smsc, mode)
    assert deliver(Destination.SMS) == counts(postponed=1)
    [row] = rows(clean, ALL)
    assert (row["state"], row["reason"], row["attempts"]) == ("ready", reason, 0)
    fault(smsc, "ok")
    rows(
        clean,
        "UPDATE destination SET held_until = NULL, tokens_at = now() - interval '1 hour' RETURNING name",
    )
    make_due(clean)
    assert deliver(Destination.SMS) == counts(done=1)
    assert len(messages(smsc, phone)) == 1


def test_many_tellers_of_one_receipt_make_one_piece_of_news(clean: Servers, smsc: httpx.Client) -> None:
    enqueue(*[drawn_phone() for _ in range(20)])
    deliver(Destination.SMS)
    keys = [row["public_id"] for row in rows(clean, ALL)]
    failed, arrived = (
        ToldReceipt(has_arrived=False, reason="smsc 20"),
        ToldReceipt(has_arrived=True, reason="smsc 1"),
    )

    def tell(order: int) -> int:
        told = [(key, failed) for key in keys[::order]] + [(uuid.uuid4(), failed)]
        with transaction() as session:
            return record_receipts(session, Destination.SMS, told)

    results = run_in_threads(*[lambda order=order: tell(order) for order in (1, -1, 1, -1)])
    assert sorted(results) == [0, 0, 0, 20]
    with transaction() as session:
        assert record_receipts(session, Destination.SMS, [(key, arrived) for key in keys]) == 0
