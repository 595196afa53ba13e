"""Announcements: what happened here, in ids and units only; no personal values.

`topic` is noun.past; `about` is the ordering key of its deliveries.
"""

from dataclasses import dataclass, fields
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Announcement:
    """Base of all announcements."""

    topic: ClassVar[str]
    patient_id: UUID
    correlation_id: str
    """Of the call that caused it."""

    @property
    def about(self) -> str:
        """Name what deliveries of this announcement are ordered by."""
        return f"patient:{self.patient_id}"

    def payload(self) -> dict[str, str | int | None]:
        """Give the fields as JSON-ready values."""
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: str(value) if isinstance(value, UUID) else value for name, value in told.items()}


@dataclass(frozen=True, slots=True)
class BalanceChanged(Announcement):
    """An entry was posted to one of the patient's accounts."""

    topic: ClassVar[str] = "balance.changed"
    entry_id: UUID
    kind: str
    asset: str
    amount: int
    """Signed hundredths."""


@dataclass(frozen=True, slots=True)
class PatientUpserted(Announcement):
    """A patient card was created or changed."""

    topic: ClassVar[str] = "patient.upserted"
    is_new: bool
