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


def deliver(destination: Destination) -> dict[str, int]:
    """Send what is due; counts of claimed, done, postponed, buried, and `more` when there may be more."""
    with transaction() as session:
        claimed = deliveries.claim(session, destination=destination)
    counts = Counter(claimed=len(claimed), done=0, postponed=0, buried=0)
    for delivery in claimed:
        outcome = send_sms(_sms_client(), delivery.message, key=delivery.public_id)
        with transaction() as session:
            state = deliveries.record(session, delivery, outcome)
            health = Health.DEGRADED if outcome.state in {"unreachable", "uncertain"} else Health.OK
            record_signal(session, destination.value, health, outcome.reason)
        counts[_COUNTED.get(state, "buried") if state else "postponed"] += 1
    return {**counts, "more": int(len(claimed) == deliveries.CLAIM_MAX)}


_COUNTED = {DeliveryState.DELIVERED: "done", DeliveryState.READY: "postponed"}


@cache
def _sms_client() -> httpx.Client:
    chosen = settings()
    return make_client(
        base_url=chosen.sms_url, timeout_s=TIMEOUT_S, token=chosen.sms_token.get_secret_value()
    )
