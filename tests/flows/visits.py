"""Visits to drain, a poisonous one among them, and what became of their rows."""

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from hub.contracts.facts import VisitSnapshot
from hub.flows.ending import Ending
from hub.flows.visit_snapshot import record_visits
from tests.conftest import Servers
from tests.factories.onec import patient_event, visit_event
from tests.flows.conftest import Road
from tests.inbox.arrivals import rows

Story = Callable[[Session, Sequence[VisitSnapshot]], list[Ending]]
TellBy = Callable[[Story], None]
POISON = "99999999-0000-4000-8000-000000000001"
CASHBACK = 5_000


class PoisonError(Exception):
    """What a bug raises: its text may hold anything."""


def poisonous(session: Session, snapshots: Sequence[VisitSnapshot]) -> list[Ending]:
    endings = record_visits(session, snapshots)
    if has_poison(snapshots):
        raise PoisonError("Иванова +79000000001")
    return endings


def has_poison(snapshots: Sequence[VisitSnapshot]) -> bool:
    return any(str(snapshot.stamp.ref) == POISON for snapshot in snapshots)


def visit(ref: str = "") -> dict[str, Any]:
    """A visit that earns 50.00."""
    return visit_event(ref=ref or str(uuid.uuid4()), amounts=("1000.00",))


def states(servers: Servers) -> Counter[str]:
    return Counter(row["state"] for row in rows(servers))


def row_of(servers: Servers, event: dict[str, Any]) -> dict[str, Any]:
    [row] = [row for row in rows(servers) if row["event_id"] == event["event_id"]]
    return row


def send_with_patient(road: Road, *events: dict[str, Any]) -> None:
    road.tell(patient_event())
    road.send(*events)
