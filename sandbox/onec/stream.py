"""What the base does by itself: its patients and history once, then one believable notice after another."""

import datetime as dt
import logging
import threading

import httpx

from sandbox.onec.base import Base, ClerkError
from sandbox.onec.catalog import CLINICS, OWN_PATIENTS, seeded
from sandbox.onec.documents import Notice, registered
from sandbox.onec.exchange import Exchange
from sandbox.onec.history import tell_history

READY_POLL_S = 0.5
# Seconds between notices by the hour of the first clinic; a demo must show something at night as well.
PAUSE_BUSY_S, PAUSE_DAY_S, PAUSE_NIGHT_S = 10.0, 15.0, 40.0
BUSY_HOURS = frozenset({8, 9, 10, 17, 18, 19})
DAY_HOURS = frozenset(range(8, 21))
RECENT_MAX = 60
ACTS = ("visit", "edit", "unpost", "post_again", "mark", "refund")
ACT_WEIGHTS = (76, 9, 5, 3, 2, 5)

log = logging.getLogger("sandbox.onec")


class Stream:
    """A thread that tells the opening once and then goes on while the knob `stream` is on."""

    def __init__(self, base: Base, exchange: Exchange, *, history_visits: int) -> None:
        self._base = base
        self._exchange = exchange
        self._history_visits = history_visits
        self._dice = seeded(base.seed, "stream")
        self._turned = threading.Event()
        self.is_opened = False

    def start(self) -> None:
        """Begin, in a thread that ends with the process."""
        threading.Thread(target=self._run, name="stream", daemon=True).start()

    def knob_turned(self) -> None:
        """Look at the knob now instead of after the pause."""
        self._turned.set()

    def _run(self) -> None:
        while True:
            if not self._exchange.knobs.stream:
                self._rest(None)
            elif not self.is_opened:
                if self._is_hub_ready():
                    self._open()
                else:
                    self._rest(READY_POLL_S)
            elif not self._rest(self._pause_s()):
                self._exchange.push(self._next_notice())

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
            self._exchange.push(registered(patient))
        now = dt.datetime.now(dt.UTC)
        notices = tell_history(self._base, now=now, visits_total=self._history_visits)
        for notice in notices:
            self._exchange.push(notice)
        self.is_opened = True
        log.info("told %d patients and %d notices of history", len(OWN_PATIENTS), len(notices))

    def _pause_s(self) -> float:
        hour = dt.datetime.now(CLINICS[0].zone).hour
        usual_s = PAUSE_BUSY_S if hour in BUSY_HOURS else PAUSE_DAY_S if hour in DAY_HOURS else PAUSE_NIGHT_S
        return usual_s * self._dice.uniform(0.6, 1.4)

    def _next_notice(self) -> Notice:
        act = self._dice.choices(ACTS, weights=ACT_WEIGHTS)[0]
        try:
            notice = self._act_on_recent(act)
        except ClerkError:
            notice = None  # someone at the page was quicker with this document
        return notice or self._base.open_visit()

    def _act_on_recent(self, act: str) -> Notice | None:
        # The sample patient's visits belong to the person at the page.
        recent = [visit for visit in self._base.list_visits(RECENT_MAX) if not visit.patient.is_sample]
        is_withdrawn = act == "post_again"
        fitting = [visit for visit in recent if not visit.is_refunded and visit.is_posted is not is_withdrawn]
        if act == "visit" or not fitting:
            return None
        ref = self._dice.choice(fitting).ref
        match act:
            case "edit":
                return self._base.edit(ref)
            case "unpost":
                return self._base.unpost(ref, is_silent=self._dice.choice((True, False)))
            case "post_again":
                return self._base.post_again(ref)
            case "mark":
                return self._base.mark_for_deletion(ref)
            case _:
                return self._base.refund(ref)
