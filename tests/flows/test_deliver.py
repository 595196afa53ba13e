"""Claim, send, record against a real gateway process and its faults."""

import uuid
from collections.abc import Generator, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import structlog

from hub.contracts.messages import SendOutcome, SendSms
from hub.contracts.parties import Destination
from hub.db.transaction import NetworkInTransactionError, transaction
from hub.flows import deliver as delivering
from hub.flows.deliver import deliver
from hub.flows.tend import tend
from hub.health.signals import list_signals
from hub.integrations.http import make_client
from hub.integrations.sms.sender import send_sms
from hub.kernel import clock
from hub.kernel.settings import settings
from hub.outbox import deliveries
from tests.conftest import Servers
from tests.inbox.arrivals import rows
from tests.sandbox.stranger_process import running_stranger
from tools.stack.ports import pick_free

TOKEN = "sms-token-of-a-test"
ALL = "SELECT * FROM outbox_delivery ORDER BY id"


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    log_path = tmp_path_factory.mktemp("sms") / "log"
    with running_stranger("sandbox.sms", "/messages", log_path, "--token", TOKEN) as client:
        yield client


def point_at(monkeypatch: pytest.MonkeyPatch, url: str, token: str = TOKEN) -> None:
    monkeypatch.setenv("HUB_SMS_URL", url)
    monkeypatch.setenv("HUB_SMS_TOKEN", token)
    forget()


def forget() -> None:
    settings.cache_clear()
    if delivering._sms_client.cache_info().currsize:
        delivering._sms_client().close()
    delivering._sms_client.cache_clear()


