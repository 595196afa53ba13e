"""Keyset pages: an opaque cursor names the last row seen; never OFFSET."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from hub.kernel.errors import CursorInvalidError

Row = TypeVar("Row")
LIMIT_MAX = 100
LIMIT_DEFAULT = 50
_CURSOR_MAX = 500
_BIGINT = 2**63


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows, and where to go on; None when there is no more."""

    items: Sequence[Row]
    next_cursor: str | None


def cut_page(rows: Sequence[Row], *, limit: int, key: Callable[[Row], list[str | int]]) -> Page[Row]:
    """Make a page of `limit` rows out of up to `limit + 1` fetched ones."""
    items = rows[:limit]
    return Page(items, write_cursor(key(items[-1])) if len(rows) > limit else None)


def write_cursor(key: list[str | int]) -> str:
    """Write the key of the last row as a cursor."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def read_cursor(cursor: str | None, *types: type) -> list[str | int] | None:
    """Read a cursor made of values of these types. Raises: CursorInvalidError."""
    if cursor is None:
        return None
    try:
        padded = cursor[:_CURSOR_MAX] + "=" * (-len(cursor) % 4)
        key = json.loads(base64.urlsafe_b64decode(padded.encode()))
    except (ValueError, binascii.Error) as error:
        raise CursorInvalidError(field="cursor") from error
    if not isinstance(key, list) or [type(value) for value in key] != list(types):
        raise CursorInvalidError(field="cursor")
    if not all(_is_storable(value) for value in key):
        raise CursorInvalidError(field="cursor")
    return key


def _is_storable(value: object) -> bool:
    """Whether PostgreSQL can compare with it: a bigint, or a text without NUL and lone surrogates."""
    if isinstance(value, str):
        return "\x00" not in value and value.encode(errors="ignore").decode() == value
    return not isinstance(value, int) or -_BIGINT <= value < _BIGINT
