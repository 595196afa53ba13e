"""The queue of pushes. Every try sends the same bytes; how long it is tried is the operator's knob."""

import collections
import dataclasses
import datetime as dt
import heapq
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sandbox.onec.catalog import seeded
from sandbox.onec.knobs import Knobs
from sandbox.onec.parcels import Parcel
from sandbox.onec.wire import Answer, Wire

PUSHES_MAX = 500  # with their bodies
JOURNAL_MAX = 10_000
HANDS_MAX = 100
LANES_MAX = 32
BACKOFF_FIRST_S = 1.0
BACKOFF_MAX_S = 30.0
CONNECTOR_MAX_S = 600.0
DOUBLINGS_MAX = 5  # 32 s, above the bound already
SHUFFLE_WITHIN_S = 5.0
STATUS_LIMITED = 429
STATUS_BUSY = 503
STATUS_SERVER_ERROR = 500
STATUS_MULTIPLE_CHOICES = 300

log = logging.getLogger("sandbox.onec")

PushStatus = Literal["queued", "waiting", "accepted", "duplicate", "refused", "lost", "withheld"]


@dataclass(slots=True, kw_only=True, eq=False)
class Push:
    """One parcel on its way to the hub and its fate. `answer_code` is an error's name when no answer came."""

    id: int
    parcel: Parcel
    created_at: dt.datetime
    created_s: float
    due_at_s: float
    status: PushStatus = "queued"
    answer_status: int | None = None
    answer_code: str | None = None
    event_ids: tuple[str, ...] = ()
    receipt_ids: tuple[str, ...] = ()
    attempts: int = 0

    @property
    def is_settled(self) -> bool:
        """True when it will not be tried again."""
        return self.status not in {"queued", "waiting"}

    def __lt__(self, other: "Push") -> bool:
        """Order in the queue: what is due first, then what came first."""
        return (self.due_at_s, self.id) < (other.due_at_s, other.id)


