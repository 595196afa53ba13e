"""A letter that was taken and came back shows as failed, once, whatever happens between box and table."""

import uuid
from collections.abc import Generator, Iterator

import pytest

from hub.contracts.parties import Destination
from hub.contracts.ports import ToldReceipt
from hub.db.transaction import transaction
from hub.flows import bounced_letters
from hub.flows.bounced_letters import take_bounces
from hub.flows.deliver import deliver
from hub.flows.senders import sender_of
from hub.integrations.email import box
from hub.integrations.email.sender import EmailSender
from hub.kernel.settings import settings
from hub.outbox.receipts import record_receipts
from tests.conftest import Servers
from tests.flows.sms_gateway import ALL, forget
from tests.inbox.arrivals import rows
from tests.outbox import orders
from tests.sandbox.mail_stranger import MailStranger, drawn_address, running_mail
from tools.stack.ports import pick_free


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailStranger]:
    with running_mail(tmp_path_factory.mktemp("mail") / "log") as running:
        yield running


@pytest.fixture
def mail(clean: Servers, stranger: MailStranger, monkeypatch: pytest.MonkeyPatch) -> Generator[MailStranger]:
    monkeypatch.setenv("HUB_MAIL_URL", stranger.url())
    monkeypatch.setenv("HUB_MAIL_BOUNCES_URL", stranger.box_url())
    forget()
    take_bounces()
    yield stranger
    stranger.fault("ok")
    sender = sender_of(Destination.EMAIL)
    assert isinstance(sender, EmailSender)
    sender.close()
    monkeypatch.undo()
    forget()


def send_back(mail: MailStranger) -> None:
    """One letter arrives, another one comes back."""
    mail.fault("bounce", pattern="nobody")
    addresses = (f"nobody.{drawn_address()}", drawn_address())
    orders.enqueue(*[orders.letter(str(uuid.uuid4()), to=to) for to in addresses])
    assert deliver(Destination.EMAIL)["done"] == 2
    assert mail.returned() == 1


def receipts(servers: Servers) -> list[tuple[str, str | None, str | None]]:
    return [(row["state"], row["receipt"], row["reason"]) for row in rows(servers, ALL)]


FAILED = [("delivered", "failed", "bounce 5.1.1"), ("delivered", None, None)]


def test_a_letter_that_came_back_is_failed_and_its_notification_is_gone(
    mail: MailStranger, clean: Servers
) -> None:
    send_back(mail)
    assert take_bounces() == {"bounces": 1, "failed": 1, "cleared": 1}
    assert receipts(clean) == FAILED
    assert rows(clean, ALL)[0]["receipt_at"] is not None
    assert mail.returned() == 0
    assert take_bounces() == {"bounces": 0, "failed": 0, "cleared": 0}


def test_a_worker_that_dies_before_the_commit_loses_no_notification(
    mail: MailStranger, clean: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_back(mail)

    def die(*_: object) -> int:
        raise RuntimeError

    with monkeypatch.context() as dying:
        dying.setattr(bounced_letters, "record_receipts", die)
        with pytest.raises(RuntimeError):
            take_bounces()
    assert mail.returned() == 1
    assert take_bounces()["failed"] == 1
    assert receipts(clean) == FAILED


def test_a_worker_that_dies_after_the_commit_tells_the_same_again_which_is_no_news(
    mail: MailStranger, clean: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_back(mail)

    def die(_: box.BounceBox) -> int:
        raise box.BoxUnreachableError

    with monkeypatch.context() as dying:
        dying.setattr(box.BounceBox, "forget", die)
        assert take_bounces() == {"unreachable": 1}
    before = rows(clean, ALL)
    assert take_bounces() == {"bounces": 1, "failed": 0, "cleared": 1}
    assert rows(clean, ALL) == before
    assert receipts(clean) == FAILED


def test_a_letter_with_endless_lines_does_not_close_the_box(mail: MailStranger, clean: Servers) -> None:
    mail.fault("bounce", pattern="nobody", count=1)
    order = orders.letter(str(uuid.uuid4()), to=f"nobody.{drawn_address()}")
    orders.enqueue(order)
    assert deliver(Destination.EMAIL)["done"] == 1
    longest = box._LINE_BYTES_MAX
    file = box._PatientFile(_Lines([b"x" * longest + b"\r\n", b"short\r\n"]))
    assert [len(file.readline(2_049)), file.readline(2_049)] == [2_048, b"short\r\n"]
    assert take_bounces()["failed"] == 1


class _Lines:
    def __init__(self, lines: list[bytes]) -> None:
        self._lines = lines

    def readline(self, _: int) -> bytes:
        return self._lines.pop(0)


@pytest.mark.parametrize("url", ["pop3://hub:wrong@127.0.0.1:{pop3}", "pop3://127.0.0.1:{free}"])
def test_a_box_that_does_not_open_is_visited_again(
    mail: MailStranger, clean: Servers, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    send_back(mail)
    with monkeypatch.context() as closed:
        closed.setenv("HUB_MAIL_BOUNCES_URL", url.format(pop3=mail.pop3_port, free=pick_free()))
        settings.cache_clear()
        assert take_bounces() == {"unreachable": 1}
    settings.cache_clear()
    assert take_bounces()["failed"] == 1


def test_without_a_box_nobody_is_visited(mail: MailStranger, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as boxless:
        boxless.delenv("HUB_MAIL_BOUNCES_URL")
        settings.cache_clear()
        assert take_bounces() == {}
    settings.cache_clear()


def test_a_letter_that_is_on_its_way_again_and_one_of_nobody_change_nothing(
    mail: MailStranger, clean: Servers
) -> None:
    orders.enqueue(orders.letter(str(uuid.uuid4()), to=drawn_address()))
    [row] = rows(clean, ALL)
    failed = ToldReceipt(has_arrived=False, reason="bounce 5.1.1")
    told = [(row["public_id"], failed), (uuid.uuid4(), failed)]
    with transaction() as session:
        assert record_receipts(session, Destination.EMAIL, [*told, *told]) == 0
    assert receipts(clean) == [("ready", None, None)]
