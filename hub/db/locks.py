"""Advisory locks by name, in a fixed order, held to the end of the transaction."""

import hashlib
from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.orm import Session


def lock_names(session: Session, names: Iterable[str]) -> None:
    """Take the exclusive lock of every name, in one order for all callers."""
    keys = sorted({lock_key(name) for name in names})
    if keys:
        session.execute(
            text("SELECT pg_advisory_xact_lock(key) FROM unnest(cast(:keys AS bigint[])) AS key"),
            {"keys": keys},
        )


def lock_key(name: str) -> int:
    """Give the bigint that stands for the name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
