"""Visits of 1C become cashback once, whatever is repeated, edited, cancelled or reordered."""

import itertools
import uuid
from collections.abc import Callable

import pytest

from hub.contracts.parties import Source
from hub.db.transaction import transaction
from hub.inbox import queries as inbox
from tests.factories.onec import SAMPLE_PATIENT, cancel_event, patient_event, refund_event, visit_event
from tests.flows.conftest import Road

At = Callable[[int], str]


def state(road: Road, event_id: str) -> str:
    with transaction() as session:
        event = inbox.find_latest(session, source=Source.ONEC, sender="umc_corp", given_id=event_id)
        assert event is not None
        return event.state


def test_a_visit_earns_five_percent_of_what_was_paid(road: Road) -> None:
    counts = road.tell(patient_event(), visit_event())
    assert counts == {"claimed": 2, "done": 2, "postponed": 0, "buried": 0, "more": 0}
    assert road.cashback() == 13_005


def test_insurance_earns_nothing(road: Road) -> None:
    road.tell(patient_event(), visit_event(payments=(("insurance", "1000.00"), ("card", "1601.00"))))
    # 1601.00 over 1700 : 901 by largest remainder = 1046.41 + 554.59; 52.32 + 27.72, each floored
    assert road.cashback() == 8_004


def test_the_same_visit_in_other_bytes_is_a_duplicate_and_counts_once(road: Road) -> None:
    ref = str(uuid.uuid4())
    again = visit_event(ref=ref)
    road.tell(patient_event(), visit_event(ref=ref))
    road.tell(again)
    assert state(road, again["event_id"]) == "duplicate"
    assert road.cashback() == 13_005


def test_an_edit_posts_the_difference_up_and_down(road: Road, ordered: At) -> None:
    ref = str(uuid.uuid4())
    road.tell(patient_event(), visit_event(ref=ref, amounts=("1000.00",)))
    road.tell(visit_event(ref=ref, amounts=("2000.00",), occurred_at=ordered(1)))
    assert road.cashback() == 10_000
    road.tell(visit_event(ref=ref, amounts=("500.00",), occurred_at=ordered(2)))
    assert road.cashback() == 2_500


def test_an_edit_that_kept_its_event_id_and_version_is_not_lost(road: Road) -> None:
    ref, event_id = str(uuid.uuid4()), str(uuid.uuid4())
    road.tell(patient_event(), visit_event(ref=ref, event_id=event_id, amounts=("1000.00",)))
    road.tell(visit_event(ref=ref, event_id=event_id, amounts=("3000.00",)))
    assert road.cashback() == 15_000


@pytest.mark.parametrize(
    "undo",
    [
        lambda ref, at: visit_event(ref=ref, posted=False, occurred_at=at),
        lambda ref, at: visit_event(ref=ref, deletion_mark=True, occurred_at=at),
        lambda ref, at: cancel_event(ref, occurred_at=at),
        lambda ref, at: refund_event(ref, occurred_at=at),
    ],
    ids=["unposted", "deletion-mark", "cancelled", "refunded"],
)
def test_an_undone_visit_earns_nothing(road: Road, undo: Callable[[str, str], dict], ordered: At) -> None:  # type: ignore[type-arg]
    ref = str(uuid.uuid4())
    road.tell(patient_event(), visit_event(ref=ref))
    counts = road.tell(undo(ref, ordered(1)))
    assert counts["done"] == 1
    assert road.cashback() == 0


def test_a_visit_posted_again_earns_again(road: Road, ordered: At) -> None:
    ref = str(uuid.uuid4())
    road.tell(
        patient_event(),
        visit_event(ref=ref),
        visit_event(ref=ref, posted=False, occurred_at=ordered(1)),
        visit_event(ref=ref, occurred_at=ordered(2)),
    )
    assert road.cashback() == 13_005


def test_an_undone_refund_gives_the_share_back(road: Road, ordered: At) -> None:
    ref, refund = str(uuid.uuid4()), str(uuid.uuid4())
    road.tell(patient_event(), visit_event(ref=ref), refund_event(ref, ref=refund, occurred_at=ordered(1)))
    assert road.cashback() == 0
    road.tell(refund_event(ref, ref=refund, posted=False, occurred_at=ordered(2)))
    assert road.cashback() == 13_005
    road.tell(refund_event(ref, ref=refund, occurred_at=ordered(3)))
    assert road.cashback() == 0


