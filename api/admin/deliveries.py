"""Deliveries for operators: what went out, what did not and why; send again, call off, confirm."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import AwareDatetime, Field
from sqlalchemy.orm import Session

from api.access import CallerHere, Door, permitted
from api.callers import Caller
from api.idempotency import OptionalKey, answer_once
from api.wire import LIMIT, Asked, Cursor, GivenId, Limit, Told
from hub.audit.trail import Action, record_action
from hub.contracts.messages import Message
from hub.contracts.parties import DeliveryKind, Destination
from hub.db.transaction import transaction
from hub.domain.staff.permissions import Permission
from hub.kernel.crypto import SealBrokenError
from hub.kernel.errors import ForbiddenError, NotFoundError
from hub.kernel.ids import find_uuid
from hub.kernel.phone import find_phone
from hub.outbox import queries, redelivery, sealing
from hub.outbox.models import DeliveryAttempt, DeliveryState, OutboxDelivery, Receipt
from hub.outbox.queries import DeliveryFilter
from hub.outbox.redelivery import Wanted

door = Door("/api/admin/deliveries", tag="admin")
_READ = permitted(Permission.READ_DELIVERIES)
_MANAGE = permitted(Permission.MANAGE_DELIVERIES)
_Filter = Annotated[str | None, Query(max_length=320)]
_Act = Callable[[Session, UUID], OutboxDelivery]


class DeliveryLine(Told):
    """One delivery without its message."""

    id: UUID
    destination: Destination
    kind: DeliveryKind
    state: DeliveryState
    about: str | None
    priority: int
    attempts: int
    hits: int
    needs_person: bool
    reason: str | None
    next_attempt_at: datetime
    expires_at: datetime
    created_at: datetime
    finished_at: datetime | None
    correlation_id: str


class DeliveryPage(Told):
    """A page, newest first."""

    items: list[DeliveryLine]
    next_cursor: str | None


class AttemptWire(Told):
    """One try. Without an outcome it is on its way, or nobody recorded its end."""

    attempt_no: int
    outcome: str | None
    reason: str | None
    started_at: datetime
    finished_at: datetime | None
    duration_ms: int | None


class DeliveryWire(DeliveryLine):
    """One delivery with its tries. `message` is masked unless asked for; null when it cannot be read."""

    tries: int
    delivery_key: str
    ordering_key: str | None
    coalesce_key: str | None
    leased_until: datetime | None
    provider_reference: str | None
    parts: int | None
    cost_kopecks: int | None
    receipt: Receipt | None
    receipt_at: datetime | None
    message: dict[str, str] | None
    attempt_list: list[AttemptWire]


class RedeliverWanted(Asked):
    """Which dead letters to send again; what is absent means any. `since` and `until` are of their burial."""

    destination: Destination | None = Field(default=None, strict=False)
    kind: DeliveryKind | None = Field(default=None, strict=False)
    reason: str | None = Field(default=None, max_length=200)
    since: AwareDatetime | None = Field(default=None, strict=False)
    until: AwareDatetime | None = Field(default=None, strict=False)
    rehearsal: bool = False
    """Count only."""


class RedeliverCount(Told):
    """How many were (or, rehearsed, would be) made ready; one call takes 10,000 at most."""

    count: int


@door.get("", _READ)
def list_deliveries(
    state: DeliveryState | None = None,
    destination: Destination | None = None,
    kind: DeliveryKind | None = None,
    about: _Filter = None,
    recipient: _Filter = None,
    needs_person: bool | None = None,  # noqa: FBT001  # a query parameter
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> DeliveryPage:
    """List deliveries, newest first, without messages; `recipient` is a phone or an address."""
    wanted = DeliveryFilter(
        state=state,
        destination=destination,
        kind=kind,
        about=about,
        recipient=(find_phone(recipient) or recipient) if recipient else None,
        needs_person=needs_person,
    )
    with transaction() as session:
        page = queries.list_deliveries(session, wanted, cursor=cursor, limit=limit)
    return DeliveryPage(
        items=[DeliveryLine(**_write_line(one)) for one in page.items], next_cursor=page.next_cursor
    )


@door.post("/redeliver", _MANAGE, response_model=RedeliverCount)
def redeliver_many(
    request: Request, wanted: RedeliverWanted, caller: CallerHere, key: OptionalKey = None
) -> Response:
    """Make dead letters ready again by filter, oldest first; a rehearsal counts them."""
    with transaction() as session:
        return answer_once(
            session,
            request,
            caller=caller,
            key=key,
            body=wanted,
            status=200,
            act=lambda: _redeliver_many(session, wanted, caller),
        )


@door.get("/{given_id}", _READ)
def get_delivery(given_id: GivenId, caller: CallerHere, *, body: bool = False) -> DeliveryWire:
    """Show one delivery; unmasked when asked by one who may, which is written into the audit trail."""
    with transaction() as session:
        delivery = queries.get_delivery(session, _read_id(given_id))
        shown = _open_unmasked(session, delivery, caller) if body else _open_masked(delivery)
        return _write_delivery(session, delivery, shown)


@door.post("/{given_id}/redeliver", _MANAGE, takes_json=False, response_model=DeliveryWire)
def redeliver(request: Request, given_id: GivenId, caller: CallerHere, key: OptionalKey = None) -> Response:
    """Make a buried, expired, cancelled or uncertain delivery ready, under its old key at the destination."""
    return _answer(request, given_id, caller, key, redelivery.redeliver, "delivery.redelivered")


@door.post("/{given_id}/cancel", _MANAGE, takes_json=False, response_model=DeliveryWire)
def cancel(request: Request, given_id: GivenId, caller: CallerHere, key: OptionalKey = None) -> Response:
    """Call off what has not gone out."""
    return _answer(request, given_id, caller, key, redelivery.cancel, "delivery.cancelled")


@door.post("/{given_id}/confirm", _MANAGE, takes_json=False, response_model=DeliveryWire)
def confirm(request: Request, given_id: GivenId, caller: CallerHere, key: OptionalKey = None) -> Response:
    """Take the operator's word that an uncertain delivery arrived."""
    return _answer(request, given_id, caller, key, redelivery.confirm, "delivery.confirmed")


