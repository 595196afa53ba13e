"""Sending letters: what a mail server's answers mean.

Who is at fault decides. A recipient or a letter that is refused for good is `refused`. Whatever they have
against us (login, TLS, our address, relaying) stops the line, not the letter: `unreachable`. A line that
breaks after the closing dot leaves it `uncertain`.
"""

import re
import smtplib
import ssl
from typing import Literal
from uuid import UUID

from hub.contracts.messages import SendEmail, SendOutcome
from hub.contracts.ports import LookUp, ToldReceipt
from hub.db.transaction import assert_no_transaction
from hub.integrations.email.composing import ComposedLetter, LetterError, Mailbox, compose
from hub.integrations.email.line import CONNECT_TIMEOUT_S, TIMEOUT_S, LinePool, Server, SmtpLine, open_line

Stage = Literal["line", "sender", "recipient", "letter"]
SILENCE_S = 30.0
"""How long to keep silent when a server closes its door for now; it does not say."""
_SERVICE_CLOSING = 421
_GO_AHEAD = 354
_OK = 250
_RECIPIENT_OK = {250, 251}
_REFUSALS = 400
_TOO_LARGE = 552
_PERMANENT = 500
_AGAINST_US = re.compile(r"smtp (?:53\d|\d{3} 5\.7\.)")
"""At a recipient too: relaying denied, authentication required, blocked."""
_ENHANCED = re.compile(rb"\s*([245]\.\d{1,3}\.\d{1,3})\b")


class EmailSender:
    """A mail server behind the port. Safe to call from several threads."""

    timeout_s = 2 * TIMEOUT_S + 3 * CONNECT_TIMEOUT_S
    """An old line that is gone, a new one, a letter."""

    def __init__(
        self,
        server: Server,
        *,
        sender: Mailbox,
        reply_to: Mailbox | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """Keep lines to one server open; its certificate must be valid for its name."""
        self._sender, self._reply_to = sender, reply_to
        trusted = context or ssl.create_default_context()
        domain = sender.address.rpartition("@")[2]
        self._lines = LinePool(lambda: open_line(server, domain=domain, context=trusted))

    def send(self, message: SendEmail, *, key: UUID) -> SendOutcome:
        """Send one letter under our key. Never raises for what the line or the server does."""
        assert_no_transaction()
        try:
            letter = compose(message, key=key, sender=self._sender, reply_to=self._reply_to)
        except LetterError as error:
            return SendOutcome("refused", reason=str(error))
        try:
            line = self._lines.take()
        except OSError as error:
            return read_failure(error)
        return self._converse(line, letter)

    def look_up(self, message: SendEmail, *, key: UUID) -> LookUp:
        """Nobody can ask a mail server about a letter; its Message-ID makes a copy harmless."""
        del message, key
        return "unknown"

    def ask_receipt(self, message: SendEmail, *, key: UUID) -> ToldReceipt | None:
        """Letters that come back tell of themselves."""
        del message, key
        return None

    def close(self) -> None:
        """Hang up."""
        self._lines.close()

    def _converse(self, line: SmtpLine, letter: ComposedLetter) -> SendOutcome:
        try:
            outcome = _tell(line, letter, sender=self._sender.address)
        except OSError as error:
            line.close()
            reason = type(error).__name__
            return SendOutcome("uncertain" if line.is_handed_over else "unreachable", reason=reason)
        if outcome.reason.startswith(f"smtp {_SERVICE_CLOSING}"):
            line.close()
        else:
            self._lines.give_back(line)
        return outcome


def read_failure(error: OSError) -> SendOutcome:
    """Say why there is no line. Nothing was sent: whatever it is, it is the line's fault."""
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error
        return read_answer("line", error.smtp_code, words if isinstance(words, bytes) else words.encode())
    return SendOutcome("unreachable", reason=type(error).__name__)


def read_answer(stage: Stage, code: int, words: bytes) -> SendOutcome:
    """Say what a refusal means, now or for good; of the server's words only the codes are kept."""
    found = _ENHANCED.match(words)
    reason = f"smtp {code}" + (f" {found[1].decode()}" if found else "")
    if code == _SERVICE_CLOSING or (stage == "sender" and code < _PERMANENT):
        return SendOutcome("throttled", reason=reason, retry_after_s=SILENCE_S)
    is_about_us = stage == "line" or (stage == "sender" and code != _TOO_LARGE)
    is_relay_denied = stage == "recipient" and _AGAINST_US.match(reason) is not None
    if code < _PERMANENT or is_about_us or is_relay_denied:
        return SendOutcome("unreachable", reason=reason)
    return SendOutcome("refused", reason=reason)


def _tell(line: SmtpLine, letter: ComposedLetter, *, sender: str) -> SendOutcome:
    """Say MAIL, RCPT, DATA. Raises: OSError when the line breaks or the server is out of step."""
    line.start(TIMEOUT_S)
    options = [f"SIZE={len(letter.content)}"] if line.has_extn("size") else []
    if letter.needs_utf8:
        if not line.has_extn("smtputf8"):
            return SendOutcome("refused", reason="smtputf8-unsupported")
        options += ["SMTPUTF8", "BODY=8BITMIME"]
    code, words = line.mail(sender, options)
    if code != _OK:
        return read_answer("sender", _in_step(code), words)
    code, words = line.rcpt(letter.recipient)
    if code not in _RECIPIENT_OK:
        return read_answer("recipient", _in_step(code), words)
    code, words = line.docmd("DATA")
    if code != _GO_AHEAD:
        return read_answer("letter", _in_step(code), words)
    code, words = line.hand_over(letter.content)
    if code != _OK:
        return read_answer("letter", _in_step(code), words)
    return SendOutcome("accepted", reference=letter.message_id)


def _in_step(code: int) -> int:
    """Let refusals pass. Raises: smtplib.SMTPServerDisconnected for what is no answer at all."""
    if code < _REFUSALS:
        raise smtplib.SMTPServerDisconnected("out of step")
    return code
