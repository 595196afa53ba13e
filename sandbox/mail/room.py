"""The mail room's memory: letters as they came, and the fault that the operator asked for."""

import collections
import datetime as dt
import threading
import uuid
from dataclasses import dataclass
from typing import Literal

LETTERS_MAX = 500

FaultMode = Literal[
    "ok", "down", "busy", "greylist", "reject", "spam", "auth", "tls", "slow", "lost-answer", "bounce"
]
AT_RECIPIENT: frozenset[FaultMode] = frozenset({"greylist", "reject", "bounce"})
"""Faults that the recipient's address chooses."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as it was taken."""

    letter_id: str
    sender: str
    recipient: str
    content: bytes
    is_encrypted: bool
    taken_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Fault:
    """How the next letters go."""

    mode: FaultMode = "ok"
    left: int | None = None
    """Letters that it still meets; None: all until told otherwise."""
    pattern: str = ""
    """Only addresses that contain it; for faults at the recipient."""
    delay_s: float = 0.0


class MailRoom:
    """Keeps every copy that it takes. Safe to call from several threads."""

    def __init__(self) -> None:
        self._letters: collections.deque[Letter] = collections.deque(maxlen=LETTERS_MAX)
        self._returned: list[bytes] = []
        self._fault = Fault()
        self._sessions = 0
        self._lock = threading.Lock()

    def take(self, *, sender: str, recipient: str, content: bytes, is_encrypted: bool) -> Letter:
        """Keep a letter."""
        now = dt.datetime.now(dt.UTC)
        letter = Letter(str(uuid.uuid4()), sender, recipient, content, is_encrypted, now)
        with self._lock:
            self._letters.append(letter)
        return letter

    def find(self, letter_id: str) -> Letter | None:
        """Find a letter that is still kept."""
        with self._lock:
            return next((letter for letter in self._letters if letter.letter_id == letter_id), None)

    def list_letters(self, wanted: str, limit: int) -> list[Letter]:
        """Newest first, of addresses that contain the wanted words."""
        with self._lock:
            newest = list(reversed(self._letters))
        return [letter for letter in newest if wanted.lower() in letter.recipient.lower()][:limit]

    def forget(self) -> int:
        """Throw all letters away; how many."""
        with self._lock:
            count = len(self._letters)
            self._letters.clear()
            return count

    def give_back(self, notification: bytes) -> None:
        """Put a notification into the box of those that wait for their letters' fate; the oldest ones go."""
        with self._lock:
            self._returned = [*self._returned, notification][-LETTERS_MAX:]

    def list_returned(self) -> list[bytes]:
        """Give what lies in that box."""
        with self._lock:
            return list(self._returned)

    def take_away(self, taken: list[bytes]) -> None:
        """Empty the box of these."""
        with self._lock:
            self._returned = [letter for letter in self._returned if letter not in taken]

    def set_fault(self, fault: Fault) -> None:
        """Treat the next letters so."""
        with self._lock:
            self._fault = fault

    def show_fault(self) -> Fault:
        """Give the fault, counting nothing."""
        with self._lock:
            return self._fault

    def spend_fault(self, *modes: FaultMode, address: str = "") -> Fault | None:
        """Give the fault when it is one of these and meets this address, and count it."""
        with self._lock:
            fault = self._fault
            if fault.mode not in modes or (fault.mode in AT_RECIPIENT and fault.pattern not in address):
                return None
            if fault.left is not None:
                left = fault.left - 1
                self._fault = Fault(fault.mode, left, fault.pattern, fault.delay_s) if left > 0 else Fault()
            return fault

    def count_session(self) -> None:
        """Note that somebody has connected."""
        with self._lock:
            self._sessions += 1

    def count_sessions(self) -> int:
        """Count connections since the start."""
        with self._lock:
            return self._sessions
