"""Pure rules of patients: how words are compared, which snapshot counts, who may be the same person."""

import unicodedata
from datetime import date
from enum import StrEnum

from hub.domain.documents.rules import Verdict

PREFIX_LETTERS = 3


class Outcome(StrEnum):
    """What a snapshot did. `parked`: it names a card the hub has not met yet."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    STALE = "stale"
    PARKED = "parked"
    REFUSED = "refused"


OUTCOMES = {
    Verdict.NEWS: Outcome.APPLIED,
    Verdict.DUPLICATE: Outcome.DUPLICATE,
    Verdict.STALE: Outcome.STALE,
}
"""What becomes of a snapshot before its contents are looked at."""


class MergeRefusal(StrEnum):
    """Why a merge is for a person to look at."""

    ITSELF = "merge-into-itself"
    CYCLE = "merge-cycle"
    """The surviving card was itself merged into this one."""
    CONTRADICTED = "merge-contradicted"
    """The card was merged into another person's before: two people's points cannot be parted again."""


def normalise_name(name: str) -> str:
    """Write a name as it is compared: lower case, ё as е, one blank between words."""
    composed = unicodedata.normalize("NFC", name)
    return " ".join(composed.lower().replace("ё", "е").split())


def normalise_card(card_code: str) -> str | None:
    """Write a card code as it is kept; None when there is none. PostgreSQL's text holds no NUL."""
    return card_code.replace("\x00", "").strip().upper() or None


def normalise_email(email: str) -> str:
    """Write an e-mail as it is kept and compared."""
    return email.strip().lower()


def contradicts(ours: date | str | None, theirs: date | str | None) -> bool:
    """Tell whether both sides know the value and differ; not knowing contradicts nothing."""
    return bool(ours) and bool(theirs) and ours != theirs


def short_name(surname: str, first_name: str, father_name: str) -> str:
    """Write a name for lists: Иванова М. П."""
    initials = [f"{name[0]}." for name in (first_name, father_name) if name]
    return " ".join([surname, *initials] if surname else initials)
