"""The base itself: the last visits, and what a clerk may do. Every verb gives the notice to push."""

import collections
import dataclasses
import datetime as dt
import threading
import uuid

from sandbox.onec import visits
from sandbox.onec.catalog import OWN_PATIENTS, PATIENTS, Patient, seeded
from sandbox.onec.documents import Notice, Visit, cancelled, completed, refunded

KEPT_MAX = 500  # a demo left running for a week must not grow


class ClerkError(Exception):
    """A clerk asked for what this base does not have or does not allow; carries a code and a Russian text."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message


class Base:
    """Visits by reference, the newest last. Safe to call from several threads."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._visits: collections.OrderedDict[str, Visit] = collections.OrderedDict()
        self._dice = seeded(seed, "live")
        self._lock = threading.RLock()

    def open_visit(
        self,
        *,
        patient_ref: str | None = None,
        amount_kopecks: int | None = None,
        referral_code: str = "",
    ) -> Notice:
        """Record a visit that ends now; without a patient, one of the base's own comes.

        Raises: ClerkError when the patient is unknown.
        """
        with self._lock:
            patient = get_patient(patient_ref) if patient_ref else self._dice.choice(OWN_PATIENTS)
            visit = visits.compose_visit(
                self._dice,
                ref=str(uuid.uuid4()),  # fresh in every run: a live visit is never one of an earlier run
                patient=patient,
                clinic=visits.pick_clinic(self._dice),
                completed_at=_now(),
                amount_kopecks=amount_kopecks,
                referral_code=referral_code,
            )
            return completed(self.keep(self._numbered(visit)))

    def edit(self, ref: str, amount_kopecks: int | None = None) -> Notice:
        """Change the total of a posted visit. Raises: ClerkError when there is none, or it is not posted."""
        with self._lock:
            visit = self._get_posted(ref)
            return completed(
                self.keep(visits.edited(visit, self._dice, at=_now(), amount_kopecks=amount_kopecks))
            )

    def unpost(self, ref: str, *, is_silent: bool = False) -> Notice:
        """Take a visit's posting back; silently is a plain snapshot with posted=false. Raises: ClerkError."""
        with self._lock:
            visit = self.keep(visits.unposted(self._get_posted(ref), at=_now()))
            return completed(visit) if is_silent else cancelled(visit)

    def mark_for_deletion(self, ref: str) -> Notice:
        """Mark a visit for deletion. Raises: ClerkError when it is marked already or its money went back."""
        with self._lock:
            visit = self._get_unrefunded(ref)
            if visit.is_marked_for_deletion:
                raise ClerkError(409, "already-marked", "Документ уже помечен на удаление")
            return cancelled(self.keep(visits.marked_for_deletion(visit, at=_now())))

    def post_again(self, ref: str) -> Notice:
        """Post a visit again, withdrawn or not. Raises: ClerkError when its money went back."""
        with self._lock:
            return completed(self.keep(visits.posted_again(self._get_unrefunded(ref), at=_now())))

    def refund(self, ref: str) -> Notice:
        """Return the whole visit by a document of its own. Raises: ClerkError when it is not posted."""
        with self._lock:
            document = visits.whole_refund(self._get_posted(ref), ref=str(uuid.uuid4()), at=_now())
            self.keep(document.visit)
            return refunded(document)

    def keep(self, visit: Visit) -> Visit:
        """Store a visit at its newest version, forgetting the oldest above the bound."""
        with self._lock:
            self._visits[visit.ref] = visit
            while len(self._visits) > KEPT_MAX:
                self._visits.popitem(last=False)
            return visit

    def get_visit(self, ref: str) -> Visit:
        """Find a visit. Raises: ClerkError when there is none."""
        with self._lock:
            visit = self._visits.get(ref.lower())
        if visit is None:
            raise ClerkError(404, "unknown-visit", "Такого визита в базе нет")
        return visit

    def list_visits(self, limit: int = KEPT_MAX) -> list[Visit]:
        """Newest visits first."""
        with self._lock:
            return list(reversed(self._visits.values()))[:limit]

    def _numbered(self, visit: Visit) -> Visit:
        # Numbers come from the time of day; two visits in one minute must still differ for a reader.
        taken = {known.number for known in self._visits.values()}
        number = visit.number
        while number in taken:
            prefix, digits = number.split("-")
            number = f"{prefix}-{int(digits) + 1:06d}"
        return dataclasses.replace(visit, number=number)

    def _get_posted(self, ref: str) -> Visit:
        visit = self._get_unrefunded(ref)
        if not visit.is_posted:
            raise ClerkError(409, "not-posted", "Документ не проведён")
        return visit

    def _get_unrefunded(self, ref: str) -> Visit:
        visit = self.get_visit(ref)
        if visit.is_refunded:
            raise ClerkError(409, "already-refunded", "Деньги по этому визиту уже возвращены")
        return visit


def get_patient(ref: str) -> Patient:
    """Find a patient. Raises: ClerkError when there is none."""
    patient = PATIENTS.get(ref.lower())
    if patient is None:
        raise ClerkError(404, "unknown-patient", "Такого пациента в базе нет")
    return patient


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
