"""Letters through the delivery flow, against a real mail server process and its faults."""

import uuid
from collections.abc import Generator, Iterator

import pytest
import structlog

from hub.contracts.parties import Destination
from hub.db.transaction import transaction
from hub.flows.deliver import deliver
from hub.flows.senders import UNCONFIGURED_S, sender_of
from hub.health.signals import list_signals
from hub.integrations.email.sender import EmailSender
from hub.outbox import claiming
from tests.conftest import Servers
from tests.flows.sms_gateway import ALL, counts, forget
from tests.inbox.arrivals import rows
from tests.outbox import orders
from tests.sandbox.mail_stranger import MailStranger, drawn_address, running_mail


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailStranger]:
    with running_mail(tmp_path_factory.mktemp("mail") / "log") as running:
        yield running


@pytest.fixture
def mail(clean: Servers, stranger: MailStranger, monkeypatch: pytest.MonkeyPatch) -> Generator[MailStranger]:
    """The mail server, healthy, with the hub pointed at it."""
    stranger.fault("ok")
    monkeypatch.setenv("HUB_MAIL_URL", stranger.url())
    monkeypatch.setenv("HUB_MAIL_FROM", "Моя ❤ скидка <hub@hub.example>")
    forget()
    with structlog.testing.capture_logs():
        yield stranger
    sender = sender_of(Destination.EMAIL)
    if isinstance(sender, EmailSender):
        sender.close()
    stranger.fault("ok")
    monkeypatch.undo()
    forget()


def enqueue(*addresses: str) -> None:
    orders.enqueue(*[orders.letter(str(uuid.uuid4()), to=to) for to in addresses])


def health() -> tuple[str, str]:
    with transaction() as session:
        signal = list_signals(session)["email"]
    return signal.status, signal.detail


def test_a_letter_is_delivered_once_under_its_message_id(mail: MailStranger, clean: Servers) -> None:
    to = drawn_address()
    enqueue(to)
    assert deliver(Destination.EMAIL) == counts(done=1)
    assert deliver(Destination.EMAIL) == counts(claimed=0)
    [row] = rows(clean, ALL)
    [got] = mail.letters(to)
    assert (row["state"], got["subject"]) == ("delivered", "Чек")
    assert row["provider_reference"] == got["message_id"] == f"{row['public_id']}@hub.example"
    assert health() == ("ok", "")


def test_one_bad_address_is_buried_and_holds_up_nobody(mail: MailStranger, clean: Servers) -> None:
    mail.fault("reject", pattern="nobody")
    addresses = [drawn_address() for _ in range(12)]
    enqueue(*addresses[:6], "nobody@example.ru", *addresses[6:])
    assert deliver(Destination.EMAIL) == counts(claimed=13, done=12, buried=1)
    [buried] = [row for row in rows(clean, ALL) if row["state"] == "buried"]
    assert (buried["reason"], buried["tries"]) == ("smtp 550 5.1.1", 1)
    assert [len(mail.letters(to)) for to in addresses] == [1] * 12


def test_a_closed_door_burns_no_attempt_and_the_letter_comes_later_once(
    mail: MailStranger, clean: Servers
) -> None:
    to = drawn_address()
    enqueue(to)
    mail.fault("busy", count=1)
    assert deliver(Destination.EMAIL) == counts(postponed=1)
    [row] = rows(clean, ALL)
    assert (row["state"], row["attempts"], row["reason"]) == ("ready", 0, "smtp 421 4.3.2")
    assert health() == ("degraded", "smtp 421 4.3.2")
    orders.make_due(clean)
    orders.end_silence(clean)
    assert deliver(Destination.EMAIL) == counts(done=1)
    assert len(mail.letters(to)) == 1


@pytest.mark.parametrize(("mode", "copies"), [("greylist", 0), ("auth", 0), ("down", 0), ("lost-answer", 1)])
def test_a_letter_is_tried_again_and_every_copy_bears_one_message_id(
    mail: MailStranger, clean: Servers, mode: str, copies: int
) -> None:
    to = drawn_address()
    enqueue(to)
    mail.fault(mode, count=1)
    assert deliver(Destination.EMAIL) == counts(postponed=1)
    assert rows(clean, ALL)[0]["state"] == "ready"
    orders.make_due(clean)
    assert deliver(Destination.EMAIL) == counts(done=1)
    got = mail.letters(to)
    assert len(got) == copies + 1
    assert len({letter["message_id"] for letter in got}) == 1


def test_a_worker_that_dies_between_send_and_record_leaves_copies_of_one_letter(
    mail: MailStranger, clean: Servers
) -> None:
    to = drawn_address()
    enqueue(to)
    with transaction() as session:
        [claimed] = claiming.claim(session, destination=Destination.EMAIL, lease_s=60)
    sender = sender_of(Destination.EMAIL)
    assert sender.send(claimed.message, key=claimed.public_id).state == "accepted"
    orders.expire_leases(clean)
    with transaction() as session:
        assert claiming.sweep_expired(session) == 1
    orders.make_due(clean)
    assert deliver(Destination.EMAIL) == counts(done=1)
    assert deliver(Destination.EMAIL) == counts(claimed=0)
    assert [got["message_id"] for got in mail.letters(to)] == [f"{claimed.public_id}@hub.example"] * 2
    [row] = rows(clean, ALL)
    assert (row["state"], row["tries"]) == ("delivered", 2)


def test_without_a_mail_server_letters_wait_and_burn_nothing(
    mail: MailStranger, clean: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HUB_MAIL_URL")
    forget()
    to = drawn_address()
    enqueue(to)
    assert deliver(Destination.EMAIL) == counts(postponed=1)
    [row] = rows(clean, ALL)
    assert (row["state"], row["attempts"], row["reason"]) == ("ready", 0, "not-configured")
    [gate] = rows(
        clean, "SELECT extract(epoch FROM held_until - now()) AS s FROM destination WHERE name = 'email'"
    )
    assert UNCONFIGURED_S - 30 < gate["s"] <= UNCONFIGURED_S
    assert sender_of(Destination.EMAIL).look_up(object(), key=row["public_id"]) == "not-taken"
    monkeypatch.setenv("HUB_MAIL_URL", mail.url())
    forget()
    orders.make_due(clean)
    orders.end_silence(clean)
    assert deliver(Destination.EMAIL) == counts(done=1)
    assert len(mail.letters(to)) == 1
