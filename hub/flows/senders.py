"""Who sends what: one adapter per destination, made once per process from the settings."""

from collections.abc import Callable
from functools import cache
from typing import Any
from uuid import UUID

from hub.contracts.messages import SendEmail, SendOutcome, SendSms
from hub.contracts.parties import Destination
from hub.contracts.ports import LookUp, Sender, ToldReceipt
from hub.integrations.email.composing import read_mailbox
from hub.integrations.email.line import read_server
from hub.integrations.email.sender import EmailSender
from hub.integrations.http import make_client
from hub.integrations.sms.sender import PHASE_TIMEOUT_S, SmsSender
from hub.integrations.sms.smsc import SmscSender
from hub.kernel.settings import settings

UNCONFIGURED_S = 300.0


@cache
def sender_of(destination: Destination) -> Sender[Any]:
    """Give the destination's adapter; its connections are kept open between sends."""
    return _MAKERS[destination]()


def _make_sms() -> Sender[SendSms]:
    chosen = settings()
    secret = chosen.sms_token.get_secret_value()
    if chosen.sms_provider == "gateway":
        return SmsSender(make_client(base_url=chosen.sms_url, timeout_s=PHASE_TIMEOUT_S, token=secret))
    account = {"login": chosen.sms_login, "psw": secret} if chosen.sms_login else {"apikey": secret}
    client = make_client(base_url=chosen.sms_url, timeout_s=PHASE_TIMEOUT_S)
    return SmscSender(client, credentials=account, signature=chosen.sms_sender or "")


def _make_email() -> Sender[SendEmail]:
    chosen = settings()
    if chosen.mail_url is None:
        return Unconfigured()
    reply_to = read_mailbox(chosen.mail_reply_to) if chosen.mail_reply_to else None
    server = read_server(chosen.mail_url.get_secret_value())
    return EmailSender(server, sender=read_mailbox(chosen.mail_from), reply_to=reply_to)


class Unconfigured:
    """A destination that nobody has set up yet: messages wait for it, and expire in their time."""

    timeout_s = 1.0

    def send(self, message: object, *, key: UUID) -> SendOutcome:
        """Keep the message; the gate asks again in a while, and no attempt is burnt."""
        del message, key
        return SendOutcome("throttled", reason="not-configured", retry_after_s=UNCONFIGURED_S)

    def look_up(self, message: object, *, key: UUID) -> LookUp:
        """Nothing was ever sent."""
        del message, key
        return "not-taken"

    def ask_receipt(self, message: object, *, key: UUID) -> ToldReceipt | None:
        """Nothing was ever sent."""
        del message, key
        return None


_MAKERS: dict[Destination, Callable[[], Sender[Any]]] = {
    Destination.SMS: _make_sms,
    Destination.EMAIL: _make_email,
}
