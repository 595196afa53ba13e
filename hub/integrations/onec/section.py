"""A section: one object of an event, read field by field; whatever is wrong raises with its pointer.

`Raises: rule` stands for FactInvalidError with that rule.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from hub.integrations.onec import names, reading
from hub.integrations.onec.errors import FactInvalidError
from hub.integrations.onec.spelling import ROWS, Names, folded
from hub.integrations.onec.tree import Fields, Tree, is_empty, listed
from hub.kernel import clock
from hub.kernel.money import Kopecks

TEXT_LENGTH_MAX = 200
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_CLOCK_SKEW = timedelta(days=1)
"""A till's clock may be ahead, and a naive date may be in a zone to the east of ours."""

Value = TypeVar("Value")


@dataclass(slots=True)
class Frame:
    """What all sections of one event share."""

    zone: str
    """Of naive dates."""
    warnings: set[str] = field(default_factory=set)
    """What was odd but readable."""
    latest: datetime = field(default_factory=lambda: clock.now() + _CLOCK_SKEW)


class Section:
    """Fields under their canonical names, and where they stand."""

    __slots__ = ("fields", "frame", "pointer")

    def __init__(self, fields: Fields, pointer: str, frame: Frame) -> None:
        self.fields = fields
        self.pointer = pointer
        self.frame = frame

    @property
    def is_empty(self) -> bool:
        """Tell that nothing we know was sent here."""
        return not self.fields

    def has(self, name: str) -> bool:
        """Tell whether the field came with a value."""
        return not is_empty(self.fields.get(name))

    def invalid(self, name: str, rule: str) -> FactInvalidError:
        """Make the error that points at the field."""
        return FactInvalidError(f"{self.pointer}/{name}", rule)

    def warn(self, what: str) -> None:
        """Remember what was odd but readable."""
        self.frame.warnings.add(what)

    def text(self, name: str) -> str:
        """Read a text, "" when absent. Raises: not-a-text; too-long."""
        value = self.fields.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            if is_empty(value):
                return ""
            raise self.invalid(name, "not-a-text")
        if len(value) <= TEXT_LENGTH_MAX and value.isprintable():  # what 1C nearly always sends
            return value.strip()
        text = reading.clean_text(value)
        if len(text) > TEXT_LENGTH_MAX:
            raise self.invalid(name, "too-long")
        return text

    def flag(self, name: str, *, default: bool) -> bool:
        """Read a boolean. Raises: bad-boolean."""
        value = self.fields.get(name)
        if is_empty(value):
            return default
        found = reading.find_flag(value)
        if found is None:
            raise self.invalid(name, "bad-boolean")
        return found

    def find_ref(self, name: str) -> UUID | None:
        """Read an optional reference; the zero GUID is 1C's empty one. Raises: bad-guid."""
        found = self._written_guid(name, reading.find_guid)
        return found if found and found.int else None

    def get_ref(self, name: str) -> UUID:
        """Read a reference that must be there. Raises: required; bad-guid; zero-guid."""
        return self._nonzero(name, self._written_guid(name, reading.find_guid))

    def find_catalogue_ref(self, name: str) -> UUID | None:
        """Read an optional reference to a doctor and the like. Raises: bad-guid."""
        found = self._written_guid(name, reading.find_catalogue_guid)
        return found if found and found.int else None

    def get_catalogue_ref(self, name: str) -> UUID:
        """Read a reference to a service or a clinic. Raises: required; bad-guid; zero-guid."""
        return self._nonzero(name, self._written_guid(name, reading.find_catalogue_guid))

    def find_number(self, name: str) -> int | None:
        """Read an optional counter; unreadable is absent, for the transport's own counters."""
        return reading.find_number(self.text(name)) if self.has(name) else None

    def get_number(self, name: str, *, up_to: int) -> int:
        """Read a number from 1. Raises: required; bad-number."""
        text = self._required(name, self.text(name) or None)
        found = reading.find_number(text)
        if found is None or not 0 < found <= up_to:
            raise self.invalid(name, "bad-number")
        return found

    def find_hundredths(self, name: str) -> tuple[int, bool] | None:
        """Read an optional number of either sign, and whether it was rounded. Raises: bad-amount."""
        text = self.text(name)
        if not text:
            return None
        plain = reading.find_plain_amount(text)
        found = reading.find_amount(text) if plain is None else (plain, False)
        if found is None:
            raise self.invalid(name, "bad-amount")
        return found

    def find_kopecks(self, name: str) -> Kopecks | None:
        """Read an optional amount, rounded half-up with a warning. Raises: bad-amount."""
        value = self.fields.get(name)
        plain = reading.find_plain_amount(value) if isinstance(value, str) else None
        if plain is not None:
            return Kopecks(plain)
        found = self.find_hundredths(name)
        if found is None:
            return None
        if found[1]:
            self.warn("amount-rounded")
        return Kopecks(found[0])

    def get_kopecks(self, name: str, *, default: Kopecks | None = None) -> Kopecks:
        """Read an amount that is not negative. Raises: required; bad-amount; negative."""
        value = self.fields.get(name)
        plain = reading.find_plain_amount(value) if isinstance(value, str) else None
        if plain is not None:
            return Kopecks(plain)
        amount = self.find_kopecks(name)
        if amount is None:
            return self._required(name, default)
        if amount < 0:
            raise self.invalid(name, "negative")
        return amount

    def find_moment(self, name: str) -> datetime | None:
        """Read a date as written, naive or not; None when empty. Raises: bad-date."""
        text = self.text(name)
        if not text:
            return None
        try:
            found = reading.find_local(text)
        except reading.EmptyDateError:
            return None
        if found is None:
            raise self.invalid(name, "bad-date")
        return found

    def find_instant(self, name: str) -> datetime | None:
        """Read a document's date, UTC. Raises: bad-date; date-out-of-range."""
        moment = self.find_moment(name)
        if moment is None:
            return None
        instant = reading.as_instant(moment, self.frame.zone)
        if instant is None or not _EARLIEST <= instant <= self.frame.latest:
            raise self.invalid(name, "date-out-of-range")
        return instant

    def section(self, name: str, spellings: Names) -> "Section":
        """Open an object of this one; absent gives an empty section. Raises: not-an-object."""
        value = self.fields.get(name)
        if isinstance(value, dict):
            return Section(spellings.known(value), f"{self.pointer}/{name}", self.frame)
        if is_empty(value):
            return Section({}, f"{self.pointer}/{name}", self.frame)
        raise self.invalid(name, "not-an-object")

    def rows(self, name: str, spellings: Names, *, up_to: int) -> list["Section"]:
        """Open a list of objects, however it was collapsed. Raises: too-many; not-an-object."""
        values = listed(self.fields.get(name))
        if len(values) == 1 and isinstance(values[0], dict):
            values = _unwrapped(values[0])
        if len(values) > up_to:
            raise self.invalid(name, "too-many")
        return [self._row(f"{name}/{index}", value, spellings) for index, value in enumerate(values)]

    def _row(self, place: str, value: Tree, spellings: Names) -> "Section":
        if not isinstance(value, dict):
            raise self.invalid(place, "not-an-object")
        return Section(spellings.known(value), f"{self.pointer}/{place}", self.frame)

    def _written_guid(self, name: str, find: Callable[[str], UUID | None]) -> UUID | None:
        value = self.fields.get(name)
        if isinstance(value, dict):
            value = names.REFERENCE.known(value).get("ref")
        found = find(value) if isinstance(value, str) else None
        if found is None and not is_empty(value):
            raise self.invalid(name, "bad-guid")
        return found

    def _nonzero(self, name: str, found: UUID | None) -> UUID:
        if found is None:
            raise self.invalid(name, "required")
        if not found.int:
            raise self.invalid(name, "zero-guid")
        return found

    def _required(self, name: str, value: Value | None) -> Value:
        if value is None:
            raise self.invalid(name, "required")
        return value


def _unwrapped(holder: Fields) -> list[Tree]:
    """Give the rows of a holder element (<Работы><Работа/></Работы>), or the single row itself."""
    if len(holder) == 1:
        key, inner = next(iter(holder.items()))
        if folded(key) in ROWS and isinstance(inner, dict | list):
            return listed(inner)
    return [holder]
