"""Retry schedules: rows, so that operators may change them; read anew by every claim and record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hub.contracts.parties import DeliveryKind
from hub.kernel.errors import NotFoundError
from hub.outbox.models import RetrySchedule, WhenUncertain


@dataclass(frozen=True, slots=True)
class Schedule:
    """How one kind is tried again."""

    kind: DeliveryKind
    delays_s: tuple[int, ...]
    ttl_s: int
    when_uncertain: WhenUncertain


def list_schedules(session: Session) -> Mapping[DeliveryKind, Schedule]:
    """Give all schedules; there are as many as kinds."""
    return {
        DeliveryKind(row.kind): Schedule(
            DeliveryKind(row.kind), tuple(row.delays_s), row.ttl_s, WhenUncertain(row.when_uncertain)
        )
        for row in session.scalars(select(RetrySchedule).order_by(RetrySchedule.kind))
    }


def change_schedule(session: Session, kind: DeliveryKind, *, delays_s: Sequence[int], ttl_s: int) -> None:
    """Set the waits and the life of a kind; what is queued already follows at its next attempt.

    Raises: NotFoundError when the kind has no row.
    """
    changed = session.execute(
        update(RetrySchedule)
        .where(RetrySchedule.kind == kind.value)
        .values(delays_s=list(delays_s), ttl_s=ttl_s)
        .returning(RetrySchedule.kind)
    ).all()
    if not changed:
        raise NotFoundError
