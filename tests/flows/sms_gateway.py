"""The sandbox gateway under the delivery flow: its faults, its texts, and a hand on the wire to it."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from hub.contracts.messages import SendOutcome, SendSms
from hub.contracts.ports import LookUp
from hub.db.transaction import transaction
from hub.flows import deliver as delivering
from hub.flows import senders
from hub.flows.senders import sender_of
from hub.health.signals import list_signals
from hub.integrations.sms.sender import SmsSender
from hub.kernel import clock
from hub.kernel.settings import settings
from tests.outbox import orders

TOKEN = "sms-token-of-a-test"
ALL = "SELECT * FROM outbox_delivery ORDER BY id"


def point_at(monkeypatch: pytest.MonkeyPatch, url: str, token: str = TOKEN) -> None:
    monkeypatch.setenv("HUB_SMS_URL", url)
    monkeypatch.setenv("HUB_SMS_TOKEN", token)
    forget()


def forget() -> None:
    settings.cache_clear()
    sender_of.cache_clear()


def fault(gateway: httpx.Client, mode: str, count: int | None = None) -> None:
    assert gateway.post("/faults", json={"mode": mode, "count": count}).is_success


def drawn_phone() -> str:
    return f"+79{uuid.uuid4().int % 10**9:09d}"


def enqueue(*phones: str, minutes: int = 5) -> None:
    until = clock.now() + timedelta(minutes=minutes)
    orders.enqueue(*[orders.order(str(uuid.uuid4()), phone=phone, expires_at=until) for phone in phones])


def messages(gateway: httpx.Client, phone: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = gateway.get("/messages", params={"phone": phone}).json()
    return found


def counts(*, claimed: int = 1, done: int = 0, postponed: int = 0, buried: int = 0) -> dict[str, int]:
    return {"claimed": claimed, "done": done, "postponed": postponed, "buried": buried, "more": 0}


def health() -> str:
    with transaction() as session:
        return list_signals(session)["sms"].status


class Wired:
    """The real sender, with a hand on its wire."""

    def __init__(
        self,
        real: SmsSender,
        *,
        after: Callable[[], None] = lambda: None,
        before: Callable[[], None] = lambda: None,
        find: Callable[[SendSms, uuid.UUID], LookUp] | None = None,
    ) -> None:
        self.timeout_s = real.timeout_s
        self._real, self._before, self._after = real, before, after
        self._find = find

    def send(self, message: SendSms, *, key: uuid.UUID) -> SendOutcome:
        self._before()
        outcome = self._real.send(message, key=key)
        self._after()
        return outcome

    def look_up(self, message: SendSms, *, key: uuid.UUID) -> LookUp:
        return self._find(message, key) if self._find else self._real.look_up(message, key=key)


def wire(monkeypatch: pytest.MonkeyPatch, **hands: Any) -> None:
    wired = Wired(senders._make_sms(), **hands)
    monkeypatch.setattr(delivering, "sender_of", lambda _destination: wired)
