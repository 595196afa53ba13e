"""The neutral tree that JSON and XML both become.

Numbers stay text, exactly as written: an amount is never a float on its way, and 1C writes numbers
as strings anyway.
"""

from typing import TypeAlias

Tree: TypeAlias = "str | bool | list[Tree] | dict[str, Tree] | None"
Fields: TypeAlias = dict[str, Tree]


def is_empty(value: Tree) -> bool:
    """Tell 1C's ways to say nothing: null, "", blanks, {}, []."""
    if value:
        return isinstance(value, str) and value.isspace()
    return value is not False


def listed(value: Tree) -> list[Tree]:
    """Give a list whatever came: 1C sends one row as an object, and none as "" or {}."""
    if is_empty(value):
        return []
    return value if isinstance(value, list) else [value]
