"""Messages: what one adapter must send. They hold personal values and are kept sealed."""

from dataclasses import dataclass
from typing import Literal

SendState = Literal["accepted", "refused", "unreachable", "uncertain"]


@dataclass(frozen=True, slots=True)
class SendSms:
    """One text to one phone (E.164)."""

    phone: str
    text: str


@dataclass(frozen=True, slots=True)
class SendOutcome:
    """What became of a send. `uncertain`: it may have been taken, nobody knows.

    `retry_after_s` is the destination's own wish (a full bucket, maintenance).
    """

    state: SendState
    reference: str = ""
    reason: str = ""
    retry_after_s: float | None = None
