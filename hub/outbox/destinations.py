"""Destinations as rows: their gates, locked while sends are started or recorded; an operator's hand."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.contracts.parties import Destination
from hub.kernel import clock
from hub.kernel.errors import NotFoundError
from hub.outbox import gate as gates
from hub.outbox.gate import Breaker, Gate
from hub.outbox.models import OutboxDestination


def list_destinations(session: Session) -> Sequence[OutboxDestination]:
    """Give all destinations by name; there are few."""
    return session.scalars(select(OutboxDestination).order_by(OutboxDestination.name)).all()


def get_destination(session: Session, destination: Destination) -> OutboxDestination:
    """Get one destination. Raises: NotFoundError when it has no row."""
    row = session.get(OutboxDestination, destination.value)
    if row is None:
        raise NotFoundError
    return row


def lock_destination(session: Session, destination: Destination) -> OutboxDestination:
    """Lock the destination's row. Raises: NotFoundError when it has none."""
    row = session.scalar(
        select(OutboxDestination)
        .where(OutboxDestination.name == destination.value)
        # FOR NO KEY UPDATE: whoever queues a message share-locks this row's key until his commit.
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFoundError
    return row


def read_gate(row: OutboxDestination) -> Gate:
    """Give the row's gate."""
    return Gate(
        rate_per_minute=row.rate_per_minute,
        burst=row.burst,
        in_flight_max=row.in_flight_max,
        tokens=row.tokens,
        tokens_at=row.tokens_at,
        window_started_at=row.window_started_at,
        is_paused=row.paused_at is not None,
        held_until=row.held_until,
        breaker=Breaker(row.breaker),
        open_until=row.open_until,
        trips=row.trips,
        window_sent=row.window_sent,
        window_failed=row.window_failed,
        failures_in_row=row.failures_in_row,
    )


def write_gate(row: OutboxDestination, gate: Gate) -> None:
    """Put what rules may change back into the locked row."""
    row.tokens = gate.tokens
    row.tokens_at = gate.tokens_at
    row.window_started_at = gate.window_started_at
    row.held_until = gate.held_until
    row.breaker = gate.breaker.value
    row.open_until = gate.open_until
    row.trips = gate.trips
    row.window_sent = gate.window_sent
    row.window_failed = gate.window_failed
    row.failures_in_row = gate.failures_in_row


def pause(session: Session, destination: Destination, *, by: str) -> OutboxDestination:
    """Start no more sends; what is in flight ends. Paused again keeps the first pause."""
    row = lock_destination(session, destination)
    if row.paused_at is None:
        row.paused_at, row.paused_by = clock.now(), by
    return row


def resume(session: Session, destination: Destination) -> OutboxDestination:
    """Let sends start again, at once: a circuit that is open or a silence that was asked for ends too."""
    row = lock_destination(session, destination)
    row.paused_at = row.paused_by = None
    write_gate(row, gates.release(read_gate(row), clock.now()))
    return row


def change_rate(
    session: Session,
    destination: Destination,
    *,
    rate_per_minute: int | None = None,
    burst: int | None = None,
    in_flight_max: int | None = None,
) -> OutboxDestination:
    """Set how fast and how many at once; None leaves as it is.

    A bucket above the new burst is poured out at the next refill.
    """
    row = lock_destination(session, destination)
    write_gate(row, gates.refill(read_gate(row), clock.now()))
    row.rate_per_minute = rate_per_minute or row.rate_per_minute
    row.burst = burst or row.burst
    row.in_flight_max = in_flight_max or row.in_flight_max
    return row
