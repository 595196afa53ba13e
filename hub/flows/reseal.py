"""A new key takes over: every value that another key sealed is opened and sealed anew, batch by batch.

Which key sealed a value stands at its beginning, so a run that was cut goes on where it ended, and a second
run finds nothing. A value that somebody changed meanwhile is left alone: his is sealed with the new key.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select, text, update
from sqlalchemy.orm import Session

from hub.flows.sealed_columns import SealedColumn
from hub.inbox.models import InboxBody, InboxEvent
from hub.kernel.crypto import SealBrokenError
from hub.kernel.settings import vault


@dataclass(frozen=True, slots=True)
class Resealed:
    """A batch: how many were sealed anew, how many no key of ours opens, where to go on; None: no more."""

    done: int
    broken: int
    last_key: Any


def reseal_batch(session: Session, sealed: SealedColumn, *, after: Any, limit: int) -> Resealed:  # noqa: ANN401  # the key of any table
    """Seal the next batch of a column anew; `after` is the last key of the batch before, None at first."""
    query = _old(select(sealed.key, sealed.column, *sealed.bound_to), sealed)
    if after is not None:
        query = query.where(sealed.key > after)
    rows = session.execute(query.order_by(sealed.key).limit(limit)).all()
    if not rows:
        return Resealed(0, 0, None)
    done = broken = 0
    with _Guard(session, sealed):
        for key, value, *bound_to in rows:
            try:
                plain = vault().open(value, context=sealed.context(*bound_to))
            except SealBrokenError:
                broken += 1
                continue
            fresh = vault().seal(plain, context=sealed.context(*bound_to))
            changed = session.execute(
                update(sealed.column.class_)
                .where(sealed.key == key, sealed.column == value)
                .values({sealed.column: fresh})
                .returning(sealed.key)
                .execution_options(synchronize_session=False)
            ).first()
            done += changed is not None
    return Resealed(done, broken, rows[-1][0])


def count_by_key(session: Session, sealed: SealedColumn) -> dict[str, int]:
    """Count values by the key that sealed them, so that one knows when a former key is needed no more."""
    size = func.get_byte(sealed.column, 0)
    key_id = func.convert_from(func.substring(sealed.column, 2, size), "UTF8")
    rows = session.execute(
        select(key_id, func.count()).where(sealed.column.is_not(None)).group_by(key_id).order_by(key_id)
    )
    return {str(key): count for key, count in rows}


def _old(query: Select[Any], sealed: SealedColumn) -> Select[Any]:
    """Look for values of other keys than the current one."""
    if sealed.column.class_ is InboxBody:
        query = query.join(InboxEvent, InboxEvent.id == InboxBody.event_id)
    mark = vault().mark
    return query.where(sealed.column.is_not(None), func.substring(sealed.column, 1, len(mark)) != mark)


class _Guard:
    """Lets the guard of an append-only table sleep in this transaction: the value stays, its seal changes."""

    def __init__(self, session: Session, sealed: SealedColumn) -> None:
        self._session = session
        self._table = sealed.column.class_.__table__ if sealed.is_append_only else None

    def __enter__(self) -> None:
        self._turn("DISABLE")

    def __exit__(self, *_: object) -> None:
        self._turn("ENABLE")

    def _turn(self, how: str) -> None:
        if self._table is not None:
            name = self._table.name
            self._session.execute(text(f"ALTER TABLE {name} {how} TRIGGER {name}_append_only"))
