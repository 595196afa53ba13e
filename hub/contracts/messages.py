"""Messages: what one adapter must send. They hold personal values and are kept sealed."""

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

SendState = Literal["accepted", "refused", "unreachable", "throttled", "uncertain"]


@dataclass(frozen=True, slots=True)
class SendSms:
    """One text to one phone (E.164)."""

    phone: str
    text: str
    ttl_s: int | None = None
    """How long the network may try; None = as the operator does."""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file inside a letter. With a `content_id` the HTML shows it (`cid:…`), without it is attached."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"ser_json_bytes": "base64", "val_json_bytes": "base64"}

    name: str
    media_type: str
    content: bytes
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class SendEmail:
    """One letter to one address, rendered: text and HTML say the same."""

    to: str
    subject: str
    text: str
    html: str
    enclosures: tuple[Enclosure, ...] = ()
    unsubscribe_url: str = ""
    """https, one click (RFC 8058); "" for letters that nobody can opt out of."""


Message: TypeAlias = SendSms | SendEmail


@dataclass(frozen=True, slots=True)
class SendOutcome:
    """What became of a send.

    `unreachable`: not taken, for a cause of the line's: try again. `throttled`: not taken, because we
    are too fast: wait, and burn no attempt. `uncertain`: it may have been taken, nobody knows.
    `retry_after_s` is the destination's own wish (a full bucket, maintenance).
    """

    state: SendState
    reference: str = ""
    """The destination's own id of the message."""
    reason: str = ""
    """Machine-readable cause, without personal values: "http 503", "smtp 550 5.1.1"."""
    retry_after_s: float | None = None
    parts: int | None = None
    """Segments that an SMS took."""
    cost_kopecks: int | None = None
    awaits_receipt: bool = False
    """Taken, and the destination will say later whether it arrived."""
