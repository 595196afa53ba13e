"""The audit trail for auditors: who did what to which object, and how far its chain has come."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import AwareDatetime

from api.access import Door, permitted
from api.wire import LIMIT, Cursor, Limit, Told
from hub.audit.queries import ChainState, TrailRow, Wanted, get_chain_state, list_records
from hub.db.transaction import transaction
from hub.domain.staff.permissions import Permission

door = Door("/api/admin/audit", tag="admin")
_READ = permitted(Permission.READ_AUDIT)
_Filter = Annotated[str | None, Query(max_length=200)]
_Instant = Annotated[AwareDatetime | None, Query(description="RFC 3339, with an offset.")]


class RecordWire(Told):
    """One action. `seq` and `hash` are its place in the chain; null until it is sealed, seconds later."""

    id: int
    at: datetime
    actor: str
    action: str
    object_type: str
    object_id: str
    details: dict[str, Any]
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str | None
    on_behalf_of: str | None
    correlation_id: str
    seq: int | None
    hash: str | None


class RecordPage(Told):
    """A page, newest first."""

    items: list[RecordWire]
    next_cursor: str | None


class ChainWire(Told):
    """Sealed up to `seq`, signed up to `head_seq`, carried outside up to `exported_seq`; 0: not yet."""

    seq: int
    sealed_at: datetime | None
    head_seq: int
    head_signed_at: datetime | None
    exported_seq: int
    exported_at: datetime | None


@door.get("", _READ)
def list_audit(
    actor: _Filter = None,
    action: _Filter = None,
    object_type: _Filter = None,
    object_id: _Filter = None,
    since: _Instant = None,
    until: _Instant = None,
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> RecordPage:
    """List actions, newest first."""
    wanted = Wanted(actor, action, object_type, object_id, since, until)
    with transaction() as session:
        page = list_records(session, wanted, cursor=cursor, limit=limit)
        return RecordPage(items=[_write(row) for row in page.items], next_cursor=page.next_cursor)


@door.get("/chain", _READ)
def get_chain() -> ChainWire:
    """Tell how far the trail is sealed, signed and exported."""
    with transaction() as session:
        return _write_chain(get_chain_state(session))


def _write(row: TrailRow) -> RecordWire:
    record, link = row.record, row.link
    return RecordWire(
        id=record.id,
        at=record.at,
        actor=record.actor,
        action=record.action,
        object_type=record.object_type,
        object_id=record.object_id,
        details=record.details,
        before=record.before,
        after=record.after,
        reason=row.reason or None,
        on_behalf_of=record.on_behalf_of,
        correlation_id=record.correlation_id,
        seq=link.seq if link else None,
        hash=link.hash.hex() if link else None,
    )


def _write_chain(state: ChainState) -> ChainWire:
    return ChainWire(
        seq=state.seq,
        sealed_at=state.sealed_at,
        head_seq=state.head_seq,
        head_signed_at=state.head_signed_at,
        exported_seq=state.exported_seq,
        exported_at=state.exported_at,
    )
