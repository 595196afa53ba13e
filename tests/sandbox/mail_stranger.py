"""The mail stranger as a real process, and a hand on its knobs."""

import contextlib
import pathlib
import ssl
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from hub.integrations.email.composing import Mailbox
from hub.integrations.email.line import Server
from hub.integrations.email.sender import EmailSender
from tests.sandbox.stranger_process import running_stranger
from tools.stack.ports import pick_free

LOGIN, PASSWORD = "hub", "mail-password-of-a-test"
OURS = Mailbox("hub@hub.example", "Моя ❤ скидка")


@dataclass
class MailStranger:
    """Its viewer's door and its SMTP port."""

    http: httpx.Client
    smtp_port: int
    smtps_port: int
    pop3_port: int

    def url(self, scheme: str = "smtp") -> str:
        return f"{scheme}://{LOGIN}:{PASSWORD}@127.0.0.1:{self.smtp_port}"

    def box_url(self) -> str:
        return f"pop3://{LOGIN}:{PASSWORD}@127.0.0.1:{self.pop3_port}"

    def returned(self) -> int:
        """Letters in the box of those that came back."""
        count: int = self.http.get("/state").json()["returned"]
        return count

    def server(self, **changes: Any) -> Server:
        return Server("127.0.0.1", self.smtp_port, "none", LOGIN, PASSWORD)._replace(**changes)

    def context(self) -> ssl.SSLContext:
        """Trust this stranger's certificate and no other."""
        return ssl.create_default_context(cadata=self.http.get("/certificate.pem").text)

    def fault(self, mode: str, **facts: Any) -> None:
        assert self.http.post("/faults", json={"mode": mode, **facts}).is_success

    def letters(self, to: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.http.get("/messages", params={"to": to}).json()
        return found

    def sessions(self) -> int:
        count: int = self.http.get("/state").json()["sessions"]
        return count


@contextlib.contextmanager
def running_mail(log_path: pathlib.Path) -> Iterator[MailStranger]:
    """Run it until the block ends."""
    smtp_port, smtps_port, pop3_port = pick_free(), pick_free(), pick_free()
    options = ("--smtp-port", str(smtp_port), "--smtps-port", str(smtps_port), "--pop3-port", str(pop3_port))
    with running_stranger(
        "sandbox.mail", "/messages", log_path, *options, "--login", f"{LOGIN}:{PASSWORD}"
    ) as client:
        yield MailStranger(client, smtp_port, smtps_port, pop3_port)


@contextlib.contextmanager
def sending(stranger: MailStranger, **changes: Any) -> Iterator[EmailSender]:
    """A sender to it, hung up at the end."""
    sender = EmailSender(stranger.server(**changes), sender=OURS, context=stranger.context())
    with contextlib.closing(sender):
        yield sender


def drawn_address() -> str:
    return f"{uuid.uuid4().hex}@example.ru"
