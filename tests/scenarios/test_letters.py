"""A letter whose worker was killed in mid-send is one letter to its reader: real workers, a real server."""

import uuid
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.conftest import Servers
from tests.inbox.arrivals import rows
from tests.outbox.orders import enqueue, expire_leases, letter, make_due
from tests.sandbox.mail_stranger import MailStranger, drawn_address, running_mail
from tests.scenarios.conftest import Hub, wait_until

STATES = "SELECT public_id, state, tries FROM outbox_delivery"


@pytest.fixture
def mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[MailStranger]:
    with running_mail(tmp_path / "mail.log") as stranger:
        monkeypatch.setenv("HUB_MAIL_URL", stranger.url())
        monkeypatch.setenv("HUB_MAIL_FROM", "hub@hub.example")
        yield stranger


def test_a_worker_killed_between_send_and_record_leaves_one_message_id(
    hub: Hub, mail: MailStranger, clean: Servers
) -> None:
    to = drawn_address()
    enqueue(letter(str(uuid.uuid4()), to=to))
    mail.fault("slow", delay_s=60)
    hub.start("relay")
    hub.start("io")
    wait_until(
        lambda: len(mail.letters(to)) == 1, within_s=40, what="the server has it, the worker no answer"
    )
    hub.kill("io")
    mail.fault("ok")
    [row] = rows(clean, STATES)
    assert (row["state"], row["tries"]) == ("running", 1)
    expire_leases(clean)
    wait_until(lambda: rows(clean, STATES)[0]["state"] == "ready", within_s=40, what="it is taken back")
    make_due(clean)
    hub.start("io")
    wait_until(lambda: rows(clean, STATES)[0]["state"] == "delivered", within_s=40, what="it is delivered")
    copies = [got["message_id"] for got in mail.letters(to)]
    assert copies == [f"{row['public_id']}@hub.example"] * 2
    assert rows(clean, STATES)[0]["tries"] == 2
