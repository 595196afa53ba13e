"""What the hub was told and acknowledged: per document its last version, per patient what to expect.

Kept apart from the base: a push that was refused or lost is not here, a document that was rolled back is.
"""

import collections
import threading
from dataclasses import dataclass, field

from sandbox.onec.catalog import Patient
from sandbox.onec.documents import Notice, Refund, Visit
from sandbox.onec.pushes import Push

DOCUMENTS_MAX = 50_000
ACKNOWLEDGED = frozenset({"accepted", "duplicate"})


@dataclass(slots=True)
class Told:
    """A visit as the hub should know it. `visit` is None while only refunds of it were acknowledged."""

    no: int
    visit: Visit | None = None
    refunds: dict[str, Refund] = field(default_factory=dict)
    is_uncertain: bool = False
    """A push about it went out and no answer came: the hub may know more than is counted here."""

    def refunded_by_line(self) -> dict[int, int]:
        """Sum what went back, in kopecks by line number."""
        sums: collections.Counter[int] = collections.Counter()
        for refund in self.refunds.values():
            if refund.is_posted:
                sums.update({line.no: line.amount_kopecks for line in refund.lines})
        return dict(sums)


class Journal:
    """Folds acknowledged notices; order does not matter, the highest version of a document counts."""

    def __init__(self) -> None:
        self._documents: collections.OrderedDict[str, Told] = collections.OrderedDict()
        self._cards: collections.OrderedDict[str, Patient] = collections.OrderedDict()
        self._lock = threading.Lock()
        self._next_no = 1

    def settle(self, push: Push) -> None:
        """Note the fate of a push."""
        is_lost = push.status == "lost"
        if push.status not in ACKNOWLEDGED and not is_lost:
            return
        with self._lock:
            for notice in push.parcel.notices:
                self._note(notice, is_lost=is_lost)

    def list_documents(self, after: int, limit: int) -> list[Told]:
        """Documents in the order in which the hub first took them; `after` is the last number seen."""
        with self._lock:
            found = (told for told in self._documents.values() if told.no > after and told.visit is not None)
            return [told for told, _ in zip(found, range(limit), strict=False)]

    def find_card(self, ref: str) -> Patient | None:
        """Give the newest acknowledged version of a card."""
        with self._lock:
            return self._cards.get(ref)

    def count(self) -> int:
        """How many documents are on record."""
        with self._lock:
            return len(self._documents)

    def _note(self, notice: Notice, *, is_lost: bool) -> None:
        subject = notice.subject
        if isinstance(subject, Patient):
            if not is_lost:
                self._note_card(subject)
            return
        told = self._get_told(subject.visit.ref if isinstance(subject, Refund) else subject.ref)
        if is_lost:
            told.is_uncertain = True
        elif isinstance(subject, Refund):
            known = told.refunds.get(subject.ref)
            if known is None or subject.version >= known.version:
                told.refunds[subject.ref] = subject
        elif told.visit is None or subject.version >= told.visit.version:
            told.visit = subject

    def _note_card(self, patient: Patient) -> None:
        known = self._cards.get(patient.ref)
        if known is None or patient.version >= known.version:
            self._cards[patient.ref] = patient
        while len(self._cards) > DOCUMENTS_MAX:
            self._cards.popitem(last=False)

    def _get_told(self, ref: str) -> Told:
        told = self._documents.get(ref)
        if told is None:
            told = self._documents[ref] = Told(no=self._next_no)
            self._next_no += 1
            if len(self._documents) > DOCUMENTS_MAX:
                self._documents.popitem(last=False)
        return told