@pytest.fixture
def gateway(
    clean: Servers, stranger: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> Generator[httpx.Client]:
    """The gateway, healthy, with the hub pointed at it."""
    fault(stranger, "ok")
    point_at(monkeypatch, str(stranger.base_url))
    with structlog.testing.capture_logs():
        yield stranger
    fault(stranger, "ok")
    forget()
    monkeypatch.undo()
    settings.cache_clear()


def fault(gateway: httpx.Client, mode: str, count: int | None = None) -> None:
    assert gateway.post("/faults", json={"mode": mode, "count": count}).is_success


def drawn_phone() -> str:
    return f"+79{uuid.uuid4().int % 10**9:09d}"


def enqueue(phone: str, text: str = "Код 123456", *, minutes: int = 5) -> None:
    with transaction() as session:
        deliveries.enqueue_sms(
            session,
            SendSms(phone, text),
            delivery_key=str(uuid.uuid4()),
            expires_at=clock.now() + timedelta(minutes=minutes),
        )


def messages(gateway: httpx.Client, phone: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = gateway.get("/messages", params={"phone": phone}).json()
    return found


def counts(*, claimed: int = 1, done: int = 0, postponed: int = 0, buried: int = 0) -> dict[str, int]:
    return {"claimed": claimed, "done": done, "postponed": postponed, "buried": buried, "more": 0}


def health() -> str:
    with transaction() as session:
        return list_signals(session)["sms"].status


def make_due(servers: Servers) -> None:
    rows(servers, "UPDATE outbox_delivery SET next_attempt_at = now() - interval '1 s'")


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
    enqueue("+7")
    enqueue(phone)
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
    assert deliver(Destination.SMS) == counts(done=1)
    assert (len(messages(gateway, phone)), health()) == (1, "ok")


@pytest.mark.usefixtures("gateway")
def test_a_gateway_that_does_not_listen_postpones(clean: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(monkeypatch, f"http://127.0.0.1:{pick_free()}")
    enqueue(drawn_phone())
    assert deliver(Destination.SMS) == counts(postponed=1)
    assert rows(clean, ALL)[0]["reason"] == "ConnectError"


def test_a_wrong_token_is_a_refusal(
    gateway: httpx.Client, clean: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_at(monkeypatch, str(gateway.base_url), token="some-other-token")
    enqueue(drawn_phone())
    assert deliver(Destination.SMS) == counts(buried=1)
    assert rows(clean, ALL)[0]["reason"] == "http 401"


def test_after_a_lost_answer_the_gateway_is_asked_and_the_text_is_not_sent_again(
    gateway: httpx.Client, clean: Servers
) -> None:
    phone = drawn_phone()
    enqueue(phone)
    fault(gateway, "lost-answer", count=1)
    assert deliver(Destination.SMS) == counts(done=1)
    assert len(messages(gateway, phone)) == 1
    assert rows(clean, ALL)[0]["state"] == "delivered"


def test_when_the_gateway_cannot_be_asked_either_the_send_is_uncertain_for_ever(
    gateway: httpx.Client, clean: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = drawn_phone()
    enqueue(phone)
    fault(gateway, "lost-answer", count=1)

    def lose_touch(client: httpx.Client, message: SendSms, *, key: uuid.UUID) -> SendOutcome:
        def cut_status(request: httpx.Request) -> None:
            if request.url.path == "/status":
                raise httpx.ConnectTimeout("", request=request)

        client.event_hooks = {"request": [*client.event_hooks["request"], cut_status]}
        return send_sms(client, message, key=key)

    monkeypatch.setattr(delivering, "send_sms", lose_touch)
    assert deliver(Destination.SMS)["done"] == 0
    assert rows(clean, ALL)[0]["state"] == "uncertain"
    make_due(clean)
    assert deliver(Destination.SMS) == counts(claimed=0)
    assert len(messages(gateway, phone)) == 1


@pytest.mark.usefixtures("gateway")
def test_what_expired_is_never_sent(clean: Servers, gateway: httpx.Client) -> None:
    phone = drawn_phone()
    enqueue(phone, minutes=-1)
    assert deliver(Destination.SMS) == counts(claimed=0)
    assert (messages(gateway, phone), rows(clean, ALL)[0]["state"]) == ([], "expired")


class KilledError(BaseException):
    """The worker is gone: nothing after this runs."""


def test_a_worker_that_dies_between_send_and_record_leaves_it_uncertain(
    gateway: httpx.Client, clean: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, other = drawn_phone(), drawn_phone()
    enqueue(phone)
    enqueue(other)

    def send_and_die(client: httpx.Client, message: SendSms, *, key: uuid.UUID) -> SendOutcome:
        send_sms(client, message, key=key)
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(delivering, "send_sms", send_and_die)
        with pytest.raises(KilledError):
            deliver(Destination.SMS)
    rows(clean, "UPDATE outbox_delivery SET leased_until = now() - interval '1 s' WHERE state = 'running'")
    with transaction() as session:
        assert tend(session).uncertain == 1
    assert deliver(Destination.SMS) == counts(done=1)
    assert [row["state"] for row in rows(clean, ALL)] == ["uncertain", "delivered"]
    assert (len(messages(gateway, phone)), len(messages(gateway, other))) == (1, 1)


def test_only_the_text_that_is_being_sent_is_leased(
    gateway: httpx.Client, clean: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow gateway must not let the leases of texts run out that nobody has tried yet."""
    running: list[int] = []

    def look_around(client: httpx.Client, message: SendSms, *, key: uuid.UUID) -> SendOutcome:
        running.append(sum(row["state"] == "running" for row in rows(clean, ALL)))
        return send_sms(client, message, key=key)

    monkeypatch.setattr(delivering, "send_sms", look_around)
    for _ in range(3):
        enqueue(drawn_phone())
    assert deliver(Destination.SMS) == counts(claimed=3, done=3)
    assert running == [1, 1, 1]


@pytest.mark.usefixtures("gateway")
def test_one_delivery_takes_its_share_and_says_that_there_may_be_more() -> None:
    phone = drawn_phone()
    for _ in range(delivering.SENDS_MAX + 1):
        enqueue(phone)
    assert deliver(Destination.SMS)["more"] == 1
    assert deliver(Destination.SMS) == counts(done=1)


def test_the_gateway_is_never_called_inside_a_transaction(gateway: httpx.Client) -> None:
    client = make_client(base_url=str(gateway.base_url), timeout_s=2, token=TOKEN)
    with client, transaction(), pytest.raises(NetworkInTransactionError):
        send_sms(client, SendSms(drawn_phone(), "x"), key=uuid.uuid4())
