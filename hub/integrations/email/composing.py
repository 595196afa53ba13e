"""Composing a letter: MIME that any mail program reads, headers that nobody can add to.

The Message-ID comes from our key, so every attempt of a letter bears the same one, and a copy shows
itself as a copy.
"""

import re
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from uuid import UUID

from hub.contracts.messages import Enclosure, SendEmail
from hub.kernel import clock

_ADDRESS_LENGTH_MAX = 254
_LOCAL_LENGTH_MAX = 64
_URL_LENGTH_MAX = 900
_LOCAL = re.compile(r"[^\s\x00-\x20\x7f\"(),:;<>@\[\\\]]+")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", re.IGNORECASE)
_URL = re.compile(r"https?://[!-;=?-~]+")
_MEDIA_TYPE = re.compile(r"([a-z]+)/([a-z0-9][a-z0-9.+-]*)")
_CONTENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:@[A-Za-z0-9.-]+)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
_LINE_START_DOT = re.compile(rb"^\.", re.MULTILINE)
_INLINE_7BIT = SMTP.clone(cte_type="7bit")
_INLINE_UTF8 = SMTPUTF8.clone(cte_type="7bit")


class LetterError(ValueError):
    """Cannot become a letter, now or later; says what is wrong with it, never with which value."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address of ours with the name that people see."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class ComposedLetter:
    """What goes over the wire."""

    recipient: str = field(repr=False)
    """Its domain is in ASCII; the name before it may be not."""
    message_id: str
    """Without angle brackets."""
    content: bytes = field(repr=False)
    """Lines end with CRLF, dots at their start are doubled, the closing dot is there."""
    needs_utf8: bool
    """The address itself is not ASCII: the server has to know SMTPUTF8."""


def read_mailbox(text: str) -> Mailbox:
    """Read `Name <address>` or `address`. Raises: LetterError."""
    name, address = parseaddr(text)
    return Mailbox(check_address(address), name)


def check_address(address: str) -> str:
    """Give the address with its domain in ASCII. Raises: LetterError when it cannot be one."""
    local, _, domain = address.strip().rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode()
    except UnicodeError as error:
        raise LetterError("address-malformed") from error
    checked = f"{local}@{ascii_domain}"
    is_dotted = local.startswith(".") or local.endswith(".") or ".." in local
    is_long = len(checked) > _ADDRESS_LENGTH_MAX or len(local.encode()) > _LOCAL_LENGTH_MAX
    if is_dotted or is_long or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(ascii_domain):
        raise LetterError("address-malformed")
    return checked


def message_id_of(key: UUID, sender: Mailbox) -> str:
    """Give the letter's Message-ID, the same on every attempt."""
    return f"{key}@{sender.address.rpartition('@')[2]}"


def compose(
    letter: SendEmail, *, key: UUID, sender: Mailbox, reply_to: Mailbox | None = None
) -> ComposedLetter:
    """Make the wire's bytes. Raises: LetterError."""
    recipient = check_address(letter.to)
    needs_utf8 = not recipient.isascii()
    message_id = message_id_of(key, sender)
    policy = _INLINE_UTF8 if needs_utf8 else _INLINE_7BIT
    message = EmailMessage(policy=policy)
    try:
        message["From"] = _header_address(sender)
        message["To"] = _header_address(Mailbox(recipient))
        if reply_to is not None:
            message["Reply-To"] = _header_address(reply_to)
        message["Subject"] = _CONTROL.sub(" ", letter.subject).strip()
        message["Date"] = format_datetime(clock.now())
        message["Message-ID"] = f"<{message_id}>"
        message["Auto-Submitted"] = "auto-generated"
        _fill(message, letter)
        rendered = message.as_bytes(policy=policy)
    except (MessageError, ValueError, LookupError) as error:
        raise error if isinstance(error, LetterError) else LetterError("letter-malformed") from error
    content = _unsubscribe_lines(letter.unsubscribe_url) + rendered
    if not content.endswith(b"\r\n"):
        content += b"\r\n"
    return ComposedLetter(recipient, message_id, _LINE_START_DOT.sub(b"..", content) + b".\r\n", needs_utf8)


def _header_address(mailbox: Mailbox) -> Address:
    local, _, domain = mailbox.address.rpartition("@")
    return Address(_CONTROL.sub(" ", mailbox.name).strip(), local, domain)


def _fill(message: EmailMessage, letter: SendEmail) -> None:
    """Text and HTML side by side; shown pictures belong to the HTML, files to the whole."""
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    html = message.get_payload(1)
    assert isinstance(html, EmailMessage)
    for enclosure in letter.enclosures:
        main, sub = _media_type(enclosure)
        name = _CONTROL.sub(" ", enclosure.name).strip()
        if enclosure.content_id:
            if not _CONTENT_ID.fullmatch(enclosure.content_id):
                raise LetterError("enclosure-malformed")
            html.add_related(
                *(enclosure.content, main, sub),
                cid=f"<{enclosure.content_id}>",
                filename=name,
                disposition="inline",
            )
        else:
            message.add_attachment(enclosure.content, main, sub, filename=name)


def _media_type(enclosure: Enclosure) -> tuple[str, str]:
    found = _MEDIA_TYPE.fullmatch(enclosure.media_type)
    if found is None or found[1] in {"multipart", "message"}:
        raise LetterError("enclosure-malformed")
    return found[1], found[2]


def _unsubscribe_lines(url: str) -> bytes:
    """RFC 8058. By hand: the library's folding would encode a long address as words."""
    if not url:
        return b""
    if not _URL.fullmatch(url) or len(url) > _URL_LENGTH_MAX:
        raise LetterError("unsubscribe-malformed")
    one_click = "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    return f"List-Unsubscribe: <{url}>\r\n{one_click}\r\n".encode()