class PushQueue:
    """Pushes in order through one lane or several; repetitions in parallel on demand."""

    def __init__(
        self, wire: Wire, *, knobs: Callable[[], Knobs], on_settled: Callable[[Push], None] = lambda _: None
    ) -> None:
        self.received_no = 0
        self._wire = wire
        self._knobs = knobs
        self._on_settled = on_settled
        self._due: list[Push] = []
        self._in_hand = 0
        self._journal: collections.deque[Push] = collections.deque(maxlen=JOURNAL_MAX)
        self._with_bodies: collections.deque[Push] = collections.deque()
        self._changed = threading.Condition()
        self._is_stopping = False
        self._paused_until_s = 0.0
        self._pause_s = 0.0
        self._next_id = 1

    def start(self) -> None:
        """Begin to send, in threads that end with the process."""
        for lane in range(LANES_MAX):
            threading.Thread(target=self._send_for_ever, args=(lane,), name="pushes", daemon=True).start()

    def stop(self) -> None:
        """Take nothing new into hand; what is on its way may still arrive."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()

    def put(self, parcel: Parcel) -> Push:
        """Queue a parcel behind the others."""
        with self._changed:
            push = self._recorded(parcel)
            if self._knobs().shuffle:
                push.due_at_s += seeded("shuffle", parcel.sha256).uniform(0, SHUFFLE_WITHIN_S)
            heapq.heappush(self._due, push)
            self._changed.notify_all()
            return push

    def withhold(self, parcel: Parcel) -> Push:
        """Record a parcel that gets lost on its way: it is not sent."""
        with self._changed:
            push = self._recorded(parcel)
            push.status = "withheld"
            return push

    def repeat(self, parcel: Parcel, *, copies: int, parallel: bool) -> list[Push]:
        """Send the very bytes of a parcel again, as new pushes; does not wait for the hub's answers."""
        with self._changed:
            pushes = [self._recorded(parcel) for _ in range(copies)]
            if not parallel:
                for push in pushes:
                    heapq.heappush(self._due, push)
                self._changed.notify_all()
                return pushes
            self._in_hand += copies
        hands = min(copies, HANDS_MAX)
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
            return [push for push, _ in zip(reversed(self._journal), range(limit), strict=False)]

    def list_after(self, push_id: int, limit: int) -> list[Push]:
        """Oldest first, of those after the given one that are not forgotten."""
        with self._changed:
            first = self._journal[0].id if self._journal else 0
            start = max(push_id + 1 - first, 0)
            return list(self._journal)[start : start + limit]

    def count_pending(self) -> int:
        """How many the hub has not answered for good."""
        with self._changed:
            return len(self._due) + self._in_hand

    def _recorded(self, parcel: Parcel) -> Push:
        now, now_s = dt.datetime.now(dt.UTC), time.monotonic()
        push = Push(id=self._next_id, parcel=parcel, created_at=now, created_s=now_s, due_at_s=now_s)
        self._next_id += 1
        self._journal.append(push)
        self._with_bodies.append(push)
        # The journal outlives the bodies; what is still to be sent keeps its own.
        while len(self._with_bodies) > PUSHES_MAX and self._with_bodies[0].is_settled:
            old = self._with_bodies.popleft()
            old.parcel = dataclasses.replace(old.parcel, body=b"", notices=())
        return push

    def _send_for_ever(self, lane: int) -> None:
        while (push := self._next_due(lane)) is not None:
            delay_ms = self._knobs().delay_ms
            if delay_ms:
                time.sleep(delay_ms / 1000)
            self._send(push)

    def _send_copies(self, pushes: list[Push]) -> None:
        for push in pushes:
            self._send(push)

    def _next_due(self, lane: int) -> Push | None:
        with self._changed:
            while not self._is_stopping:
                now_s = time.monotonic()
                wait_s = max(self._paused_until_s, self._due[0].due_at_s if self._due else 0.0) - now_s
                if not self._due or lane >= self._knobs().lanes:
                    self._changed.wait()
                elif wait_s > 0:
                    self._changed.wait(wait_s)
                else:
                    self._in_hand += 1
                    return heapq.heappop(self._due)
            return None

    def knob_turned(self) -> None:
        """Let idle lanes look at the knobs again."""
        with self._changed:
            self._changed.notify_all()

    def _send(self, push: Push) -> None:
        knobs = self._knobs()
        push.attempts += 1
        answer = self._wire.post(push.parcel.body, push.parcel.content_type, knobs)
        push.answer_status, push.answer_code = answer.status, answer.code or answer.error or None
        with self._changed:
            self._read_receipts(push, answer)
            if answer.status is None or answer.status in {STATUS_LIMITED, STATUS_BUSY}:
                self._wait(push, knobs, answer, is_whole_queue=True)
            elif answer.status >= STATUS_SERVER_ERROR:
                # One body that the hub cannot swallow must not stop the others.
                self._wait(push, knobs, answer, is_whole_queue=False)
            else:
                self._settle(push, answer)
        if push.is_settled:
            self._on_settled(push)
        with self._changed:
            self._in_hand -= 1
            if not push.is_settled:
                heapq.heappush(self._due, push)
            self._changed.notify_all()

    def _wait(self, push: Push, knobs: Knobs, answer: Answer, *, is_whole_queue: bool) -> None:
        now_s = time.monotonic()
        own_s = BACKOFF_FIRST_S * 2 ** min(push.attempts - 1, DOUBLINGS_MAX + 5)
        is_over = knobs.retries == "connector" and now_s - push.created_s + own_s > CONNECTOR_MAX_S
        if knobs.retries == "none" or is_over:
            push.status = "lost"
            return
        push.status = "waiting"
        asked_s = answer.retry_after_s
        if not is_whole_queue or knobs.retries == "connector":
            bounded_s = own_s if knobs.retries == "connector" else min(own_s, BACKOFF_MAX_S)
            push.due_at_s = now_s + (bounded_s if asked_s is None else asked_s)
            return
        if self._paused_until_s <= now_s:
            self._pause_s = min(max(self._pause_s * 2, BACKOFF_FIRST_S), BACKOFF_MAX_S)
            log.warning("hub does not take pushes (%s), pausing", push.answer_status or push.answer_code)
        self._paused_until_s = max(
            self._paused_until_s, now_s + (self._pause_s if asked_s is None else asked_s)
        )

    def _settle(self, push: Push, answer: Answer) -> None:
        self._pause_s = 0.0
        if (answer.status or 0) >= STATUS_MULTIPLE_CHOICES:
            push.status = "refused"
            log.warning("hub refused a push: %s %s", answer.status, push.answer_code)
        elif answer.items and all(item.get("duplicate") is True for item in answer.items):
            push.status = "duplicate"
        else:
            push.status = "accepted"

    def _read_receipts(self, push: Push, answer: Answer) -> None:
        push.event_ids = tuple(str(item["event_id"]) for item in answer.items if item.get("event_id"))
        push.receipt_ids = tuple(str(item["receipt_id"]) for item in answer.items if item.get("receipt_id"))
        for item in answer.items:
            received_no = item.get("received_no")
            if isinstance(received_no, int):
                self.received_no = max(self.received_no, received_no)
