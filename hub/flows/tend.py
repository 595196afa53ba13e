"""Tending the road: take back what died, wake what was forgotten, say which queues have work.

The relay does this every second or so; beat and the broker may be dead meanwhile.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from hub.domain.notifications.telling import is_anything_due
from hub.health.models import Health
from hub.health.signals import record_signal
from hub.inbox import claims
from hub.outbox import claiming


@dataclass(frozen=True, slots=True)
class Tended:
    """What was found: due work per queue and destination, and what was taken back."""

    queues: dict[str, int]
    destinations: dict[str, int]
    leases_expired: int
    uncertain: int
    has_notices: bool


def tend(session: Session) -> Tended:
    """Sweep expired leases, look at long-parked events, count what is due. Safe to run doubled."""
    expired = claims.sweep_expired(session)
    claims.retry_parked(session)
    uncertain = claiming.sweep_expired(session)
    record_signal(session, "relay", Health.OK)
    return Tended(
        queues=claims.due_queues(session),
        destinations=claiming.due_destinations(session),
        leases_expired=len(expired),
        uncertain=uncertain,
        has_notices=is_anything_due(session),
    )
