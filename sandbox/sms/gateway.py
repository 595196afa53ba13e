"""The gateway's memory: messages, one per client_id, and the fault that the operator asked for."""

import collections
import datetime as dt
import re
import threading
import uuid
from dataclasses import dataclass
from typing import Literal

MESSAGES_MAX = 500
CLIENT_IDS_MAX = (
    20_000  # longer than the list: a repetition is recognised after its message has left the page
)
PHONE = re.compile(r"\+[1-9][0-9]{9,14}")

FaultMode = Literal["ok", "down", "slow", "limit", "lost-answer", "denied", "no-money", "undeliverable"]


class NumberError(Exception):
    """The number is not in the form +79000000001."""


@dataclass(frozen=True, slots=True)
class Message:
    """A text as it was taken."""

    message_id: str
    client_id: str
    phone: str
    text: str
    taken_at: dt.datetime
    is_undeliverable: bool = False


class Gateway:
    """Takes each client_id once. Safe to call from several threads."""

    def __init__(self) -> None:
        self._messages: collections.deque[Message] = collections.deque(maxlen=MESSAGES_MAX)
        self._message_ids: collections.OrderedDict[str, str] = collections.OrderedDict()
        self._mode: FaultMode = "ok"
        self._left: int | None = None
        self._lock = threading.Lock()
        self.delay_s = 0.0
        """How long a slow answer takes."""
        self.receipt_after = dt.timedelta()
        """How old a message is when it has arrived."""

    def take(self, *, phone: str, text: str, client_id: str, is_key_unique: bool = True) -> tuple[str, bool]:
        """Keep a message and give its id, and whether it had been taken before.

        Raises: NumberError. Repeating with the same client_id gives the first id and keeps nothing, unless
        keys are not unique here.
        """
        if not PHONE.fullmatch(phone):
            raise NumberError
        with self._lock:
            known = self._message_ids.get(client_id)
            if known is not None and is_key_unique:
                return known, True
            is_undeliverable = self._mode == "undeliverable"
            at = dt.datetime.now(dt.UTC)
            message = Message(str(uuid.uuid4()), client_id, phone, text, at, is_undeliverable)
            self._messages.append(message)
            self._message_ids[client_id] = message.message_id
            while len(self._message_ids) > CLIENT_IDS_MAX:
                self._message_ids.popitem(last=False)
            return message.message_id, False

    def find_message_id(self, client_id: str) -> str | None:
        """Find what a client_id became."""
        with self._lock:
            return self._message_ids.get(client_id)

    def find_message(self, client_id: str, phone: str) -> Message | None:
        """Find the newest message of this client_id to this phone, while it is on the page."""
        with self._lock:
            newest = reversed(self._messages)
            return next((one for one in newest if (one.client_id, one.phone) == (client_id, phone)), None)

    def list_messages(self, phone: str | None, limit: int) -> list[Message]:
        """Newest first. The phone may come without its plus, which a query string turns into a blank."""
        wanted = None if phone is None else "+" + re.sub(r"[^0-9]", "", phone)
        with self._lock:
            newest = list(reversed(self._messages))
        return [message for message in newest if wanted in {None, message.phone}][:limit]

    def set_fault(self, mode: FaultMode, count: int | None) -> None:
        """Answer the next `count` sends so, or all of them until told otherwise."""
        with self._lock:
            self._mode, self._left = mode, count

    def spend_fault(self) -> FaultMode:
        """Give the fault for one send, and count it."""
        with self._lock:
            mode = self._mode
            if self._left is not None:
                self._left -= 1
                if self._left <= 0:
                    self._mode, self._left = "ok", None
            return mode

    def show_fault(self) -> tuple[FaultMode, int | None]:
        """Give the fault and how many sends it still meets (None: all), counting nothing."""
        with self._lock:
            return self._mode, self._left
