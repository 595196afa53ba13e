"""Destinations, retry schedules and dead letters for operators: how the road out stands, and its knobs."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import Request, Response
from pydantic import Field
from sqlalchemy.orm import Session

from api.access import CallerHere, Door, permitted
from api.callers import Caller
from api.idempotency import OptionalKey, answer_once
from api.wire import Asked, GivenId, Told
from hub.audit.trail import Action, Facts, record_action
from hub.contracts.parties import DeliveryKind, Destination
from hub.db.transaction import transaction
from hub.domain.staff.permissions import Permission
from hub.kernel import clock
from hub.kernel.errors import NotFoundError
from hub.outbox import destinations, queries, schedules
from hub.outbox import gate as gates
from hub.outbox.gate import Breaker
from hub.outbox.models import OutboxDestination, WhenUncertain

door = Door("/api/admin", tag="admin")
_READ = permitted(Permission.READ_DELIVERIES)
_MANAGE = permitted(Permission.MANAGE_DELIVERIES)
_DELAYS_MAX = 30
_DELAY_S_MAX = 604_800
_TTL_S_MAX = 2_592_000
_Word = TypeVar("_Word", Destination, DeliveryKind)


class DestinationWire(Told):
    """One destination. `opens_at`: when something may go out again; null while it is paused."""

    name: Destination
    rate_per_minute: int
    burst: int
    in_flight_max: int
    tokens: int
    breaker: Breaker
    open_until: datetime | None
    trips: int
    held_until: datetime | None
    paused_at: datetime | None
    paused_by: str | None
    opens_at: datetime | None
    window_sent: int
    window_failed: int
    failures_in_row: int
    deliveries: dict[str, int]
    """How many stand in each unfinished or buried state."""


class DestinationList(Told):
    """All destinations."""

    items: list[DestinationWire]


class RateChange(Asked):
    """What to change; absent fields stay. A burst below a second of the rate sends less than the rate."""

    rate_per_minute: int | None = Field(default=None, ge=1, le=600_000)
    burst: int | None = Field(default=None, ge=1, le=10_000)
    in_flight_max: int | None = Field(default=None, ge=1, le=64)


class ScheduleWire(Told):
    """How one kind is tried again: seconds before attempt 2, 3, …; then it is buried."""

    kind: DeliveryKind
    delays_s: list[int]
    ttl_s: int
    when_uncertain: WhenUncertain


class ScheduleList(Told):
    """All retry schedules."""

    items: list[ScheduleWire]


class ScheduleChange(Asked):
    """A schedule, whole."""

    delays_s: list[Annotated[int, Field(ge=1, le=_DELAY_S_MAX)]] = Field(max_length=_DELAYS_MAX)
    ttl_s: int = Field(ge=1, le=_TTL_S_MAX)


class BuriedGroupWire(Told):
    """Dead letters that share destination, kind and reason."""

    destination: Destination
    kind: DeliveryKind
    reason: str | None
    count: int
    oldest_at: datetime
    newest_at: datetime


class BuriedGroups(Told):
    """Groups of dead letters, the newest trouble first."""

    groups: list[BuriedGroupWire]


@door.get("/destinations", _READ)
def list_destinations() -> DestinationList:
    """List destinations with their gates and depths."""
    with transaction() as session:
        depths = _count(session)
        return DestinationList(items=[_write(row, depths) for row in destinations.list_destinations(session)])


@door.get("/destinations/{given_id}", _READ)
def get_destination(given_id: GivenId) -> DestinationWire:
    """Show one destination."""
    with transaction() as session:
        return _write(destinations.get_destination(session, _read(Destination, given_id)), _count(session))


@door.patch("/destinations/{given_id}", _MANAGE, response_model=DestinationWire)
def change_destination(
    request: Request, given_id: GivenId, change: RateChange, caller: CallerHere, key: OptionalKey = None
) -> Response:
    """Change how fast it is sent to; the next claim follows."""
    return _answer(
        request, caller, key, change, lambda session: _change_rate(session, caller, given_id, change)
    )


@door.post("/destinations/{given_id}/pause", _MANAGE, takes_json=False, response_model=DestinationWire)
def pause(request: Request, given_id: GivenId, caller: CallerHere, key: OptionalKey = None) -> Response:
    """Start no more sends; what is on its way ends."""
    return _answer(
        request,
        caller,
        key,
        None,
        lambda session: _act(
            session,
            caller,
            "destination.paused",
            destinations.pause(session, _read(Destination, given_id), by=caller.actor),
        ),
    )


@door.post("/destinations/{given_id}/resume", _MANAGE, takes_json=False, response_model=DestinationWire)
def resume(request: Request, given_id: GivenId, caller: CallerHere, key: OptionalKey = None) -> Response:
    """Send again at once: a pause, an open circuit and a silence end."""
    return _answer(
        request,
        caller,
        key,
        None,
        lambda session: _act(
            session,
            caller,
            "destination.resumed",
            destinations.resume(session, _read(Destination, given_id)),
        ),
    )


@door.get("/retry-schedules", _READ)
def list_retry_schedules() -> ScheduleList:
    """List how each kind is tried again."""
    with transaction() as session:
        found = schedules.list_schedules(session).values()
    return ScheduleList(items=[_write_schedule(schedule) for schedule in found])


@door.put("/retry-schedules/{given_id}", _MANAGE, response_model=ScheduleWire)
def change_retry_schedule(
    request: Request, given_id: GivenId, change: ScheduleChange, caller: CallerHere, key: OptionalKey = None
) -> Response:
    """Set a kind's waits and life; what is queued follows at its next attempt."""
    return _answer(
        request, caller, key, change, lambda session: _change_schedule(session, caller, given_id, change)
    )


