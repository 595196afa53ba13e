"""A visit ends in a text and a letter that the sandbox's viewers show."""

from collections.abc import Generator, Iterator
from zoneinfo import ZoneInfo

import httpx
import pytest

from hub.contracts.parties import Destination
from hub.flows.deliver import deliver
from hub.flows.senders import sender_of
from hub.integrations.email.sender import EmailSender
from hub.kernel import clock
from tests.factories.onec import visit_event
from tests.flows.conftest import Road
from tests.flows.notices import EMAIL, deliveries, settle_in, tell, wish
from tests.flows.sms_gateway import forget
from tests.sandbox.mail_stranger import MailStranger, running_mail


@pytest.fixture(scope="module")
def postman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailStranger]:
    with running_mail(tmp_path_factory.mktemp("mail") / "log") as running:
        yield running


@pytest.fixture
def mail(
    postman: MailStranger, gateway: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> Generator[MailStranger]:
    monkeypatch.setenv("HUB_MAIL_URL", postman.url())
    forget()
    yield postman
    hung_up = sender_of(Destination.EMAIL)
    assert isinstance(hung_up, EmailSender)
    hung_up.close()
    forget()


def test_a_visit_is_seen_in_both_viewers_once(road: Road, gateway: httpx.Client, mail: MailStranger) -> None:
    patient_id = settle_in(road)
    wish(patient_id, quiet=None)
    today = f"{clock.now().astimezone(ZoneInfo('Europe/Moscow')):%Y-%m-%dT%H:%M:%S}"
    event = visit_event(amounts=("1000.00",), occurred_at=today)
    event["visit"]["completed_at"] = today
    road.tell(event)
    for _ in range(2):
        tell(clock.now())
        for destination in Destination:
            deliver(destination)
    [sms] = gateway.get("/messages", params={"phone": "+79000000001"}).json()
    assert sms["text"].startswith("Моя ❤ скидка: начислено 50 кэшбэка, можно потратить с ")
    [letter] = mail.letters(EMAIL)
    assert letter["subject"] == "Начислено 50 кэшбэка"
    assert {one.state for one in deliveries()} == {"delivered"}
