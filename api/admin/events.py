"""The inbox for operators: what came, how it ended and why; buttons try it again or give it up."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import Field
from sqlalchemy.orm import Session

from api.access import CallerHere, Door, permitted
from api.callers import Caller
from api.idempotency import OptionalKey, answer_once
from api.wire import LIMIT, AmountText, Asked, Cursor, GivenId, Limit, Told
from hub.audit.trail import Action, record_action
from hub.db.transaction import transaction
from hub.domain.staff.permissions import Permission
from hub.inbox import queries
from hub.inbox.models import InboxEvent, InboxState
from hub.inbox.replay import bury_event, replay_event
from hub.kernel.money import format_amount
from hub.taskqueue.names import TaskName
from hub.taskqueue.nudge import nudge

door = Door("/api/admin/events", tag="admin")
_READ = permitted(Permission.READ_INBOX)
_Filter = Annotated[str | None, Query(max_length=200)]


class EffectWire(Told):
    """What an event moved; `amount` is signed."""

    kind: str
    asset: str
    amount: AmountText


class EventLine(Told):
    """One event without its body."""

    id: UUID
    source: str
    infobase: str
    topic: str
    event_id: str
    object_ref: str
    message_no: int | None
    state: InboxState
    attempts: int
    reason_code: str | None
    received_at: datetime
    finished_at: datetime | None
    correlation_id: str


class EventPage(Told):
    """A page, newest first."""

    items: list[EventLine]
    next_cursor: str | None


class BodyWire(Told):
    """What was sent, as text; bytes that are no UTF-8 are shown as �."""

    format: str
    text: str


class EventWire(EventLine):
    """One event with its fate; `body` only when it was asked for."""

    crashes: int
    reason: str | None
    waiting_for: str | None
    next_attempt_at: datetime
    effects: list[EffectWire]
    body: BodyWire | None = None


class Farewell(Asked):
    """Why an event is given up; kept sealed beside the audit trail."""

    reason: str = Field(min_length=1, max_length=500)


@door.get("", _READ)
def list_events(
    state: InboxState | None = None,
    topic: _Filter = None,
    infobase: _Filter = None,
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> EventPage:
    """List inbox events, newest first, without bodies."""
    with transaction() as session:
        page = queries.list_events(
            session, state=state, topic=topic, sender=infobase, cursor=cursor, limit=limit
        )
    return EventPage(
        items=[EventLine(**_write_line(event)) for event in page.items], next_cursor=page.next_cursor
    )


@door.get("/{given_id}", _READ)
def get_event(given_id: GivenId, caller: CallerHere, *, body: bool = False) -> EventWire:
    """Show one event; its body too when asked, which is written into the audit trail."""
    with transaction() as session:
        event = queries.get_event(session, given_id)
        shown = _open_body(session, event, caller) if body else None
    return _write_event(event, shown)


@door.post(
    "/{given_id}/replay", permitted(Permission.REPLAY_INBOX), takes_json=False, response_model=EventWire
)
def replay(request: Request, given_id: GivenId, caller: CallerHere, key: OptionalKey = None) -> Response:
    """Make a buried, parked, ignored or stale event ready again."""
    with transaction() as session:
        return answer_once(
            session,
            request,
            caller=caller,
            key=key,
            body=None,
            status=200,
            act=lambda: _replay(session, given_id, caller),
        )


@door.post("/{given_id}/bury", permitted(Permission.REPLAY_INBOX), response_model=EventWire)
def bury(
    request: Request, given_id: GivenId, farewell: Farewell, caller: CallerHere, key: OptionalKey = None
) -> Response:
    """Give up an event that waits, so that what is behind it goes on; replay brings it back."""
    with transaction() as session:
        return answer_once(
            session,
            request,
            caller=caller,
            key=key,
            body=farewell,
            status=200,
            act=lambda: _bury(session, given_id, farewell.reason, caller),
        )


def _bury(session: Session, given_id: str, reason: str, caller: Caller) -> EventWire:
    event, is_news = bury_event(session, given_id)
    if is_news:
        about = str(event.public_id)
        record_action(session, Action(caller.actor, "event.buried", "inbox_event", about, reason=reason))
        nudge(session, TaskName.DRAIN_INBOX, event.queue)
    return _write_event(event, None)


def _replay(session: Session, given_id: str, caller: Caller) -> EventWire:
    event = replay_event(session, given_id)
    record_action(session, Action(caller.actor, "event.replayed", "inbox_event", str(event.public_id)))
    nudge(session, TaskName.DRAIN_INBOX, event.queue)
    return _write_event(event, None)


def _open_body(session: Session, event: InboxEvent, caller: Caller) -> BodyWire:
    body_format, content = queries.open_body(session, event)
    record_action(session, Action(caller.actor, "event_body.viewed", "inbox_event", str(event.public_id)))
    return BodyWire(format=body_format, text=content.decode(errors="replace"))


def _write_event(event: InboxEvent, body: BodyWire | None) -> EventWire:
    return EventWire(
        **_write_line(event),
        crashes=event.crashes,
        reason=event.reason,
        waiting_for=event.waiting_for,
        next_attempt_at=event.next_attempt_at,
        effects=[
            EffectWire(
                kind=effect["kind"],
                asset=str(effect["asset"]).lower(),
                amount=format_amount(effect["amount"]),
            )
            for effect in event.effects
        ],
        body=body,
    )


def _write_line(event: InboxEvent) -> dict[str, Any]:
    return {
        "id": event.public_id,
        "source": event.source,
        "infobase": event.sender,
        "topic": event.topic,
        "event_id": event.event_id,
        "object_ref": event.object_ref,
        "message_no": event.message_no,
        "state": InboxState(event.state),
        "attempts": event.attempts,
        "reason_code": event.reason_code,
        "received_at": event.received_at,
        "finished_at": event.finished_at,
        "correlation_id": event.correlation_id,
    }