def _answer(
    request: Request, given_id: str, caller: Caller, key: str | None, act: _Act, action: str
) -> Response:
    def do() -> DeliveryWire:
        delivery = act(session, _read_id(given_id))
        record_action(session, Action(caller.actor, action, "outbox_delivery", str(delivery.public_id)))
        return _write_delivery(session, delivery, _open_masked(delivery))

    with transaction() as session:
        return answer_once(session, request, caller=caller, key=key, body=None, status=200, act=do)


def _redeliver_many(session: Session, asked: RedeliverWanted, caller: Caller) -> RedeliverCount:
    wanted = Wanted(asked.destination, asked.kind, asked.reason, asked.since, asked.until)
    count = redelivery.redeliver_many(session, wanted, is_rehearsal=asked.rehearsal)
    if not asked.rehearsal:
        details = {**asked.model_dump(mode="json", exclude_none=True), "count": count}
        record_action(session, Action(caller.actor, "deliveries.redelivered", "outbox_delivery", "", details))
    return RedeliverCount(count=count)


def _read_id(given_id: str) -> UUID:
    found = find_uuid(given_id)
    if found is None:
        raise NotFoundError
    return found


def _open_masked(delivery: OutboxDelivery) -> dict[str, str] | None:
    message = _open(delivery)
    return None if message is None else sealing.masked(message)


def _open_unmasked(session: Session, delivery: OutboxDelivery, caller: Caller) -> dict[str, str] | None:
    if not caller.may(Permission.READ_MESSAGES):
        raise ForbiddenError
    record_action(session, Action(caller.actor, "message.viewed", "outbox_delivery", str(delivery.public_id)))
    message = _open(delivery)
    return None if message is None else sealing.unmasked(message)


def _open(delivery: OutboxDelivery) -> Message | None:
    try:
        return queries.open_message(delivery)
    except SealBrokenError:
        return None


def _write_delivery(
    session: Session, delivery: OutboxDelivery, message: dict[str, str] | None
) -> DeliveryWire:
    return DeliveryWire(
        **_write_line(delivery),
        tries=delivery.tries,
        delivery_key=delivery.delivery_key,
        ordering_key=delivery.ordering_key,
        coalesce_key=delivery.coalesce_key,
        leased_until=delivery.leased_until,
        provider_reference=delivery.provider_reference,
        parts=delivery.parts,
        cost_kopecks=delivery.cost_kopecks,
        receipt=Receipt(delivery.receipt) if delivery.receipt else None,
        receipt_at=delivery.receipt_at,
        message=message,
        attempt_list=[_write_attempt(one) for one in queries.list_attempts(session, delivery)],
    )


def _write_attempt(attempt: DeliveryAttempt) -> AttemptWire:
    return AttemptWire(
        attempt_no=attempt.attempt_no,
        outcome=attempt.outcome,
        reason=attempt.reason,
        started_at=attempt.started_at,
        finished_at=attempt.finished_at,
        duration_ms=attempt.duration_ms,
    )


def _write_line(delivery: OutboxDelivery) -> dict[str, Any]:
    return {
        "id": delivery.public_id,
        "destination": Destination(delivery.destination),
        "kind": DeliveryKind(delivery.kind),
        "state": DeliveryState(delivery.state),
        "about": delivery.about,
        "priority": delivery.priority,
        "attempts": delivery.attempts,
        "hits": delivery.hits,
        "needs_person": delivery.needs_person,
        "reason": delivery.reason,
        "next_attempt_at": delivery.next_attempt_at,
        "expires_at": delivery.expires_at,
        "created_at": delivery.created_at,
        "finished_at": delivery.finished_at,
        "correlation_id": delivery.correlation_id,
    }
