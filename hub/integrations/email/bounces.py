"""Reading what comes back: delivery status notifications (RFC 3464), matched to a letter by its Message-ID.

Only «failed» counts: «delayed» says that somebody is still trying. People's answers, absence notes and
whatever else lands in the box mean nothing here.
"""

import email
import re
from email.message import Message
from email.policy import compat32
from typing import NamedTuple
from uuid import UUID

_MESSAGE_ID = re.compile(
    r"^message-id:\s*<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@", re.IGNORECASE | re.MULTILINE
)
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


class Bounce(NamedTuple):
    """A letter of ours that did not arrive."""

    key: UUID
    reason: str
    """Machine-readable, without the address: "bounce 5.1.1"."""


def read_bounce(content: bytes) -> Bounce | None:
    """Find what a notification says; None for anything else."""
    message = email.message_from_bytes(content, policy=compat32)
    is_report = message.get_content_type() == "multipart/report"
    if not is_report or str(message.get_param("report-type", "")).lower() != "delivery-status":
        return None
    status, key = None, None
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            status = status or _failed_status(part)
        elif kind in {"message/rfc822", "text/rfc822-headers"} and key is None:
            key = _find_key(part)
    return None if status is None or key is None else Bounce(key, f"bounce {status}")


def _failed_status(part: Message) -> str | None:
    """Give the status of the first recipient for whom it ended."""
    fields = part.get_payload()
    for block in fields if isinstance(fields, list) else []:
        if isinstance(block, Message) and str(block.get("Action", "")).strip().lower() == "failed":
            found = _STATUS.search(str(block.get("Status", "")))
            return found[0] if found else "5.0.0"
    return None


def _find_key(part: Message) -> UUID | None:
    """The letter itself or its headers alone; sometimes encoded, sometimes cut off."""
    enclosed = part.get_payload()
    if isinstance(enclosed, list) and enclosed and isinstance(enclosed[0], Message):
        text = f"Message-ID: {enclosed[0].get('Message-ID', '')}"
    else:
        decoded = part.get_payload(decode=True)
        text = decoded.decode("latin-1") if isinstance(decoded, bytes) else ""
    found = _MESSAGE_ID.search(text)
    return UUID(found[1]) if found else None
