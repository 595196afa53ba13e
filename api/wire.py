"""Shapes of the public API: strict and closed on the way in, frozen on the way out.

Amounts are strings with two decimals; instants are RFC 3339 in UTC with Z.
"""

from typing import Annotated

from fastapi import Header, Path, Query
from pydantic import BaseModel, ConfigDict

from hub.db.paging import LIMIT_DEFAULT, LIMIT_MAX

CURSOR_LENGTH_MAX = 500
_ID_LENGTH_MAX = 200

AmountText = str
"""Hundredths as text: "137.50"."""


class Asked(BaseModel):
    """Base of bodies that callers send."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class Told(BaseModel):
    """Base of answers."""

    model_config = ConfigDict(frozen=True)


Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="How many items a page has at most.")]
Cursor = Annotated[str | None, Query(max_length=CURSOR_LENGTH_MAX, description="`next_cursor` of a page.")]
GivenId = Annotated[str, Path(max_length=_ID_LENGTH_MAX)]
UserPath = Annotated[str, Path(max_length=_ID_LENGTH_MAX, description="A user id, or `me`.")]
AcceptLanguage = Annotated[str, Header(alias="Accept-Language")]
LIMIT = LIMIT_DEFAULT
"""Items of a page when nobody says."""
