"""A patient's personal values: in clear only in memory, sealed and blind-indexed on the way to a row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from hub.domain.patients import rules
from hub.kernel.settings import vault

SEALED_COLUMNS = ("surname", "first_name", "father_name", "birth_date", "phone", "email")
INDEX_COLUMNS = (
    "phone_index",
    "email_index",
    "surname_index",
    "surname_prefix_index",
    "phone_birth_index",
)


@dataclass(frozen=True, slots=True)
class Personal:
    """What must not be seen in the database, a log or a repr. Empty: nobody told us."""

    surname: str = field(default="", repr=False)
    first_name: str = field(default="", repr=False)
    father_name: str = field(default="", repr=False)
    birth_date: date | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    """E.164."""
    email: str = field(default="", repr=False)

    def overlaid_by(self, other: "Personal") -> "Personal":
        """Take what the other knows, and keep what only we know: an empty field wipes nothing."""
        return Personal(
            surname=other.surname or self.surname,
            first_name=other.first_name or self.first_name,
            father_name=other.father_name or self.father_name,
            birth_date=other.birth_date or self.birth_date,
            phone=other.phone or self.phone,
            email=other.email or self.email,
        )

    def full_name(self) -> str:
        """Write surname, first name and father's name as they are known."""
        return " ".join(part for part in (self.surname, self.first_name, self.father_name) if part)


def seal_personal(patient_id: UUID, personal: Personal) -> dict[str, bytes | None]:
    """Encrypt every known value for its column of this row."""
    plain = {
        "surname": personal.surname,
        "first_name": personal.first_name,
        "father_name": personal.father_name,
        "birth_date": personal.birth_date.isoformat() if personal.birth_date else "",
        "phone": personal.phone or "",
        "email": personal.email,
    }
    return {
        column: vault().seal(value.encode(), context=personal_context(patient_id, column)) if value else None
        for column, value in plain.items()
    }


def open_personal(patient_id: UUID, sealed: Mapping[str, bytes | None]) -> Personal:
    """Decrypt a row's values; columns that were not fetched stay empty. Raises: SealBrokenError."""
    plain = {
        column: vault().open(value, context=personal_context(patient_id, column)).decode()
        for column, value in sealed.items()
        if value is not None
    }
    birth_date = plain.get("birth_date")
    return Personal(
        surname=plain.get("surname", ""),
        first_name=plain.get("first_name", ""),
        father_name=plain.get("father_name", ""),
        birth_date=date.fromisoformat(birth_date) if birth_date else None,
        phone=plain.get("phone"),
        email=plain.get("email", ""),
    )


def index_personal(personal: Personal) -> dict[str, bytes | None]:
    """Make the blind indexes of the values that are known."""
    surname = rules.normalise_name(personal.surname)
    prefix = surname[: rules.PREFIX_LETTERS]
    return {
        "phone_index": phone_index(personal.phone) if personal.phone else None,
        "email_index": vault().blind_index("patient.email", personal.email) if personal.email else None,
        "surname_index": surname_index(surname) if surname else None,
        "surname_prefix_index": (
            surname_prefix_index(prefix) if len(prefix) == rules.PREFIX_LETTERS else None
        ),
        "phone_birth_index": phone_birth_index(personal),
    }


def phone_index(phone: str) -> bytes:
    """Index an E.164 phone."""
    return vault().blind_index("patient.phone", phone)


def surname_index(normalised: str) -> bytes:
    """Index a whole normalised surname."""
    return vault().blind_index("patient.surname", normalised)


def surname_prefix_index(letters: str) -> bytes:
    """Index the first letters of a normalised surname."""
    return vault().blind_index("patient.surname_prefix", letters)


def phone_birth_index(personal: Personal) -> bytes | None:
    """Index phone and birth date together; None unless both are known."""
    if personal.phone is None or personal.birth_date is None:
        return None
    return vault().blind_index("patient.phone_birth", f"{personal.phone}|{personal.birth_date.isoformat()}")


def personal_context(patient_id: UUID, column: str) -> str:
    """Bind a sealed value to its row and column."""
    return f"patient:{patient_id}:{column}"
