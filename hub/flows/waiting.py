"""Parking without a gap: an event may wait for a fact only while that fact provably is not there.

Who parks takes the name's lock and looks once more; who brings the fact takes the same lock before
writing it and wakes the sleepers after. So no event falls asleep in the moment its fact arrives.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from hub.db.locks import lock_names

Key = TypeVar("Key")


def find_missing(
    session: Session,
    wanted: set[Key],
    *,
    found: Mapping[Key, object],
    look_up: Callable[[set[Key]], None],
    name: Callable[[Key], str],
) -> None:
    """Look up what is wanted into `found`; what is missing, once more under its waiting lock."""
    look_up(wanted)
    missing = wanted - found.keys()
    if missing:
        lock_names(session, [name(key) for key in missing])
        look_up(missing)


def visit_key(infobase: str, ref: UUID) -> str:
    """Name what waits for a visit document. It is the document's own lock as well."""
    return f"visit:{infobase}:{ref}"
