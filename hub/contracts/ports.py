"""Ports: what a flow needs of an adapter, whoever it is."""

from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar
from uuid import UUID

from hub.contracts.messages import SendOutcome

LookUp = Literal["taken", "not-taken", "unknown"]


@dataclass(frozen=True, slots=True)
class ToldReceipt:
    """What a destination says of a message that it had taken."""

    has_arrived: bool
    reason: str


MessageT_contra = TypeVar("MessageT_contra", contravariant=True)


class Sender(Protocol[MessageT_contra]):
    """Sends messages to one destination. Never raises for what the line or the destination does."""

    timeout_s: float
    """Hard limit of one send, look-up included; a lease lasts twice as long."""

    def send(self, message: MessageT_contra, *, key: UUID) -> SendOutcome:
        """Send once under our key, which is the same on every attempt."""

    def look_up(self, message: MessageT_contra, *, key: UUID) -> LookUp:
        """Ask whether a message with our key was taken."""

    def ask_receipt(self, message: MessageT_contra, *, key: UUID) -> ToldReceipt | None:
        """Ask whether a taken message arrived; None: not known (yet, or here)."""
