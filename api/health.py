"""How the hub is: one page for people and monitors, one for a restart, one for a load balancer.

Only the database and the ledger can make the hub unfit (503); everything else degrades it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from fastapi import Request, Response
from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from api.access import PUBLIC, Door
from api.broker_check import find_broker_fault
from api.version import VERSION
from api.wire import Told
from hub.contracts.parties import Destination, Source
from hub.db.transaction import transaction
from hub.health.models import Health, HealthSignal
from hub.health.signals import is_fresh, list_signals
from hub.inbox.queries import find_last_received_at
from hub.kernel import clock
from hub.kernel.errors import BusyError
from hub.mapping import metadata
from hub.outbox.destinations import list_destinations, read_gate
from hub.outbox.gate import Breaker, Gate

door = Door("/api", tag="operations")
_WORKERS = ("core", "io", "slow")
_WORKERS_FRESH_S = 45
_SCHEDULER_FRESH_S = 60
_RELAY_FRESH_S = 45
_LEDGER_FRESH_S = 1_200
"""Four of the ledger check's periods."""
_UNFIT = 503
_Signals = Mapping[str, HealthSignal]


class CheckWire(Told):
    """How one part is; `since` when it has been so, where that is known."""

    status: Health
    detail: str
    since: datetime | None


class HealthWire(Told):
    """How the whole is."""

    status: Literal["ok", "degraded", "down"]
    version: str
    checks: dict[str, CheckWire]


@door.get("/health", PUBLIC, response_model=HealthWire, responses={_UNFIT: {"model": HealthWire}})
def get_health() -> Response:
    """Tell how every part is. 503 only when the database or the ledger fails."""
    checks = _check_all()
    is_unfit = Health.DOWN in {checks["database"].status, checks["ledger"].status}
    is_well = all(check.status in {Health.OK, Health.OFF} for check in checks.values())
    health = HealthWire(
        status="down" if is_unfit else "ok" if is_well else "degraded", version=VERSION, checks=checks
    )
    status = _UNFIT if is_unfit else 200
    return Response(health.model_dump_json(), status_code=status, media_type="application/json")


class AliveWire(Told):
    """The process answers."""

    status: Literal["ok"] = "ok"


@door.get("/livez", PUBLIC)
async def get_livez() -> AliveWire:
    """Tell that the process answers at all; asks nobody else."""
    return AliveWire()


@door.get("/readyz", PUBLIC)
def get_readyz(request: Request) -> AliveWire:
    """Tell whether requests may be sent here: database, schema, intake. Redis may be away."""
    if not request.app.state.intake.is_alive():
        raise BusyError(resource="intake")
    try:
        with transaction() as session:
            if not _is_migrated(session):
                raise BusyError(resource="schema")
    except SQLAlchemyError as error:
        raise BusyError(resource="database") from error
    return AliveWire()


def _is_migrated(session: Session) -> bool:
    """Tell whether every table that this code knows is there."""
    return set(metadata.tables) <= set(inspect(session.connection()).get_table_names())


def _check_all() -> dict[str, CheckWire]:
    try:
        with transaction() as session:
            signals: _Signals = list_signals(session)
            last_event_at = find_last_received_at(session, Source.ONEC)
            gates = {row.name: read_gate(row) for row in list_destinations(session)}
    except (BusyError, SQLAlchemyError):
        return _checks_without_database()
    now = clock.now()
    return {
        "database": _ok(),
        "broker": _check_broker(),
        "workers": _check_workers(signals, now),
        "scheduler": _check_scheduler(signals, now),
        "ledger": _check_ledger(signals.get("ledger"), now),
        "onec": _check_onec(signals.get("onec"), last_event_at),
        "bitrix24": _not_configured(),
        "mail": _check_destination(gates.get(Destination.EMAIL), signals.get(Destination.EMAIL), now),
        "sms": _check_destination(gates.get(Destination.SMS), signals.get(Destination.SMS), now),
    }


def _checks_without_database() -> dict[str, CheckWire]:
    unknown = CheckWire(status=Health.DEGRADED, detail="неизвестно: нет базы данных", since=None)
    down = CheckWire(status=Health.DOWN, detail="база данных недоступна", since=None)
    checks = dict.fromkeys(("workers", "scheduler", "ledger", "onec", "mail", "sms"), unknown)
    checks["bitrix24"] = _not_configured()
    return {"database": down, "broker": _check_broker(), **checks}


