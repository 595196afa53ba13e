"""The clinic's days in its own time: who comes when, what is mistaken and mended, what goes back later.

Everything follows from the seed and the calendar: the same days are lived by every run, whenever it
starts and however fast it goes. Days are planned one at a time; what lies ahead waits in a heap.
"""

import collections
import datetime as dt
import functools
import heapq
import itertools
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sandbox.onec import catalog, fates
from sandbox.onec.base import Base
from sandbox.onec.cards import NEW_KEPT_MAX
from sandbox.onec.catalog import CLINICS, OWN_PATIENTS, Clinic, Patient, seeded
from sandbox.onec.day import HOUR_WEIGHTS, WEEKDAY_SHARES, Day
from sandbox.onec.documents import Notice, Visit, registered
from sandbox.onec.refusals import ClerkError
from sandbox.onec.visits import pick_clinic

ON_FILE = 400
"""Patients whom the clinic knows before the first day; the base's own come first and most often."""
NEW_SHARE = 0.16
EAGERNESS = 1.3
"""Above 1 the first on file come more often than the last."""
NEWCOMERS_MAX = 5_000_000
CARDS_TOLD: tuple["CardTold", ...] = ("before", "with", "after")
CARD_WEIGHTS = (50, 30, 20)
MONTH_END_AT = dt.time(21, 40)

CardTold = Literal["before", "with", "after"]
Act = Callable[[dt.datetime], list[Notice]]


@dataclass(frozen=True, slots=True)
class _Call:
    """Somebody's visit to come: everything about it that was drawn ahead."""

    patient: Patient
    clinic: Clinic
    at: dt.datetime
    seed: str
    """A generator weighs more than all the rest, and thousands of calls wait for their hour."""
    card: CardTold
    card_minutes: int


class Practice:
    """Acts in order of time. Used by one thread; `today` may be read by others."""

    def __init__(self, base: Base, *, starts_on: dt.date, visits_on: Callable[[dt.date], int]) -> None:
        self.today = Day(starts_on - dt.timedelta(days=1))
        self._base = base
        self._visits_on = visits_on
        self._next_day = starts_on
        self._ahead: list[tuple[dt.datetime, int, Act]] = []
        self._turns = itertools.count()
        self._on_file = list(OWN_PATIENTS) + [_from_file(number) for number in range(ON_FILE)]
        # The base tells its own patients by itself, before the first day.
        self._told: collections.OrderedDict[str, None] = collections.OrderedDict.fromkeys(
            patient.ref for patient in OWN_PATIENTS
        )

    def next_at(self) -> dt.datetime:
        """Tell when the next act is; plans days until there is one."""
        while not self._ahead or self._ahead[0][0] >= _midnight(self._next_day):
            self._plan(self._next_day)
            self._next_day += dt.timedelta(days=1)
        return self._ahead[0][0]

    def perform(self) -> list[Notice]:
        """Do the next act; gives what 1C tells of it. Somebody at the page may have been quicker: nothing."""
        at = self.next_at()
        _, _, act = heapq.heappop(self._ahead)
        local = at.astimezone(CLINICS[0].zone)
        if local.date() > self.today.date:
            self.today = Day(local.date(), self._visits_on(local.date()))
        try:
            notices = act(at)
        except ClerkError:
            return []
        self.today.count(at, notices)
        return notices

    def schedule(self, at: dt.datetime, act: Act) -> None:
        """Let something happen at its time."""
        heapq.heappush(self._ahead, (at, next(self._turns), act))

    def _plan(self, day: dt.date) -> None:
        for index in range(self._visits_on(day)):
            call = self._drawn_call(day, index)
            if call.card == "before":
                early = call.at - dt.timedelta(minutes=call.card_minutes)
                self.schedule(early, functools.partial(self._register, call.patient))
            self.schedule(call.at, functools.partial(self._serve, call))
        if (day + dt.timedelta(days=1)).day == 1:
            close_at = dt.datetime.combine(day, MONTH_END_AT, tzinfo=CLINICS[0].zone)
            self.schedule(close_at, lambda at: self._base.post_month_again(at=at))

    def _drawn_call(self, day: dt.date, index: int) -> _Call:
        # Nothing here depends on what this run has seen: the same visit is the same in every run.
        dice = seeded(self._base.seed, day.isoformat(), index)
        clinic = pick_clinic(dice)
        at = _drawn_instant(dice, day, clinic)
        return _Call(
            patient=self._drawn_patient(dice, at),
            clinic=clinic,
            at=at,
            card=dice.choices(CARDS_TOLD, weights=CARD_WEIGHTS)[0],
            card_minutes=dice.randrange(5, 90),
            seed=f"{self._base.seed}:{day.isoformat()}:{index}",
        )

    def _drawn_patient(self, dice: random.Random, at: dt.datetime) -> Patient:
        if dice.random() < NEW_SHARE:
            return catalog.new_patient(dice.randrange(ON_FILE, NEWCOMERS_MAX), at=at)
        return self._on_file[int(len(self._on_file) * dice.random() ** EAGERNESS)]

    def _register(self, patient: Patient, _at: dt.datetime) -> list[Notice]:
        """Tell a card, unless it was told before."""
        if patient.ref in self._told:
            return []
        self._told[patient.ref] = None
        if len(self._told) > NEW_KEPT_MAX:
            self._told.popitem(last=False)
        return [registered(self._base.cards.find(patient.ref) or self._base.cards.add(patient))]

    def _serve(self, call: _Call, at: dt.datetime) -> list[Notice]:
        """Post the visit; a card that nobody told yet goes before it, or some time after."""
        card: list[Notice] = []
        dice = seeded("visit", call.seed)
        patient = self._base.cards.find(call.patient.ref) or self._base.cards.add(call.patient)
        if call.card == "after":
            later = at + dt.timedelta(minutes=call.card_minutes)
            self.schedule(later, functools.partial(self._register, patient))
        else:
            card = self._register(patient, at)
        notice = self._base.open_visit(
            patient_ref=patient.ref,
            clinic=call.clinic,
            at=at,
            ref=str(uuid.UUID(int=dice.getrandbits(128), version=4)),
            dice=dice,
        )
        assert isinstance(notice.subject, Visit)
        for later, act in fates.drawn_fate(self._base, notice.subject, dice):
            self.schedule(later, act)
        return [*card, notice]


def usual_visits(day: dt.date, weekday_visits: int) -> int:
    """Give how many come on this day, when so many come on a weekday: Saturdays and Sundays are quieter."""
    return max(1, round(weekday_visits * WEEKDAY_SHARES[day.weekday()]))


def _from_file(number: int) -> Patient:
    registered_at = dt.datetime(2025, 10, 1, 9, 0, tzinfo=CLINICS[0].zone) + dt.timedelta(hours=number)
    return catalog.new_patient(number, at=registered_at)


def _drawn_instant(dice: random.Random, day: dt.date, clinic: Clinic) -> dt.datetime:
    hour = dice.choices(range(len(HOUR_WEIGHTS)), weights=HOUR_WEIGHTS)[0]
    minutes = dt.time(hour, dice.randrange(60), dice.randrange(60))
    return dt.datetime.combine(day, minutes, tzinfo=clinic.zone)


def _midnight(day: dt.date) -> dt.datetime:
    # The easternmost branch wakes up first.
    return dt.datetime.combine(day, dt.time(), tzinfo=CLINICS[-1].zone)
