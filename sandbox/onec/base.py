"""The base itself: the last visits, and what a clerk may do. Every verb gives the notice to push.

`at` is when it happened; without it, now. A stream gives its own clock, a person at the page does not.
"""

import collections
import dataclasses
import datetime as dt
import random
import threading
import uuid

from sandbox.onec import visits
from sandbox.onec.cards import Cards
from sandbox.onec.catalog import OWN_PATIENTS, Clinic, seeded
from sandbox.onec.documents import Notice, Refund, Visit, cancelled, completed, refunded
from sandbox.onec.refusals import ClerkError

KEPT_MAX = 20_000  # a demo left running for a week must not grow


class Base:
    """Visits by reference, the newest last. Safe to call from several threads."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.cards = Cards()
        self._visits: collections.OrderedDict[str, Visit] = collections.OrderedDict()
        self._refunds: dict[str, list[Refund]] = {}
        self._numbers: dict[tuple[str, dt.date], int] = {}  # the last of each branch and day
        self._dice = seeded(seed, "live")
        self._lock = threading.RLock()

    def open_visit(
        self,
        *,
        patient_ref: str | None = None,
        amount_kopecks: int | None = None,
        referral_code: str = "",
        clinic: Clinic | None = None,
        at: dt.datetime | None = None,
        ref: str = "",
        dice: random.Random | None = None,
    ) -> Notice:
        """Record a visit that ends now; without a patient, one of the base's own comes.

        Raises: ClerkError when the patient is unknown.
        """
        with self._lock:
            dice = dice or self._dice
            patient = self.cards.get(patient_ref) if patient_ref else dice.choice(OWN_PATIENTS)
            visit = visits.compose_visit(
                dice,
                ref=ref or str(uuid.uuid4()),  # a visit by a button is never one of an earlier run
                patient=patient,
                clinic=clinic or visits.pick_clinic(dice),
                completed_at=at or _now(),
                amount_kopecks=amount_kopecks,
                referral_code=referral_code,
            )
            return completed(self.keep(self._numbered(visit)))

    def edit(self, ref: str, amount_kopecks: int | None = None, *, at: dt.datetime | None = None) -> Notice:
        """Change the total of a posted visit. Raises: ClerkError when there is none, or it is not posted."""
        with self._lock:
            visit = self._get_posted(ref)
            dice = seeded(self.seed, "edit", visit.ref, visit.version)
            return completed(
                self.keep(visits.edited(visit, dice, at=at or _now(), amount_kopecks=amount_kopecks))
            )

    def unpost(self, ref: str, *, is_silent: bool = False, at: dt.datetime | None = None) -> Notice:
        """Take a visit's posting back; silently is a plain snapshot with posted=false. Raises: ClerkError."""
        with self._lock:
            visit = self.keep(visits.unposted(self._get_posted(ref), at=at or _now()))
            return completed(visit) if is_silent else cancelled(visit)

    def mark_for_deletion(self, ref: str, *, at: dt.datetime | None = None) -> Notice:
        """Mark a visit for deletion. Raises: ClerkError when it is marked already or its money went back."""
        with self._lock:
            visit = self._get_unrefunded(ref)
            if visit.is_marked_for_deletion:
                raise ClerkError(409, "already-marked", "Документ уже помечен на удаление")
            return cancelled(self.keep(visits.marked_for_deletion(visit, at=at or _now())))

    def post_again(self, ref: str, *, at: dt.datetime | None = None) -> Notice:
        """Post a visit again, withdrawn or not. Raises: ClerkError when its money went back."""
        with self._lock:
            return completed(self.keep(visits.posted_again(self._get_unrefunded(ref), at=at or _now())))

    def post_month_again(self, *, at: dt.datetime | None = None) -> list[Notice]:
        """Post all posted visits of the month again, as accountants do when they close it: no news in it."""
        with self._lock:
            now = at or _now()
            month = [visit for visit in self._visits.values() if visit.is_posted and _is_of_month(visit, now)]
            return [completed(self.keep(visits.posted_again(visit, at=now))) for visit in month]

    def refund(self, ref: str, line_no: int | None = None, *, at: dt.datetime | None = None) -> Notice:
        """Return one line, or all that is left, by a document of its own.

        Raises: ClerkError when the visit is not posted, or the money went back before.
        """
        with self._lock:
            visit = self.get_visit(ref)
            left = frozenset(line.no for line in visit.lines) - visit.returned_lines
            chosen = left if line_no is None else left & {line_no}
            if not chosen:
                raise ClerkError(409, "already-refunded", "Деньги по этому визиту уже возвращены")
            if not visit.is_posted:
                raise ClerkError(409, "not-posted", "Документ не проведён")
            refunds = self._refunds.setdefault(visit.ref, [])
            own_ref = str(uuid.UUID(int=seeded(visit.ref, len(refunds)).getrandbits(128), version=4))
            document = visits.refund_of(visit, chosen, ref=own_ref, at=at or _now())
            refunds.append(document)
            self.keep(document.visit)
            return refunded(document)

    def undo_refund(self, ref: str, *, at: dt.datetime | None = None) -> Notice:
        """Take the posting of the visit's last standing refund back. Raises: ClerkError when none is."""
        with self._lock:
            visit = self.get_visit(ref)
            refunds = self._refunds.get(visit.ref, [])
            standing = [index for index, refund in enumerate(refunds) if refund.is_posted]
            if not standing:
                raise ClerkError(409, "not-refunded", "Возвратов по этому визиту нет")
            document = visits.refund_undone(refunds[standing[-1]], visit, at=at or _now())
            refunds[standing[-1]] = document
            self.keep(document.visit)
            return refunded(document)

    def forget(self, ref: str) -> None:
        """Roll a visit's posting back after it was told: the document never came to be."""
        with self._lock:
            self._drop(self.get_visit(ref))

    def keep(self, visit: Visit) -> Visit:
        """Store a visit at its newest version, forgetting the oldest above the bound."""
        with self._lock:
            self._visits[visit.ref] = visit
            if len(self._visits) > KEPT_MAX:
                self._drop(next(iter(self._visits.values())))
            return visit

    def get_visit(self, ref: str) -> Visit:
        """Find a visit. Raises: ClerkError when there is none."""
        with self._lock:
            visit = self._visits.get(ref.lower())
        if visit is None:
            raise ClerkError(404, "unknown-visit", "Такого визита в базе нет")
        return visit

    def has_visit(self, ref: str) -> bool:
        """Tell whether the document is there: a posting may have been rolled back."""
        with self._lock:
            return ref in self._visits

    def list_visits(self, limit: int = KEPT_MAX) -> list[Visit]:
        """Newest visits first."""
        with self._lock:
            newest = reversed(self._visits.values())
            return [visit for visit, _ in zip(newest, range(limit), strict=False)]

    def _drop(self, visit: Visit) -> None:
        self._visits.pop(visit.ref)
        self._refunds.pop(visit.ref, None)

    def _numbered(self, visit: Visit) -> Visit:
        # Numbers come from the time of day; two visits in one minute must still differ for a reader.
        prefix, digits = visit.number.split("-")
        day = (prefix, visit.completed_at.date())
        self._numbers[day] = max(int(digits), self._numbers.get(day, 0) + 1)
        return dataclasses.replace(visit, number=f"{prefix}-{self._numbers[day]:06d}")

    def _get_posted(self, ref: str) -> Visit:
        visit = self._get_unrefunded(ref)
        if not visit.is_posted:
            raise ClerkError(409, "not-posted", "Документ не проведён")
        return visit

    def _get_unrefunded(self, ref: str) -> Visit:
        visit = self.get_visit(ref)
        if visit.returned_lines:
            raise ClerkError(409, "already-refunded", "Деньги по этому визиту уже возвращены")
        return visit


def _is_of_month(visit: Visit, now: dt.datetime) -> bool:
    local = now.astimezone(visit.clinic.zone)
    return (visit.completed_at.year, visit.completed_at.month) == (local.year, local.month)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