def _check_workers(signals: _Signals, now: datetime) -> CheckWire:
    own = {name: signals.get(f"workers:{name}") for name in _WORKERS}
    silent = [
        name for name, signal in own.items() if not is_fresh(signal, within_s=_WORKERS_FRESH_S, now=now)
    ]
    if silent:
        heard = [signal.seen_at for name in silent if (signal := own[name]) is not None]
        return CheckWire(
            status=Health.DEGRADED,
            detail=f"нет вестей: {', '.join(silent)}",
            since=min(heard) + timedelta(seconds=_WORKERS_FRESH_S) if heard else None,
        )
    return _ok(max(signal.since for signal in own.values() if signal is not None))


def _check_scheduler(signals: _Signals, now: datetime) -> CheckWire:
    """Beat starts what is due, the relay finds what no nudge found: both make the hub's clock."""
    beat, relay = signals.get("scheduler"), signals.get("relay")
    if not is_fresh(beat, within_s=_SCHEDULER_FRESH_S, now=now):
        return _silent("нет вестей: beat", beat)
    if not is_fresh(relay, within_s=_RELAY_FRESH_S, now=now):
        return _silent("нет вестей: relay", relay)
    return _repeat(beat)


def _check_ledger(signal: HealthSignal | None, now: datetime) -> CheckWire:
    is_late = signal is not None and not is_fresh(signal, within_s=_LEDGER_FRESH_S, now=now)
    if signal is not None and is_late and signal.status == Health.OK:
        return _silent("давно не проверялся", signal)
    return _repeat(signal, never="ещё не проверялся")


def _check_onec(signal: HealthSignal | None, last_event_at: datetime | None) -> CheckWire:
    """Until the hub itself calls 1C, what came from there is all that is known of it."""
    if signal is None and last_event_at is not None:
        return CheckWire(
            status=Health.OK, detail=f"последнее событие {clock.to_wire(last_event_at)}", since=None
        )
    return _repeat(signal)


def _check_destination(gate: Gate | None, signal: HealthSignal | None, now: datetime) -> CheckWire:
    """Whatever keeps messages back comes before how the last send went."""
    since = signal.since if signal is not None else None
    if gate is None:
        return _not_configured()
    if gate.is_paused:
        return CheckWire(status=Health.DEGRADED, detail="отправка приостановлена оператором", since=since)
    if gate.breaker is Breaker.OPEN and gate.open_until is not None:
        detail = f"не отвечает, отправка остановлена; проба {clock.to_wire(gate.open_until)}"
        return CheckWire(status=Health.DEGRADED, detail=detail, since=since)
    if gate.breaker is Breaker.HALF_OPEN:
        return CheckWire(status=Health.DEGRADED, detail="не отвечал, идёт пробная отправка", since=since)
    if gate.held_until is not None and gate.held_until > now:
        detail = f"просит подождать до {clock.to_wire(gate.held_until)}"
        return CheckWire(status=Health.DEGRADED, detail=detail, since=since)
    return _repeat(signal)


def _check_broker() -> CheckWire:
    fault = find_broker_fault()
    if fault is None:
        return _ok()
    # Webhooks are kept without it, and the relay catches up: degraded, not down.
    return CheckWire(status=Health.DEGRADED, detail=f"не отвечает: {fault}", since=None)


def _repeat(signal: HealthSignal | None, *, never: str = "вестей ещё не было") -> CheckWire:
    if signal is None:
        return CheckWire(status=Health.OFF, detail=never, since=None)
    return CheckWire(status=Health(signal.status), detail=signal.detail, since=signal.since)


def _silent(detail: str, signal: HealthSignal | None) -> CheckWire:
    return CheckWire(status=Health.DEGRADED, detail=detail, since=signal.seen_at if signal else None)


def _ok(since: datetime | None = None) -> CheckWire:
    return CheckWire(status=Health.OK, detail="", since=since)


def _not_configured() -> CheckWire:
    return CheckWire(status=Health.OFF, detail="не настроено", since=None)
