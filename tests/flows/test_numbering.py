"""A base that was restored from a backup counts its messages again: its edits wait for a person's word."""

import uuid
from typing import Any

from hub.contracts.parties import Source
from hub.db.transaction import transaction
from hub.domain.clinics.adding import restart_numbering
from hub.inbox.replay import replay_event
from hub.inbox.sequences import SequenceState, forget, list_states
from tests.conftest import Servers
from tests.factories.onec import patient_event, visit_event
from tests.flows.conftest import INFOBASE, Road
from tests.flows.visits import row_of


def begin_anew() -> None:
    with transaction() as session:
        restart_numbering(session, code=INFOBASE)
        forget(session, Source.ONEC, INFOBASE)


def test_numbers_that_went_back_are_stale_until_a_person_says_that_they_begin_anew(
    road: Road, clean: Servers
) -> None:
    ref = str(uuid.uuid4())

    def visit(amount: str, *, no: int, day: int) -> dict[str, Any]:
        at = f"2026-05-{day:02d}T10:00:00"
        return visit_event(ref=ref, amounts=(amount,), message_no=no, occurred_at=at)

    road.tell(patient_event(), visit("1000.00", no=8_517, day=2))
    edit = visit("2000.00", no=12, day=3)
    road.tell(edit)
    assert (row_of(clean, edit)["state"], road.cashback()) == ("stale", 5_000)
    begin_anew()
    with transaction() as session:
        replay_event(session, str(row_of(clean, edit)["public_id"]))
    road.drain()
    assert (row_of(clean, edit)["state"], road.cashback()) == ("processed", 10_000)
    road.tell(visit("3000.00", no=13, day=4))
    assert road.cashback() == 15_000


def test_what_was_received_is_counted_from_the_next_number_on(road: Road) -> None:
    road.send(visit_event(message_no=8_517))
    begin_anew()
    [receipt] = road.send(visit_event(message_no=12))
    assert receipt.received_no == 12
    with transaction() as session:
        assert list_states(session, Source.ONEC, INFOBASE) == [SequenceState("UMC01", 12, ())]


def test_nodes_of_a_base_are_counted_apart(road: Road) -> None:
    there = visit_event(message_no=12)
    there["source"]["node"] = "UMC02"
    receipts = road.send(visit_event(message_no=8_517), there, visit_event(message_no=8_519))
    assert [receipt.received_no for receipt in receipts] == [8_517, 12, 8_517]
    with transaction() as session:
        assert list_states(session, Source.ONEC, INFOBASE) == [
            SequenceState("UMC01", 8_517, ((8_518, 8_518),)),
            SequenceState("UMC02", 12, ()),
        ]
