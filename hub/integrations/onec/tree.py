"""The neutral tree that JSON and XML both become, and how its fields are found by any of their names.

Numbers stay text, exactly as written: an amount is never a float on its way, and 1C writes numbers
as strings anyway.
"""

from collections.abc import Mapping
from typing import TypeAlias

Tree: TypeAlias = "str | bool | list[Tree] | dict[str, Tree] | None"
Fields: TypeAlias = dict[str, Tree]
Names: TypeAlias = Mapping[str, str]
"""Spelling → canonical name. Spellings are folded: lower case, no underscores, ё as е."""

_KEY_LENGTH_MAX = 64


def known_fields(fields: Fields, names: Names) -> Fields:
    """Keep the fields that have a name of ours, under it; all others are never read.

    When two spellings of one name meet, the first with a value in alphabetic order wins, so that the
    order of keys does not matter.
    """
    found: Fields = {}
    for key in sorted(fields):
        name = names.get(key) or names.get(folded(key))
        if name is not None and (name not in found or is_empty(found[name])):
            found[name] = fields[key]
    return found


def folded(key: str) -> str:
    """Fold a key so that ServiceRef, service_ref and serviceRef are one."""
    return key[:_KEY_LENGTH_MAX].lower().replace("_", "").replace("ё", "е").strip()


def is_empty(value: Tree) -> bool:
    """Tell 1C's ways to say nothing: null, "", blanks, {}, []."""
    return value is None or value in ({}, []) or (isinstance(value, str) and not value.strip())


def listed(value: Tree) -> list[Tree]:
    """Give a list whatever came: 1C sends one row as an object, and none as "" or {}."""
    if is_empty(value):
        return []
    return value if isinstance(value, list) else [value]
