"""The exchange: turns notices into parcels by knobs and habits, in order, and hands them to the queue."""

import itertools
import threading

import httpx

from sandbox.onec.catalog import Patient
from sandbox.onec.documents import Notice, Refund
from sandbox.onec.habits import Format, Habits, Knobs, drawn_habits
from sandbox.onec.json_writer import write_json
from sandbox.onec.pushes import Parcel, Push, PushQueue
from sandbox.onec.xml_writer import write_xml

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Exchange:
    """One infobase's way out to the hub."""

    def __init__(self, *, hub_url: str, infobase: str, secret: str, knobs: Knobs) -> None:
        self.hub_url = hub_url.rstrip("/")
        self.infobase = infobase
        self.knobs = knobs
        self._secret = secret
        self.queue = PushQueue(
            url=f"{self.hub_url}/api/1c/v1/events",
            infobase=infobase,
            secret=secret,
            knobs=lambda: self.knobs,
        )
        self._turns = itertools.count()
        self._message_no = 0
        self._lock = threading.Lock()

    def push(self, notice: Notice, body_format: Format | None = None) -> Push:
        """Queue a notice; without a format the knob decides, JSON and XML in turn by default."""
        with self._lock:  # numbers must go out in the order in which they were given
            chosen = body_format or self._format_in_turn()
            habits = drawn_habits(notice.event_id, chosen, self.knobs)
            return self.queue.put(self._parcel(notice, chosen, habits))

    def ask_balance(self, patient_ref: str) -> httpx.Response:
        """Ask the hub what a patient has. Raises: httpx.HTTPError."""
        return httpx.get(
            f"{self.hub_url}/api/1c/v1/balances",
            params={"patient_ref": patient_ref},
            auth=(self.infobase, self._secret),
            timeout=5.0,
            trust_env=False,
        )

    def _format_in_turn(self) -> Format:
        if self.knobs.format != "alternate":
            return self.knobs.format
        return "xml" if next(self._turns) % 2 else "json"

    def _parcel(self, notice: Notice, body_format: Format, habits: Habits) -> Parcel:
        message_no = self._next_message_no() if self.knobs.numbered else None
        if body_format == "json":
            text = write_json(notice, infobase=self.infobase, message_no=message_no)
        else:
            text = write_xml(notice, infobase=self.infobase, message_no=message_no, is_local=habits.is_local)
        subject = notice.subject
        return Parcel(
            type=notice.kind,
            ref=subject.ref,
            visit_ref=_visit_ref(notice),
            number=subject.code if isinstance(subject, Patient) else subject.number,
            format=body_format,
            content_type=habits.content_type,
            body=(BYTE_ORDER_MARK if habits.has_bom else b"") + text.encode(),
        )

    def _next_message_no(self) -> int:
        # After a restart the hub's last answer tells where this node's numbering had come to.
        self._message_no = max(self._message_no, self.queue.received_no) + 1
        return self._message_no


def _visit_ref(notice: Notice) -> str | None:
    if isinstance(notice.subject, Patient):
        return None
    return notice.subject.visit.ref if isinstance(notice.subject, Refund) else notice.subject.ref
