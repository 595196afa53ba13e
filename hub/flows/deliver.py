"""Deliver what is due to one destination: claim, send, record; the network between two transactions.

Each message is sent in a thread of its own, and places that come free are filled at once, so that a slow
answer holds up nobody. A worker that dies between send and record leaves deliveries `uncertain`: they are
looked up under our key, and never sent again blindly.
"""

import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

import structlog
from sqlalchemy.orm import Session

from hub.contracts.parties import Destination
from hub.contracts.ports import LookUp, Sender
from hub.db.transaction import transaction
from hub.flows.senders import sender_of
from hub.health.models import Health
from hub.health.signals import record_signal
from hub.outbox.claiming import CLAIM_MAX, ClaimedDelivery, claim
from hub.outbox.models import DeliveryState
from hub.outbox.recording import Sent, record
from hub.outbox.uncertain import Doubt, claim_doubts, record_look_up

SENDS_MAX = 500
"""Sends per nudge; then the delivery nudges itself, so that other destinations get their turn."""
GATHER_S = 0.01
"""What ends within so long after the first is recorded with it, in one commit."""
_TROUBLE = frozenset({"unreachable", "uncertain", "throttled"})
_COUNTED = {DeliveryState.DELIVERED: "done", DeliveryState.BURIED: "buried"}
log = structlog.get_logger()


def deliver(destination: Destination) -> dict[str, int]:
    """Send what is due; counts of claimed, done, postponed, buried, and `more` when there may be more."""
    sender = sender_of(destination)
    counts: Counter[str] = Counter(claimed=0, done=0, postponed=0, buried=0, more=0)
    with ThreadPoolExecutor(CLAIM_MAX, thread_name_prefix="send") as pool:
        _resolve_doubts(pool, sender, destination, counts)
        flying: set[Future[Sent]] = set()
        ended: set[Future[Sent]] = set()
        while True:
            sends = [future.result() for future in ended]
            limit = max(0, SENDS_MAX - counts["claimed"])
            claimed = _record_and_claim(sender, destination, sends, limit=limit, counts=counts)
            flying |= {pool.submit(_send, sender, one) for one in claimed}
            if not flying:
                return {**counts, "more": int(limit == 0)}
            first, flying = wait(flying, return_when=FIRST_COMPLETED)
            rest, flying = wait(flying, timeout=GATHER_S)
            ended = first | rest


def _send(sender: Sender[Any], delivery: ClaimedDelivery) -> Sent:
    begun_at_s = time.perf_counter()
    outcome = sender.send(delivery.message, key=delivery.public_id)
    return Sent(delivery, outcome, duration_ms=round((time.perf_counter() - begun_at_s) * 1000))


def _record_and_claim(
    sender: Sender[Any],
    destination: Destination,
    sends: Sequence[Sent],
    *,
    limit: int,
    counts: Counter[str],
) -> Sequence[ClaimedDelivery]:
    """Write what has ended and take what is next, in one commit."""
    with transaction() as session:
        states = record(session, destination, sends)
        if sends:
            _signal(session, destination, sends)
        claimed = (
            claim(session, destination=destination, lease_s=2 * sender.timeout_s, limit=min(limit, CLAIM_MAX))
            if limit
            else []
        )
    lost = len(sends) - len(states)
    if lost:
        log.warning("lease_lost", destination=destination.value, deliveries=lost)
    counts.update(claimed=len(claimed), postponed=lost)
    counts.update(_COUNTED.get(state, "postponed") for state in states.values())
    return claimed


def _signal(session: Session, destination: Destination, sends: Sequence[Sent]) -> None:
    trouble = next((sent.outcome for sent in sends if sent.outcome.state in _TROUBLE), None)
    record_signal(
        session,
        destination.value,
        Health.DEGRADED if trouble else Health.OK,
        trouble.reason if trouble else "",
    )


def _resolve_doubts(
    pool: ThreadPoolExecutor, sender: Sender[Any], destination: Destination, counts: Counter[str]
) -> None:
    """Ask what became of deliveries that may have been taken."""
    with transaction() as session:
        doubts = claim_doubts(session, destination=destination, lease_s=2 * sender.timeout_s)
    answers = pool.map(lambda doubt: _look_up(sender, doubt), doubts)
    for doubt, found in zip(doubts, answers, strict=True):
        with transaction() as session:
            state = record_look_up(session, doubt, found)
        counts.update(["claimed", _COUNTED.get(state, "postponed") if state else "postponed"])


def _look_up(sender: Sender[Any], doubt: Doubt) -> LookUp:
    """Ask about a message; one whose words cannot be read any more is left to a person."""
    return "unknown" if doubt.message is None else sender.look_up(doubt.message, key=doubt.public_id)
