"""How far ahead patients were warned: a row per threshold is lock and memory, no lot is read twice."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


def lock_horizon(session: Session, days: int) -> tuple[datetime, int]:
    """Hold the threshold and give the (expiry, lot) up to which patients were warned."""
    row = session.execute(_LOCK, {"days": days}).one()
    return row.seen_until, row.seen_lot_id


def move_horizon(session: Session, days: int, *, until: datetime, lot_id: int) -> None:
    """Remember up to where patients were warned."""
    session.execute(_MOVE, {"days": days, "until": until, "lot_id": lot_id})


_LOCK = text("SELECT seen_until, seen_lot_id FROM expiry_horizon WHERE days = :days FOR UPDATE")
_MOVE = text("UPDATE expiry_horizon SET seen_until = :until, seen_lot_id = :lot_id WHERE days = :days")
