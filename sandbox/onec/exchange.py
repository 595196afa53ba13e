"""The exchange: turns notices into parcels by knobs and habits, in order, and hands them to the queue."""

import collections
import itertools
import threading

import httpx

from sandbox.onec.catalog import seeded
from sandbox.onec.documents import Notice
from sandbox.onec.habits import FORMATS, Format, drawn_habits
from sandbox.onec.journal import Journal
from sandbox.onec.knobs import Knobs
from sandbox.onec.parcels import Parcel, Spelt, parcel_of, spell
from sandbox.onec.pushes import Push, PushQueue
from sandbox.onec.wire import Wire

NUMBERED_KEPT_MAX = 2_000
_ALL_NODES = ""


class Exchange:
    """One infobase's way out to the hub."""

    def __init__(self, *, hub_url: str, infobase: str, secret: str, knobs: Knobs) -> None:
        self.hub_url = hub_url.rstrip("/")
        self.infobase = infobase
        self.knobs = knobs
        self.journal = Journal()
        self._secret = secret
        wire = Wire(url=f"{self.hub_url}/api/1c/v1/events", infobase=infobase, secret=secret)
        self.queue = PushQueue(wire, knobs=lambda: self.knobs, on_settled=self.journal.settle)
        self._turns = itertools.count()
        self._numbers: dict[str, int] = {}
        self._numbered: collections.OrderedDict[tuple[str, int], Parcel] = collections.OrderedDict()
        self._held: list[Spelt] = []
        self._lose_next = 0
        self._lock = threading.RLock()

    def push(self, notice: Notice, body_format: Format | None = None) -> Push:
        """Queue a notice; without a format the knob decides, JSON and XML in turn by default."""
        with self._lock:  # numbers must go out in the order in which they were given
            spelt = self._spelt(notice, body_format)
            if spelt.format != "json" or not self.knobs.array:
                return self._sent([spelt], is_array=False)
            held, self._held = [*self._held, spelt], []
            return self._sent(held, is_array=True)

    def offer(self, notice: Notice) -> None:
        """Queue a notice of the stream, which may wait until its array is full."""
        with self._lock:
            spelt = self._spelt(notice, None)
            if spelt.format != "json" or not self.knobs.array:
                self._sent([spelt], is_array=False)
                return
            self._held.append(spelt)
            if len(self._held) >= self.knobs.array:
                self.flush()

    def flush(self) -> Push | None:
        """Send what waits for its array to be full."""
        with self._lock:
            held, self._held = self._held, []
            return self._sent(held, is_array=True) if held else None

    def lose_next(self, count: int) -> None:
        """Let the next numbered parcels get lost: the hub will see a gap."""
        with self._lock:
            self._lose_next = count

    def resend(self, first: int, last: int, node: str = _ALL_NODES) -> list[Push]:
        """Send the parcels of these message numbers again, as the hub asked to fill a gap."""
        with self._lock:
            wanted = [self._numbered.get((node, number)) for number in range(first, last + 1)]
            return [self.queue.put(parcel) for parcel in wanted if parcel is not None]

    def ask_balance(self, patient_ref: str) -> httpx.Response:
        """Ask the hub what a patient has. Raises: httpx.HTTPError."""
        return httpx.get(
            f"{self.hub_url}/api/1c/v1/balances",
            params={"patient_ref": patient_ref},
            auth=(self.infobase, self._secret),
            timeout=5.0,
            trust_env=False,
        )

    def _spelt(self, notice: Notice, body_format: Format | None) -> Spelt:
        chosen = body_format or self._drawn_format(notice)
        return spell(
            notice,
            chosen,
            drawn_habits(notice.event_id, chosen, self.knobs),
            infobase=self.infobase,
            message_no=self._next_message_no(self._counter(notice)) if self.knobs.numbered else None,
        )

    def _sent(self, spelt: list[Spelt], *, is_array: bool) -> Push:
        parcel = parcel_of(spelt, is_array=is_array)
        for each in spelt:
            if each.message_no is not None:
                self._numbered[self._counter(each.notice), each.message_no] = parcel
        while len(self._numbered) > NUMBERED_KEPT_MAX:
            self._numbered.popitem(last=False)
        if self._is_lost(parcel):
            return self.queue.withhold(parcel)
        push = self.queue.put(parcel)
        if self.knobs.copies > 1:
            self.queue.repeat(parcel, copies=self.knobs.copies - 1, parallel=True)
        return push

    def _is_lost(self, parcel: Parcel) -> bool:
        if not parcel.message_nos:
            return False
        if self._lose_next:
            self._lose_next -= 1
            return True
        return seeded("lost", parcel.sha256).randrange(100) < self.knobs.lose_percent

    def _drawn_format(self, notice: Notice) -> Format:
        match self.knobs.format:
            case "alternate":
                return "xml" if next(self._turns) % 2 else "json"
            case "any":
                return seeded("format", notice.event_id).choice(FORMATS)
            case chosen:
                return chosen

    def _counter(self, notice: Notice) -> str:
        return notice.clinic.node if self.knobs.nodes == "own" else _ALL_NODES

    def _next_message_no(self, counter: str) -> int:
        # After a restart the hub's last answer tells where this numbering had come to.
        floor = self.queue.received_no if counter == _ALL_NODES or counter not in self._numbers else 0
        self._numbers[counter] = max(self._numbers.get(counter, 0), floor) + 1
        return self._numbers[counter]
