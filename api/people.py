"""Names and e-mails that people type: on one line, printable, not endless."""

from typing import Annotated

from pydantic import AfterValidator, Field

_EMAIL_PATTERN = r"^[^@\s]+@[^@\s]+\.[^@\s.]+$"


def _clean_name(text: str) -> str:
    """Write a name on one line; what has no letter, or cannot be printed, is none."""
    name = " ".join(text.split())
    if not name.isprintable() or not any(sign.isalpha() for sign in name):
        raise ValueError("no name")
    return name


def _clean_email(text: str) -> str:
    if not text.isprintable():
        raise ValueError("no e-mail")
    return text


Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_clean_name)]
Email = Annotated[
    str, Field(min_length=3, max_length=254, pattern=_EMAIL_PATTERN), AfterValidator(_clean_email)
]
