"""The catalogue of clients: who is on file, who came anew, who changed or turned out to be a duplicate."""

import collections
import dataclasses
import datetime as dt
import threading

from sandbox.onec import catalog
from sandbox.onec.catalog import CLINICS, OWN_PATIENTS, SAMPLE_PATIENT, Patient, milliseconds
from sandbox.onec.refusals import ClerkError

NEW_KEPT_MAX = 20_000  # a stream left running for a week must not grow
# Numbers of patients who come by a button start here, above those of any stream.
BY_BUTTON_FROM = 5_000_000


class Cards:
    """Patients by reference, the newest last. Safe to call from several threads."""

    def __init__(self) -> None:
        self._base = {patient.ref: patient for patient in (SAMPLE_PATIENT, *OWN_PATIENTS)}
        self._new: collections.OrderedDict[str, Patient] = collections.OrderedDict()
        self._lock = threading.RLock()
        # The second of the start: another run registers other people.
        self._next_by_button = BY_BUTTON_FROM + int(dt.datetime.now(dt.UTC).timestamp()) % 3_000_000

    def find(self, ref: str) -> Patient | None:
        """Find a patient's newest card."""
        with self._lock:
            return self._base.get(ref.lower()) or self._new.get(ref.lower())

    def get(self, ref: str) -> Patient:
        """Find a patient. Raises: ClerkError when there is none."""
        patient = self.find(ref)
        if patient is None:
            raise ClerkError(404, "unknown-patient", "Такого пациента в базе нет")
        return patient

    def list_some(self, limit: int) -> list[Patient]:
        """The sample and own patients, then the newest of the others."""
        with self._lock:
            return [*self._base.values(), *list(reversed(self._new.values()))[:limit]]

    def add(self, patient: Patient) -> Patient:
        """Put a card on file, at its first or a later version."""
        with self._lock:
            if patient.ref in self._base:
                self._base[patient.ref] = patient
                return patient
            self._new[patient.ref] = patient
            while len(self._new) > NEW_KEPT_MAX:
                self._new.popitem(last=False)
            return patient

    def register(self, *, at: dt.datetime) -> Patient:
        """Register somebody who has never been here."""
        with self._lock:
            self._next_by_button += 1
            return self.add(catalog.new_patient(self._next_by_button, at=at))

    def edit(self, ref: str, *, at: dt.datetime) -> Patient:
        """Note that the patient told an e-mail, a new one at every edit."""
        with self._lock:
            patient = self._changed(self.get(ref), at)
            local = patient.phone.removeprefix("+")
            return self.add(dataclasses.replace(patient, email=f"p{local}.{patient.version}@example.test"))

    def merge(self, ref: str, into_ref: str, *, at: dt.datetime) -> Patient:
        """Fold a duplicate into the card that stays. Raises: ClerkError."""
        with self._lock:
            kept = self.get(into_ref)
            if kept.ref == ref.lower() or kept.merged_into_ref:
                raise ClerkError(409, "not-mergeable", "Эту карточку нельзя объединить с выбранной")
            merged = dataclasses.replace(self._changed(self.get(ref), at), merged_into_ref=kept.ref)
            return self.add(merged)

    def double(self, ref: str, *, at: dt.datetime) -> Patient:
        """Register the same person once more, as an exchange without search criteria does."""
        with self._lock:
            original = self.get(ref)
            stamp = at.astimezone(CLINICS[0].zone).replace(microsecond=0)
            version = milliseconds(stamp)
            again = dataclasses.replace(
                original,
                ref=catalog.stable_ref("double", ref, version),
                code=f"{900_000_000 + version // 1000 % 99_999_999:09d}",
                card_code="",
                registered_at=stamp,
                changed_at=stamp,
                version=version,
            )
            return self.add(again)

    def _changed(self, patient: Patient, at: dt.datetime) -> Patient:
        if patient.merged_into_ref:
            raise ClerkError(409, "already-merged", "Эта карточка объединена с другой")
        second = dt.timedelta(seconds=1)
        changed_at = max(at.astimezone(CLINICS[0].zone).replace(microsecond=0), patient.changed_at + second)
        version = max(patient.version + 1, milliseconds(changed_at))
        return dataclasses.replace(patient, changed_at=changed_at, version=version)
