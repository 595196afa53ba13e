"""Deliver what is due to one destination: claim, send, record; the network between two transactions.

A claim is sent at once, each message in a thread of its own, so that a slow answer holds up nobody. A
worker that dies between send and record leaves deliveries `uncertain`: they are looked up under our
key, and never sent again blindly.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

import structlog

from hub.contracts.parties import Destination
from hub.contracts.ports import Sender
from hub.db.transaction import transaction
from hub.flows.senders import sender_of
from hub.health.models import Health
from hub.health.signals import record_signal
from hub.outbox.claiming import Claim, ClaimedDelivery, claim
from hub.outbox.models import DeliveryState
from hub.outbox.recording import Sent, record
from hub.outbox.uncertain import claim_doubts, record_look_up

ROUNDS_MAX = 20
"""Claims per nudge; then the delivery nudges itself, so that other destinations get their turn."""
_TROUBLE = frozenset({"unreachable", "uncertain", "throttled"})
_COUNTED = {DeliveryState.DELIVERED: "done", DeliveryState.BURIED: "buried"}
log = structlog.get_logger()


def deliver(destination: Destination) -> dict[str, int]:
    """Send what is due; counts of claimed, done, postponed, buried, and `more` when there may be more."""
    sender = sender_of(destination)
    counts: Counter[str] = Counter(claimed=0, done=0, postponed=0, buried=0, more=0)
    counts.update(_resolve_doubts(sender, destination))
    for _ in range(ROUNDS_MAX):
        with transaction() as session:
            claimed = claim(session, destination=destination, lease_s=2 * sender.timeout_s)
        if not claimed.deliveries:
            return dict(counts)
        counts.update(claimed=len(claimed.deliveries))
        for sends in _send_all(sender, claimed.deliveries):
            counts.update(_record(claimed, sends))
    return {**counts, "more": 1}


def _send_all(sender: Sender[Any], deliveries: Sequence[ClaimedDelivery]) -> Iterator[list[Sent]]:
    """Send together; give what has ended, as it ends."""
    with ThreadPoolExecutor(len(deliveries), thread_name_prefix="send") as pool:
        open_sends: set[Future[Sent]] = {pool.submit(_send, sender, one) for one in deliveries}
        while open_sends:
            ended, open_sends = wait(open_sends, return_when=FIRST_COMPLETED)
            yield [future.result() for future in ended]


def _send(sender: Sender[Any], delivery: ClaimedDelivery) -> Sent:
    begun_at_s = time.perf_counter()
    outcome = sender.send(delivery.message, key=delivery.public_id)
    return Sent(delivery, outcome, duration_ms=round((time.perf_counter() - begun_at_s) * 1000))


def _record(claimed: Claim, sends: Sequence[Sent]) -> Counter[str]:
    with transaction() as session:
        states = record(session, claimed, sends)
        trouble = next((sent.outcome for sent in sends if sent.outcome.state in _TROUBLE), None)
        record_signal(
            session,
            claimed.destination.value,
            Health.DEGRADED if trouble else Health.OK,
            trouble.reason if trouble else "",
        )
    lost = len(sends) - len(states)
    if lost:
        log.warning("lease_lost", claim_id=str(claimed.id), deliveries=lost)
    return Counter(_COUNTED.get(state, "postponed") for state in states.values()) + Counter(postponed=lost)


def _resolve_doubts(sender: Sender[Any], destination: Destination) -> Counter[str]:
    """Ask what became of deliveries that may have been taken."""
    with transaction() as session:
        doubts = claim_doubts(session, destination=destination, lease_s=2 * sender.timeout_s)
    counts: Counter[str] = Counter()
    for doubt in doubts:
        found = sender.look_up(doubt.public_id)
        with transaction() as session:
            state = record_look_up(session, doubt, found)
        counts.update({"claimed": 1, _COUNTED.get(state, "postponed"): 1})
    return counts
