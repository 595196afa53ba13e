"""Events of 1C at the door: kept first, then acknowledged; and what became of them.

The intake endpoint is the hub's only asynchronous one. It touches neither database nor Redis on the
event loop: the caller comes from memory, and the row is written by the intake's own thread.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Annotated

from fastapi import Query, Request, Response
from starlette.concurrency import run_in_threadpool

from api.access import CallerHere, Door, infobase
from api.metrics import Metrics
from api.onec.shapes import EVENT_BODY, EventShape, ExchangeShape, ReceiptShape, ReceiptsShape
from api.onec.writing import Amount, Told, answer
from api.wire import GivenId
from hub.contracts.parties import Source
from hub.db.transaction import transaction
from hub.domain.staff.permissions import Permission
from hub.flows.onec_intake import Reading, read_arrivals, read_schema
from hub.inbox.intake import Intake
from hub.inbox.models import InboxEvent, InboxState
from hub.inbox.queries import find_latest
from hub.inbox.sequences import SequenceState, list_states
from hub.inbox.store import Receipt
from hub.kernel.errors import BusyError, NotFoundError
from hub.kernel.ids import find_uuid
from hub.kernel.logging import current_correlation

door = Door("/api/1c/v1", tag="1c")
_PUSH = infobase(Permission.PUSH_EVENTS, limit=None)
"""The queue of the intake is the limit: the door asks neither database nor Redis."""
_READ = infobase(Permission.READ_EXCHANGE)
_KEPT_WITHIN_S = 5
_PARSED_HERE_MAX_BYTES = 64 * 1024
"""Above it parsing takes milliseconds, which would be every other caller's milliseconds."""
_MESSAGES = {False: "Принято", True: "Принято ранее"}


@door.post(
    "/events",
    _PUSH,
    takes_json=False,
    status_code=202,
    responses={202: {"model": ReceiptShape | ReceiptsShape}},
    openapi_extra=EVENT_BODY,
)
async def receive_events(request: Request, caller: CallerHere) -> Response:
    """Keep one event, an array of up to 200, or an XML event, and acknowledge it."""
    reading = await _read(request, caller.infobase)
    receipts = await _keep(request, reading)
    if reading.refusal is not None:
        raise reading.refusal
    metrics: Metrics = request.app.state.metrics
    metrics.count_received(receipts)
    metrics.count_dropped(caller.infobase, medical=reading.medical_fields, unknown=reading.unknown_fields)
    items = [_write_receipt(receipt) for receipt in receipts]
    if not reading.is_array:
        return answer(items[0], code=str(items[0]["code"]), message=str(items[0]["message"]), status=202)
    return answer({"items": items}, code="accepted", message=_MESSAGES[False], status=202)


async def _read(request: Request, sender: str) -> Reading:
    body = await request.body()
    content_type = request.headers.get("content-type")
    correlation_id = current_correlation()
    if len(body) <= _PARSED_HERE_MAX_BYTES:
        return read_arrivals(body, content_type, infobase=sender, correlation_id=correlation_id)
    return await run_in_threadpool(
        read_arrivals, body, content_type, infobase=sender, correlation_id=correlation_id
    )


async def _keep(request: Request, reading: Reading) -> Sequence[Receipt]:
    """Wait for the commit. Raises: BusyError when it takes too long, or the intake is full."""
    if not reading.arrivals:
        return []
    intake: Intake = request.app.state.intake
    begun_at_s = time.perf_counter()
    try:
        async with asyncio.timeout(_KEPT_WITHIN_S):
            return await asyncio.wrap_future(intake.submit(reading.arrivals))
    except TimeoutError as error:
        raise BusyError(resource="intake") from error
    finally:
        request.app.state.metrics.observe_flush(time.perf_counter() - begun_at_s)


def _write_receipt(receipt: Receipt) -> dict[str, Told]:
    return {
        "result": True,
        "code": "duplicate" if receipt.is_duplicate else "accepted",
        "message": _MESSAGES[receipt.is_duplicate],
        "event_id": receipt.event_id,
        "receipt_id": str(receipt.public_id),
        "duplicate": receipt.is_duplicate,
        "received_no": receipt.received_no,
    }


@door.get("/events/{given_id}", _READ, responses={200: {"model": EventShape}})
def get_event(given_id: GivenId, caller: CallerHere) -> Response:
    """Tell what became of an event, by its own id (the newest row of it) or by our receipt id."""
    known = find_uuid(given_id)
    with transaction() as session:
        event = find_latest(
            session, source=Source.ONEC, sender=caller.infobase, given_id=str(known or given_id)
        )
    if event is None:
        raise NotFoundError
    return answer(_write_event(event))


@door.get("/exchange/state", _READ, responses={200: {"model": ExchangeShape}})
def get_exchange_state(caller: CallerHere, node: Annotated[str, Query(max_length=64)] = "") -> Response:
    """Tell the highest message number received without a gap, and the gaps above it, of each node.

    At the top stands the asked node's; not asked, the first one's: most bases have one.
    """
    with transaction() as session:
        states = list_states(session, Source.ONEC, caller.infobase)
    chosen = [state for state in states if not node or state.node == node]
    own = _write_state(chosen[0] if chosen else SequenceState(node, received_no=0, gaps=()))
    nodes: list[Told] = [{"node": state.node, **_write_state(state)} for state in states]
    return answer({**own, "nodes": nodes})


def _write_state(state: SequenceState) -> dict[str, Told]:
    gaps: list[Told] = [{"from": first, "to": last} for first, last in state.gaps]
    return {"received_no": state.received_no, "gaps": gaps}


@door.get(
    "/exchange.xsd", _READ, responses={200: {"content": {"application/xml": {"schema": {"type": "string"}}}}}
)
def get_schema() -> Response:
    """Give the XSD of the events, for 1C developers."""
    return Response(read_schema(), media_type="application/xml")


def _write_event(event: InboxEvent) -> dict[str, Told]:
    effects: list[Told] = [
        {"kind": effect["kind"], "asset": str(effect["asset"]).lower(), "amount": Amount(effect["amount"])}
        for effect in event.effects
    ]
    return {
        "event_id": event.event_id,
        "receipt_id": str(event.public_id),
        "state": write_state(event.state),
        "reason": ": ".join(part for part in (event.reason_code, event.reason) if part) or None,
        "effects": effects,
    }


def write_state(state: str) -> str:
    """Name a state as outsiders know it: whether a worker holds the event just now is ours alone."""
    return "received" if state in {InboxState.READY, InboxState.RUNNING} else state
