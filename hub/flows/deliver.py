"""Deliver what is due to one destination: claim, send, record; the network between two transactions.

A worker that dies between send and record leaves the delivery `uncertain`: a text is never sent
again blindly.
"""

from collections import Counter
from functools import cache

import httpx

from hub.contracts.parties import Destination
from hub.db.transaction import transaction
from hub.health.models import Health
from hub.health.signals import record_signal
from hub.integrations.http import make_client
from hub.integrations.sms.sender import TIMEOUT_S, send_sms
from hub.kernel.settings import settings
from hub.outbox import deliveries
from hub.outbox.models import DeliveryState

SENDS_MAX = 20
"""Sends per nudge; then the delivery nudges itself, so that other destinations get their turn."""


def deliver(destination: Destination) -> dict[str, int]:
    """Send what is due; counts of claimed, done, postponed, buried, and `more` when there may be more.

    One is claimed at a time: the lease of a text must not run out while slower ones are sent before it.
    """
    counts = Counter(claimed=0, done=0, postponed=0, buried=0, more=0)
    for _ in range(SENDS_MAX):
        with transaction() as session:
            claimed = deliveries.claim(session, destination=destination, limit=1)
        if not claimed:
            return dict(counts)
        counts.update(claimed=1, **{_send(destination, claimed[0]): 1})
    return {**counts, "more": 1}


def _send(destination: Destination, delivery: deliveries.ClaimedDelivery) -> str:
    outcome = send_sms(_sms_client(), delivery.message, key=delivery.public_id)
    with transaction() as session:
        state = deliveries.record(session, delivery, outcome)
        health = Health.DEGRADED if outcome.state in {"unreachable", "uncertain"} else Health.OK
        record_signal(session, destination.value, health, outcome.reason)
    return _COUNTED.get(state, "buried") if state else "postponed"


_COUNTED = {DeliveryState.DELIVERED: "done", DeliveryState.READY: "postponed"}


@cache
def _sms_client() -> httpx.Client:
    chosen = settings()
    return make_client(
        base_url=chosen.sms_url, timeout_s=TIMEOUT_S, token=chosen.sms_token.get_secret_value()
    )