def test_a_refund_by_line_takes_its_share_only(road: Road, ordered: At) -> None:
    ref = str(uuid.uuid4())
    road.tell(
        patient_event(),
        visit_event(ref=ref),
        refund_event(ref, lines=((2, "450.50"),), occurred_at=ordered(1)),
    )
    assert road.cashback() == 8_500 + 2_252


def test_an_older_message_is_stale(road: Road) -> None:
    ref = str(uuid.uuid4())
    newer = visit_event(ref=ref, amounts=("2000.00",), message_no=8)
    older = visit_event(ref=ref, amounts=("1000.00",), message_no=7)
    road.tell(patient_event(), newer)
    road.tell(older)
    assert state(road, older["event_id"]) == "stale"
    assert road.cashback() == 10_000


def test_a_visit_of_an_unknown_patient_waits_for_the_card(road: Road) -> None:
    visit = visit_event()
    counts = road.tell(visit)
    assert counts["postponed"] == 1
    assert state(road, visit["event_id"]) == "parked"
    road.tell(patient_event())
    assert state(road, visit["event_id"]) == "processed"
    assert road.cashback() == 13_005


def test_a_refund_that_came_before_its_visit_waits_for_it(road: Road, ordered: At) -> None:
    ref = str(uuid.uuid4())
    refund = refund_event(ref, occurred_at=ordered(1))
    road.tell(patient_event(), refund)
    assert state(road, refund["event_id"]) == "parked"
    road.tell(visit_event(ref=ref))
    assert state(road, refund["event_id"]) == "processed"
    assert road.cashback() == 0


def test_a_visit_moved_to_another_patient_moves_its_cashback(road: Road, ordered: At) -> None:
    ref, other = str(uuid.uuid4()), str(uuid.uuid4())
    road.tell(patient_event(), patient_event(other, phone="+79000000777"), visit_event(ref=ref))
    road.tell(visit_event(ref=ref, patient=other, occurred_at=ordered(1)))
    assert (road.cashback(), road.cashback(other)) == (0, 13_005)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_every_order_of_a_documents_messages_ends_the_same(road: Road, order: tuple[int, ...]) -> None:
    ref = str(uuid.uuid4())
    messages = [
        visit_event(ref=ref, amounts=("1000.00",), message_no=1),
        visit_event(ref=ref, amounts=("4000.00",), message_no=2),
        cancel_event(ref, occurred_at="2026-05-02T10:00:00", message_no=3),
        visit_event(ref=ref, amounts=("3000.00",), message_no=4),
    ]
    road.tell(patient_event())
    for index in order:
        road.tell(messages[index])
    assert road.cashback() == 15_000


def test_an_unknown_kind_is_ignored_with_a_note(road: Road) -> None:
    event = patient_event()
    event["event_type"] = "doctor.hired"
    road.tell(event)
    assert state(road, event["event_id"]) == "ignored"


def test_one_invalid_event_is_buried_alone_with_a_pointer(road: Road) -> None:
    bad = visit_event()
    bad["visit"]["lines"][0]["amount"] = "много"
    counts = road.tell(patient_event(), *[visit_event(patient=SAMPLE_PATIENT) for _ in range(20)], bad)
    assert counts == {"claimed": 22, "done": 21, "postponed": 0, "buried": 1, "more": 0}
    with transaction() as session:
        event = inbox.find_latest(session, source=Source.ONEC, sender="umc_corp", given_id=bad["event_id"])
        assert event is not None
        assert "/visit/lines/0/amount" in (event.reason or "")
    assert road.cashback() == 20 * 13_005


def test_a_bill_edited_down_to_nothing_earns_nothing(road: Road, ordered: At) -> None:
    ref = str(uuid.uuid4())
    empty = visit_event(ref=ref, amounts=(), payments=(("card", "0.00"),), occurred_at=ordered(1))
    empty["visit"]["payments"] = []
    road.tell(patient_event(), visit_event(ref=ref), empty)
    assert state(road, empty["event_id"]) == "processed"
    assert road.cashback() == 0
