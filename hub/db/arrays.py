"""How lists travel to PostgreSQL: as binary arrays, whole numbers always as bigint.

psycopg sends them as text by default, which costs ten times the CPU, and picks the width of whole numbers
by their values, so that one statement would be prepared anew for each mixture of widths.
"""

from typing import Any

from psycopg.abc import DumperKey
from psycopg.adapt import PyFormat
from psycopg.types.array import BaseListDumper, ListBinaryDumper
from psycopg.types.numeric import Int8


class ArrayDumper(ListBinaryDumper):
    """psycopg's own binary arrays, at one width of numbers."""

    def get_key(self, obj: list[Any], format: PyFormat) -> DumperKey:  # noqa: A002  # psycopg's word
        """Choose the dumper by the kind of the items."""
        return super().get_key(_at_one_width(obj), format)

    def upgrade(self, obj: list[Any], format: PyFormat) -> BaseListDumper:  # noqa: A002  # psycopg's word
        """Make the dumper of such items."""
        return super().upgrade(_at_one_width(obj), format)


def _at_one_width(items: list[Any]) -> list[Any]:
    """Stand in for a list of whole numbers by one that can only be a bigint."""
    first = next((item for item in items if item is not None), None)
    return [Int8(0)] if type(first) is int else items
