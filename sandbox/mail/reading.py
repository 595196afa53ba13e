"""Reading a kept letter as a mail program does: text, HTML with its pictures, attachments."""

import base64
import email
import html
import re
from email.message import EmailMessage
from email.policy import default
from typing import NamedTuple

from sandbox.mail.room import Letter


class Part(NamedTuple):
    """A file inside a letter."""

    name: str
    media_type: str
    content_id: str
    content: bytes


class ReadLetter(NamedTuple):
    """What a person sees."""

    headers: dict[str, str]
    text: str
    html: str
    parts: list[Part]


def read_letter(letter: Letter) -> ReadLetter:
    """Take a letter apart; what it lacks is empty."""
    message = email.message_from_bytes(letter.content, policy=default)
    text, page, parts = "", "", []
    for part in message.walk():
        assert isinstance(part, EmailMessage)
        if part.is_multipart():
            continue
        media_type = part.get_content_type()
        is_file = part.get_filename() is not None or part["Content-ID"] is not None
        if media_type == "text/plain" and not is_file and not text:
            text = part.get_content()
        elif media_type == "text/html" and not is_file and not page:
            page = part.get_content()
        else:
            content = part.get_payload(decode=True)
            content_id = str(part["Content-ID"] or "").strip("<> ")
            kept = content if isinstance(content, bytes) else b""
            parts.append(Part(part.get_filename() or "", media_type, content_id, kept))
    headers = {name: str(value) for name, value in message.items()}
    return ReadLetter(headers, text, page, parts)


def shown_html(letter: ReadLetter) -> str:
    """Give the HTML with its pictures inside, so that nothing has to be fetched; links open elsewhere."""
    page = letter.html or f"<pre>{html.escape(letter.text)}</pre>"
    for part in letter.parts:
        if part.content_id and part.media_type.startswith("image/"):
            data = f"data:{part.media_type};base64,{base64.b64encode(part.content).decode()}"
            page = page.replace(f"cid:{part.content_id}", data)
    base = '<base target="_blank">'
    shown, count = re.subn(r"<head[^>]*>", lambda found: found[0] + base, page, count=1, flags=re.IGNORECASE)
    return shown if count else base + page
