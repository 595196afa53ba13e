"""What the base does by itself: patients and a month's history at once, then day after day at its speed.

The stream starts some days ago and runs faster than life until it has caught up with the present; from
then on it lives in real time. Held back by the cap or by a hub that is away, its clock waits too.
"""

import datetime as dt
import logging
import threading
import time

import httpx

from sandbox.onec.base import Base
from sandbox.onec.catalog import CLINICS, OWN_PATIENTS, seeded
from sandbox.onec.documents import Notice, Visit, registered
from sandbox.onec.exchange import Exchange
from sandbox.onec.practice import Practice, usual_visits

READY_POLL_S = 0.5
BACKLOG_MAX = 300
BACKLOG_POLL_S = 0.05
HISTORY_DAYS = 30
NIGHT_MAX_S = 6.0  # nobody waits for a sped-up night at a demo
LATE_MAX_S = 1.0

log = logging.getLogger("sandbox.onec")


class Stream:
    """A thread that tells the opening once and then goes on while the knob `stream` is on."""

    def __init__(
        self, base: Base, exchange: Exchange, *, starts_on: dt.date, history_visits: int, hours: float
    ) -> None:
        self._base = base
        self._exchange = exchange
        self._starts_at = dt.datetime.combine(starts_on, dt.time(), tzinfo=CLINICS[0].zone)
        self._ends_at = self._starts_at + dt.timedelta(hours=hours) if hours else None
        self._history_visits = history_visits
        self._practice = Practice(
            base, starts_on=starts_on - dt.timedelta(days=HISTORY_DAYS), visits_on=self._visits_on
        )
        self._turned = threading.Event()
        self._due_s = time.monotonic()  # when the last act was due
        self._capped_s = 0.0  # what the cap asks to wait after it
        self.now = self._starts_at
        self.is_opened = False
        self.is_over = False

    @property
    def practice(self) -> Practice:
        """The clinic that this stream lives."""
        return self._practice

    def start(self) -> None:
        """Begin, in a thread that ends with the process."""
        threading.Thread(target=self._run, name="stream", daemon=True).start()

    def knob_turned(self) -> None:
        """Look at the knob now instead of after the pause."""
        self._turned.set()

    def _run(self) -> None:
        while not self.is_over:
            if not self._exchange.knobs.stream:
                self._rest(None)
            elif self.is_opened:
                self._live()
            elif self._is_hub_ready():
                self._open()
            else:
                self._rest(READY_POLL_S)

    def _rest(self, seconds: float | None) -> bool:
        is_turned = self._turned.wait(seconds)
        self._turned.clear()
        return is_turned

    def _is_hub_ready(self) -> bool:
        try:
            answer = httpx.get(f"{self._exchange.hub_url}/api/readyz", timeout=5.0, trust_env=False)
        except httpx.HTTPError:
            return False
        return answer.is_success

    def _open(self) -> None:
        for patient in OWN_PATIENTS:
            self._exchange.offer(registered(patient))
        told = 0
        while self._practice.next_at() < self._starts_at:
            told += self._perform()
        self.is_opened = True
        log.info("told %d patients and %d notices of history", len(OWN_PATIENTS), told)

    def _live(self) -> None:
        at = self._practice.next_at()
        if self._ends_at is not None and at >= self._ends_at:
            self._exchange.flush()
            self.is_over = True
            return
        pause_s = self._pause_s(at)
        if pause_s > BACKLOG_POLL_S and self._exchange.queue.count_pending() == 0:
            self._exchange.flush()
        if self._exchange.queue.count_pending() > BACKLOG_MAX:
            self._rest(BACKLOG_POLL_S)
        elif pause_s <= 0 or not self._rest(pause_s):
            self._due_s = max(self._due_s + self._between_s(at), time.monotonic() - LATE_MAX_S)
            self.now = at
            self._capped_s = self._perform() * 60 / self._exchange.knobs.cap_per_minute

    def _pause_s(self, at: dt.datetime) -> float:
        """Tell how long to wait for the next act, which never comes before its time in real life."""
        ahead_s = (at - dt.datetime.now(dt.UTC)).total_seconds()
        return max(self._due_s + self._between_s(at) - time.monotonic(), ahead_s)

    def _between_s(self, at: dt.datetime) -> float:
        """Tell how far this act is from the last one: by the clock at our speed, or by the cap."""
        speed = self._exchange.knobs.speed
        lived_s = max((at - self.now).total_seconds(), 0.0) / speed
        return max(lived_s if speed == 1 else min(lived_s, NIGHT_MAX_S), self._capped_s)

    def _perform(self) -> int:
        notices = self._practice.perform()
        for notice in notices:
            self._exchange.offer(notice)
            self._roll_back(notice)
        return len(notices)

    def _roll_back(self, notice: Notice) -> None:
        """Sometimes a posting is undone after it was told: the hub knows a document that is not there."""
        if notice.is_first_version and isinstance(notice.subject, Visit):
            dice = seeded("rollback", notice.subject.ref)
            if dice.randrange(100) < self._exchange.knobs.rollback_percent:
                self._base.forget(notice.subject.ref)

    def _visits_on(self, day: dt.date) -> int:
        if day >= self._starts_at.date():
            return usual_visits(day, self._exchange.knobs.visits_per_day)
        # Any thirty days in a row hold as many visits as were asked for, however the window slides.
        first = day.toordinal() * self._history_visits // HISTORY_DAYS
        return (day.toordinal() + 1) * self._history_visits // HISTORY_DAYS - first
