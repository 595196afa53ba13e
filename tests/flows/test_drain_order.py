"""Every event once and in its document's order, whoever drains, crashes or comes too early."""

import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy.orm import Session

from hub.contracts.facts import VisitSnapshot
from hub.db.transaction import transaction
from hub.domain.ledger.checks import find_violations
from hub.flows.drain import drain
from hub.flows.ending import Ending
from hub.flows.handling import handle
from hub.flows.visit_snapshot import record_visits
from hub.inbox.claims import claim_batch, settle
from tests.conftest import Servers
from tests.factories.onec import patient_event, refund_event, visit_event
from tests.flows.conftest import Road
from tests.flows.visits import (
    CASHBACK,
    POISON,
    TellBy,
    poisonous,
    row_of,
    send_with_patient,
    states,
    visit,
)
from tests.inbox.arrivals import expire_leases, rows, run_in_threads

pytestmark = pytest.mark.usefixtures("patience")


def test_followers_of_a_postponed_event_wait_with_their_attempts_unburnt(
    road: Road, clean: Servers, told_by: TellBy
) -> None:
    events = [visit_event(ref=POISON, amounts=("1000.00",), message_no=number) for number in (1, 2, 3)]
    send_with_patient(road, *events, visit())
    told_by(poisonous)
    assert road.drain() == {"claimed": 4, "done": 1, "postponed": 3, "buried": 0, "more": 0}
    assert [row_of(clean, event)["attempts"] for event in events] == [1, 0, 0]
    assert road.drain()["claimed"] == 0


def test_crashed_events_are_told_alone_and_all_in_one_drain(
    road: Road, clean: Servers, told_by: TellBy
) -> None:
    """A worker killed with a full batch in its hands must not cost a second per event."""
    told: list[int] = []

    def count(session: Session, snapshots: Sequence[VisitSnapshot]) -> list[Ending]:
        told.append(len(snapshots))
        return record_visits(session, snapshots)

    send_with_patient(road, *[visit() for _ in range(30)])
    with transaction() as session:
        assert len(claim_batch(session, queue="core", worker="killed").events) == 30
    expire_leases(clean)
    rows(
        clean,
        "UPDATE inbox_event SET state = 'ready', crashes = 1, claim_id = NULL, leased_until = NULL"
        " WHERE state = 'running'",
    )
    told_by(count)
    counts = road.drain()
    assert (counts["done"], counts["more"]) == (30, 1)  # followers may have become due
    assert told == [1] * 30
    assert road.cashback() == 30 * CASHBACK


def test_two_drains_at_once_tell_every_event_once(road: Road, clean: Servers) -> None:
    road.tell(patient_event())
    refs = [str(uuid.uuid4()) for _ in range(100)]
    road.send(
        *[visit_event(ref=ref, amounts=("1000.00",), message_no=no) for no in (1, 2, 3) for ref in refs]
    )
    results = run_in_threads(*[road.drain] * 2)
    while road.drain()["claimed"]:
        continue
    assert all(isinstance(result, dict) for result in results)
    assert {row["attempts"] for row in rows(clean)} == {1}
    assert states(clean)["processed"] + states(clean)["duplicate"] == 301
    assert road.cashback() == 100 * CASHBACK
    with transaction() as session:
        assert find_violations(session) == []


def test_a_drain_stops_after_its_share_and_says_that_there_is_more(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.flows.drain.BATCHES_MAX", 2)
    monkeypatch.setattr("hub.inbox.claims.claim_batch.__kwdefaults__", {"limit": 2}, raising=False)
    send_with_patient(road, *[visit() for _ in range(5)])
    assert road.drain() == {"claimed": 4, "done": 4, "postponed": 0, "buried": 0, "more": 1}
    assert road.drain() == {"claimed": 1, "done": 1, "postponed": 0, "buried": 0, "more": 0}


def test_another_queue_is_left_alone(road: Road) -> None:
    send_with_patient(road, visit())
    assert drain("slow")["claimed"] == 0


def test_a_refund_and_its_visit_in_one_batch_find_each_other(road: Road, clean: Servers) -> None:
    """The refund waits for a visit that is told after it in the same commit."""
    ref = str(uuid.uuid4())
    road.send(patient_event(), refund_event(ref), visit(ref))
    road.drain()
    assert states(clean) == {"processed": 3}
    assert road.cashback() == 0


def test_several_refunds_before_their_visit_in_one_batch_find_it(road: Road, clean: Servers) -> None:
    ref, other = str(uuid.uuid4()), str(uuid.uuid4())
    by_line = refund_event(ref, lines=((1, "400.00"),), occurred_at="2026-05-03T12:00:00")
    again = refund_event(ref, lines=((1, "100.00"),), occurred_at="2026-05-03T13:00:00")
    road.send(patient_event(), by_line, again, refund_event(other), visit(ref), visit(other))
    road.drain()
    assert states(clean) == {"processed": 6}
    assert road.cashback() == CASHBACK // 2


def test_a_refund_that_names_another_visit_does_not_fail_its_batch(
    road: Road, clean: Servers, log: list[Any]
) -> None:
    ref, other, refund = (str(uuid.uuid4()) for _ in range(3))
    send_with_patient(road, visit(ref), visit(other))
    road.drain()
    moved = [
        refund_event(to, ref=refund, occurred_at=at)
        for to, at in ((ref, "2026-05-03"), (other, "2026-05-04"))
    ]
    road.send(*moved)
    road.drain()
    assert states(clean) == {"processed": 5}
    assert [line for line in log if line["log_level"] == "error"] == []


@pytest.mark.parametrize("turn", range(12))
def test_no_visit_falls_asleep_in_the_moment_its_patient_arrives(
    road: Road, clean: Servers, turn: int
) -> None:
    """Whoever commits first: the visit sees the card, or the card wakes the visit."""
    refs = [str(uuid.uuid4()) for _ in range(4)]
    for ref in refs:
        road.send(visit_event(patient=ref, amounts=("1000.00",)))
    visits = hold()
    for number, ref in enumerate(refs if turn % 2 else refs[::-1]):
        road.send(patient_event(ref, phone=f"+7900000{turn:02d}{number:02d}"))
    cards = hold()

    def work(claim_id: uuid.UUID, events: Any) -> None:
        with transaction() as session:
            settle(session, claim_id, handle(session, events))

    works = [lambda: work(*visits), lambda: work(*cards)]
    assert run_in_threads(*(works if turn % 3 else works[::-1])) == [None, None]
    assert "parked" not in states(clean)
    road.drain()
    assert states(clean) == {"processed": 8}
    assert [road.cashback(ref) for ref in refs] == [CASHBACK] * 4


def hold() -> tuple[uuid.UUID, Any]:
    with transaction() as session:
        claim = claim_batch(session, queue="core", worker="w")
    return claim.id, claim.events
