"""Notices for operators: what a patient was told, what not and why; trying again what failed."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from api.access import CallerHere, Door, permitted
from api.idempotency import OptionalKey, answer_once
from api.wire import LIMIT, Cursor, Limit, Told
from hub.audit.trail import Action, record_action
from hub.db.transaction import transaction
from hub.domain.notifications.catalogue import NoticeKind
from hub.domain.notifications.listing import list_notices, retry_failed
from hub.domain.notifications.models import NoticeRow, NoticeState
from hub.domain.staff.permissions import Permission

door = Door("/api/admin/notices", tag="admin")
_READ = permitted(Permission.READ_DELIVERIES)
_MANAGE = permitted(Permission.MANAGE_DELIVERIES)


class NoticeLine(Told):
    """One notice. `outcome`: by channel, `queued` or why not; its deliveries are `notice:<key>:<channel>`."""

    id: int
    notice_key: str
    kind: NoticeKind
    patient_id: UUID
    recipient_id: UUID | None
    state: NoticeState
    is_gathered: bool
    facts: dict[str, Any]
    outcome: dict[str, str]
    not_before_at: datetime
    expires_at: datetime
    told_on: date | None
    settled_at: datetime | None
    created_at: datetime
    correlation_id: str


class NoticePage(Told):
    """A page, newest first."""

    items: list[NoticeLine]
    next_cursor: str | None


class RetriedWire(Told):
    """How many will be told again."""

    retried: int


@door.get("", _READ)
def list_all(
    patient_id: Annotated[UUID | None, Query()] = None,
    state: Annotated[NoticeState | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> NoticePage:
    """List notices, of one patient or in one state."""
    with transaction() as session:
        page = list_notices(session, patient_id=patient_id, state=state, cursor=cursor, limit=limit)
    return NoticePage(items=[_write(notice) for notice in page.items], next_cursor=page.next_cursor)


@door.post("/retry-failed", _MANAGE, takes_json=False, response_model=RetriedWire)
def retry_all_failed(request: Request, caller: CallerHere, key: OptionalKey = None) -> Response:
    """Tell again what failed, once its words are mended."""
    with transaction() as session:

        def act() -> RetriedWire:
            retried = retry_failed(session)
            record_action(
                session, Action(caller.actor, "notices.retried", "notice", "", {"retried": retried})
            )
            return RetriedWire(retried=retried)

        return answer_once(session, request, caller=caller, key=key, body=None, status=200, act=act)


def _write(notice: NoticeRow) -> NoticeLine:
    return NoticeLine(
        id=notice.id,
        notice_key=notice.notice_key,
        kind=NoticeKind(notice.kind),
        patient_id=notice.patient_id,
        recipient_id=notice.recipient_id,
        state=NoticeState(notice.state),
        is_gathered=notice.is_gathered,
        facts=notice.facts,
        outcome=notice.outcome,
        not_before_at=notice.not_before_at,
        expires_at=notice.expires_at,
        told_on=notice.told_on,
        settled_at=notice.settled_at,
        created_at=notice.created_at,
        correlation_id=notice.correlation_id,
    )