@door.get("/dead-letters", _READ)
def list_dead_letters() -> BuriedGroups:
    """Count dead letters by destination, kind and reason; one by one they are buried deliveries."""
    with transaction() as session:
        groups = queries.list_buried_groups(session)
    return BuriedGroups(
        groups=[
            BuriedGroupWire(
                destination=Destination(group.destination),
                kind=DeliveryKind(group.kind),
                reason=group.reason,
                count=group.count,
                oldest_at=group.oldest_at,
                newest_at=group.newest_at,
            )
            for group in groups
        ]
    )


def _answer(
    request: Request,
    caller: Caller,
    key: str | None,
    body: Asked | None,
    act: Callable[[Session], Told],
) -> Response:
    with transaction() as session:
        return answer_once(
            session, request, caller=caller, key=key, body=body, status=200, act=lambda: act(session)
        )


def _act(session: Session, caller: Caller, action: str, row: OutboxDestination) -> DestinationWire:
    record_action(session, Action(caller.actor, action, "destination", row.name))
    return _write_changed(session, row)


def _change_rate(session: Session, caller: Caller, given_id: str, change: RateChange) -> DestinationWire:
    wanted = change.model_dump(exclude_none=True)
    name = _read(Destination, given_id)
    row = destinations.lock_destination(session, name)
    was = {field: getattr(row, field) for field in wanted}
    destinations.change_rate(session, name, **wanted)
    changed = Action(caller.actor, "destination.changed", "destination", name, before=was, after=wanted)
    record_action(session, changed)
    return _write_changed(session, row)


def _write_changed(session: Session, row: OutboxDestination) -> DestinationWire:
    session.flush()  # no id: the levels are counted after the change
    return _write(row, _count(session))


def _change_schedule(session: Session, caller: Caller, given_id: str, change: ScheduleChange) -> ScheduleWire:
    kind = _read(DeliveryKind, given_id)
    was = schedules.list_schedules(session).get(kind)
    schedules.change_schedule(session, kind, delays_s=change.delays_s, ttl_s=change.ttl_s)
    now = schedules.list_schedules(session)[kind]
    before, after = _note(was or now), _note(now)
    record_action(
        session,
        Action(caller.actor, "retry_schedule.changed", "retry_schedule", kind, before=before, after=after),
    )
    return _write_schedule(now)


def _note(schedule: schedules.Schedule) -> Facts:
    return {"delays_s": " ".join(map(str, schedule.delays_s)), "ttl_s": schedule.ttl_s}


def _read(words: type[_Word], given: str) -> _Word:
    try:
        return words(given)
    except ValueError as error:
        raise NotFoundError from error


def _count(session: Session) -> dict[tuple[str, str], int]:
    return {(level.destination, level.state): level.count for level in queries.list_levels(session)}


def _write(row: OutboxDestination, depths: dict[tuple[str, str], int]) -> DestinationWire:
    now = clock.now()
    gate = gates.refill(destinations.read_gate(row), now)
    return DestinationWire(
        name=Destination(row.name),
        rate_per_minute=row.rate_per_minute,
        burst=row.burst,
        in_flight_max=row.in_flight_max,
        tokens=gate.tokens // gates.TOKEN,
        breaker=gate.breaker,
        open_until=row.open_until,
        trips=row.trips,
        held_until=row.held_until,
        paused_at=row.paused_at,
        paused_by=row.paused_by,
        opens_at=gates.opens_at(gate, now),
        window_sent=row.window_sent,
        window_failed=row.window_failed,
        failures_in_row=row.failures_in_row,
        deliveries={state: count for (name, state), count in sorted(depths.items()) if name == row.name},
    )


def _write_schedule(schedule: schedules.Schedule) -> ScheduleWire:
    return ScheduleWire(
        kind=schedule.kind,
        delays_s=list(schedule.delays_s),
        ttl_s=schedule.ttl_s,
        when_uncertain=schedule.when_uncertain,
    )
