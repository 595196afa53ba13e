"""The queue of pushes. A push stays until the hub takes or refuses it; every try sends the same bytes."""

import collections
import contextlib
import datetime as dt
import hashlib
import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import httpx

from sandbox.onec.habits import Knobs

PUSHES_MAX = 500
PARALLEL_MAX = 100
BACKOFF_FIRST_S = 1.0
BACKOFF_MAX_S = 30.0
DOUBLINGS_MAX = 5  # 32 s, above the bound already
RETRY_AFTER_MAX_S = 600.0
SHUFFLE_WITHIN_S = 5.0
STATUS_LIMITED = 429
STATUS_BUSY = 503
STATUS_SERVER_ERROR = 500
STATUS_MULTIPLE_CHOICES = 300

log = logging.getLogger("sandbox.onec")

PushStatus = Literal["queued", "waiting", "accepted", "duplicate", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """The bytes of one notice and the document they are about. `visit_ref` is None for a patient's card."""

    type: str
    ref: str
    visit_ref: str | None
    number: str
    format: str
    content_type: str | None
    body: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """Hash of the bytes, to see that a repetition is one."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(slots=True, kw_only=True, eq=False)
class Push:
    """One parcel on its way to the hub and its fate. `answer_code` is an error's name when no answer came."""

    id: int
    parcel: Parcel
    created_at: dt.datetime
    due_at_s: float
    status: PushStatus = "queued"
    answer_status: int | None = None
    answer_code: str | None = None
    event_id: str | None = None
    receipt_id: str | None = None
    attempts: int = 0


class PushQueue:
    """Pushes in order, one at a time; repetitions in parallel on demand. Lives as long as the process."""

    def __init__(self, *, url: str, infobase: str, secret: str, knobs: Callable[[], Knobs]) -> None:
        self.received_no = 0
        self._knobs = knobs
        self._pending: list[Push] = []
        self._journal: collections.deque[Push] = collections.deque(maxlen=PUSHES_MAX)
        self._changed = threading.Condition()
        self._paused_until_s = 0.0
        self._pause_s = 0.0
        self._next_id = 1
        self._url = url
        self._client = httpx.Client(
            auth=httpx.BasicAuth(infobase, secret),
            headers={"User-Agent": "1C+Enterprise/8.3"},
            timeout=30.0,  # the default of 1C's own Connector
            limits=httpx.Limits(max_connections=PARALLEL_MAX + 1),
            trust_env=False,
        )

    def start(self) -> None:
        """Begin to send, in a thread that ends with the process."""
        threading.Thread(target=self._send_for_ever, name="pushes", daemon=True).start()

    def put(self, parcel: Parcel) -> Push:
        """Queue a parcel behind the others."""
        with self._changed:
            push = self._recorded(parcel)
            if self._knobs().shuffle:
                push.due_at_s += random.uniform(0, SHUFFLE_WITHIN_S)
            self._pending.append(push)
            self._changed.notify()
            return push

    def repeat(self, parcel: Parcel, *, copies: int, parallel: bool) -> list[Push]:
        """Send the very bytes of a parcel again, as new pushes; does not wait for the hub's answers."""
        with self._changed:
            pushes = [self._recorded(parcel) for _ in range(copies)]
            if not parallel:
                self._pending.extend(pushes)
                self._changed.notify()
                return pushes
        hands = min(copies, PARALLEL_MAX)
        for hand in range(hands):
            threading.Thread(target=self._send_copies, args=(pushes[hand::hands],), daemon=True).start()
        return pushes

    def get_push(self, push_id: int) -> Push | None:
        """Find a push among the last ones."""
        return next((push for push in self.list_pushes(PUSHES_MAX) if push.id == push_id), None)

    def find_last(self, ref: str) -> Push | None:
        """Find the newest push of a document among the last ones."""
        return next((push for push in self.list_pushes(PUSHES_MAX) if push.parcel.ref == ref), None)

    def list_pushes(self, limit: int) -> list[Push]:
        """Newest first."""
        with self._changed:
            return list(reversed(self._journal))[:limit]

    def count_pending(self) -> int:
        """How many the hub has not answered for good."""
        with self._changed:
            return len(self._pending)

    def _recorded(self, parcel: Parcel) -> Push:
        now = dt.datetime.now(dt.UTC)
        push = Push(id=self._next_id, parcel=parcel, created_at=now, due_at_s=time.monotonic())
        self._next_id += 1
        self._journal.append(push)
        return push

    def _send_for_ever(self) -> None:
        while True:
            push = self._next_due()
            delay_ms = self._knobs().delay_ms
            if delay_ms:
                time.sleep(delay_ms / 1000)
            self._try_once(push)
            if push.status != "waiting":
                with self._changed:
                    self._pending.remove(push)

    def _send_copies(self, pushes: list[Push]) -> None:
        for push in pushes:
            self._try_once(push)
            if push.status == "waiting":
                with self._changed:
                    self._pending.append(push)
                    self._changed.notify()

    def _next_due(self) -> Push:
        with self._changed:
            while True:
                now_s = time.monotonic()
                if self._pending and self._paused_until_s <= now_s:
                    push = min(self._pending, key=lambda pending: pending.due_at_s)
                    if push.due_at_s <= now_s:
                        return push
                    self._changed.wait(push.due_at_s - now_s)
                else:
                    self._changed.wait(self._paused_until_s - now_s if self._pending else None)

    def _try_once(self, push: Push) -> None:
        parcel = push.parcel
        headers = {"Content-Type": parcel.content_type} if parcel.content_type else {}
        push.attempts += 1
        try:
            answer = self._client.post(self._url, content=parcel.body, headers=headers)
        except httpx.HTTPError as error:
            push.answer_status, push.answer_code = None, type(error).__name__
            self._wait(push, is_whole_queue=True, asked_s=None)
            return
        push.answer_status = answer.status_code
        self._read_answer(push, answer)
        if answer.status_code in {STATUS_LIMITED, STATUS_BUSY}:
            self._wait(push, is_whole_queue=True, asked_s=_retry_after_s(answer))
        elif answer.status_code >= STATUS_SERVER_ERROR:
            # One body that the hub cannot swallow must not stop the others.
            self._wait(push, is_whole_queue=False, asked_s=_retry_after_s(answer))
        else:
            self._settle(push, answer)

    def _wait(self, push: Push, *, is_whole_queue: bool, asked_s: float | None) -> None:
        with self._changed:
            push.status = "waiting"
            now_s = time.monotonic()
            if not is_whole_queue:
                own_s = min(BACKOFF_FIRST_S * 2 ** min(push.attempts - 1, DOUBLINGS_MAX), BACKOFF_MAX_S)
                push.due_at_s = now_s + (own_s if asked_s is None else asked_s)
                return
            if self._paused_until_s <= now_s:
                self._pause_s = min(max(self._pause_s * 2, BACKOFF_FIRST_S), BACKOFF_MAX_S)
                log.warning("hub does not take pushes (%s), pausing", push.answer_status or push.answer_code)
            pause_s = self._pause_s if asked_s is None else asked_s
            self._paused_until_s = max(self._paused_until_s, now_s + pause_s)

    def _settle(self, push: Push, answer: httpx.Response) -> None:
        with self._changed:
            self._pause_s = 0.0
            if answer.status_code >= STATUS_MULTIPLE_CHOICES:
                push.status = "refused"
                log.warning("hub refused a push: %s %s", answer.status_code, push.answer_code)
            elif push.status != "duplicate":
                push.status = "accepted"

    def _read_answer(self, push: Push, answer: httpx.Response) -> None:
        told: object = None
        with contextlib.suppress(ValueError):
            told = answer.json()
        if not isinstance(told, dict):
            return
        push.answer_code = _text(told.get("code"))
        push.event_id = _text(told.get("event_id"))
        push.receipt_id = _text(told.get("receipt_id"))
        if told.get("duplicate") is True:
            push.status = "duplicate"
        received_no = told.get("received_no")
        if isinstance(received_no, int):
            self.received_no = max(self.received_no, received_no)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _retry_after_s(answer: httpx.Response) -> float | None:
    asked = answer.headers.get("Retry-After", "")
    return min(float(asked), RETRY_AFTER_MAX_S) if asked.isdigit() else None
