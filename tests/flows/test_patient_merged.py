"""Two cards turn out to be one person: visits, purse and look-ups follow, once, whatever comes when."""

import itertools
import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy.orm import Session

from hub.contracts.facts import VisitSnapshot
from hub.db.transaction import transaction
from hub.domain.ledger.checks import find_violations
from hub.domain.ledger.errors import PurseMovedError
from hub.domain.ledger.queries import list_postings
from hub.domain.patients.queries import find_by_phone, get_patient
from hub.flows.balance import read_balance
from hub.flows.ending import Ending
from hub.flows.handling import handle
from hub.flows.visit_snapshot import record_visits
from hub.inbox.claims import claim_batch, settle
from tests.conftest import Servers
from tests.factories.onec import cancel_event, patient_event, refund_event, visit_event
from tests.flows.conftest import Road
from tests.flows.visits import CASHBACK, TellBy, row_of
from tests.inbox.arrivals import rows, run_in_threads

A, B, C = (f"0000000{number}-0000-4000-8000-00000000000{number}" for number in (1, 2, 3))
PHONES = {A: "+79000000001", B: "+79000000002", C: "+79000000003"}
_minutes = itertools.count(1)


def card(ref: str, *, into: str | None = None, phone: str | None = None, minute: int | None = None) -> Any:
    """A card; each one later than the last, unless its minute is given."""
    minute = next(_minutes) if minute is None else minute
    event = patient_event(
        ref,
        phone=PHONES[ref] if phone is None else phone,
        occurred_at=f"2026-05-01T{minute // 60:02d}:{minute % 60:02d}:00",
    )
    event["patient"]["merged_into_ref"] = into
    event["object"]["deletion_mark"] = into is not None
    return event


def visit(patient: str, ref: str = "", amount: str = "1000.00", **fields: Any) -> dict[str, Any]:
    """A visit that earns 50.00."""
    return visit_event(ref=ref or str(uuid.uuid4()), patient=patient, amounts=(amount,), **fields)


def actions(clean: Servers, action: str) -> list[dict[str, Any]]:
    return rows(clean, "SELECT * FROM audit_record WHERE action = %s", action)


def test_the_purse_of_the_card_that_goes_is_that_of_the_card_that_stays(road: Road, clean: Servers) -> None:
    merge = card(A, into=B)
    road.tell(card(A), card(B), visit(A), visit(A), visit(B))
    absorbed = road.patient_id(A)
    assert road.tell(merge)["done"] == 1
    assert road.patient_id(A) == road.patient_id(B) != absorbed
    assert road.cashback(A) == road.cashback(B) == 3 * CASHBACK
    assert row_of(clean, merge)["effects"] == [
        {"kind": "transfer", "asset": "CASHBACK", "amount": CASHBACK} for _ in range(2)
    ]
    assert [row["object_id"] for row in actions(clean, "patient.merged")] == [str(road.patient_id(B))]


def test_who_asks_for_the_absorbed_patient_is_told_of_the_survivor(road: Road) -> None:
    road.tell(card(A), card(B), visit(A))
    absorbed = road.patient_id(A)
    road.tell(card(A, into=B))
    with transaction() as session:
        sheet = read_balance(session, absorbed)
    assert sheet.profile.patient_id == road.patient_id(B)
    assert sheet.assets[1].available == CASHBACK


def test_the_history_says_why_and_for_which_visit(road: Road) -> None:
    road.tell(card(A), card(B), visit(A))
    road.tell(card(A, into=B))
    survivor = road.patient_id(B)
    with transaction() as session:
        page = list_postings(
            session, survivor, asset=None, kind=None, from_at=None, to_at=None, cursor=None, limit=9
        )
    [line] = page.items
    assert (line.kind, line.reason, line.document_type) == ("transfer", "patients-merged", "visit")
    assert (line.document_number, line.rule_code) == ("00ЦК-000123", "cashback-by-tier:BASE")


def test_a_later_visit_of_the_card_that_went_is_the_survivors(road: Road) -> None:
    road.tell(card(A), card(B), card(A, into=B))
    road.tell(visit(A))
    assert road.cashback(B) == CASHBACK


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (lambda ref: visit(A, ref, "400.00", occurred_at="2026-05-03T12:00:00"), 2_000),
        (lambda ref: visit(B, ref, "400.00", occurred_at="2026-05-03T12:00:00"), 2_000),
        (lambda ref: visit(A, ref, "3000.00", occurred_at="2026-05-03T12:00:00"), 15_000),
        (lambda ref: cancel_event(ref, occurred_at="2026-05-03T12:00:00"), 0),
        (lambda ref: refund_event(ref, lines=((1, "500.00"),)), 2_500),
    ],
    ids=["edited", "edited under the new card", "grown", "cancelled", "refunded"],
)
def test_a_change_of_an_absorbed_visit_meets_the_survivor(road: Road, change: Any, left: int) -> None:
    ref = str(uuid.uuid4())
    road.tell(card(A), card(B), visit(A, ref))
    road.tell(card(A, into=B))
    assert road.tell(change(ref)) == {"claimed": 1, "done": 1, "postponed": 0, "buried": 0, "more": 0}
    assert road.cashback(B) == left


def test_merges_follow_each_other_across_batches_and_within_one(road: Road, clean: Servers) -> None:
    road.tell(card(A), card(B), card(C), visit(A), visit(B))
    road.tell(card(A, into=B))
    road.tell(card(B, into=C), visit(A))
    assert road.cashback(C) == 3 * CASHBACK
    assert road.patient_id(A) == road.patient_id(B) == road.patient_id(C)


def test_a_chain_in_one_batch_with_visits_between(road: Road, clean: Servers) -> None:
    road.tell(
        card(A), card(B), card(C), visit(A), visit(B), card(A, into=B), visit(A), card(B, into=C), visit(B)
    )
    assert road.cashback(C) == 4 * CASHBACK
    assert {row["state"] for row in rows(clean)} == {"processed"}


def test_a_merge_of_two_unknown_cards_waits_for_the_one_that_stays(road: Road, clean: Servers) -> None:
    merge, early = card(A, into=B), visit(A)
    assert road.tell(early, merge)["postponed"] == 2
    assert row_of(clean, merge)["reason_code"] == "merge-target-unknown"
    road.tell(card(B))
    assert {row["state"] for row in rows(clean)} == {"processed"}
    assert road.cashback(A) == CASHBACK


def test_a_repeated_merge_moves_nothing(road: Road, clean: Servers) -> None:
    again = card(A, into=B)
    road.tell(card(A), card(B), visit(A))
    road.tell(card(A, into=B))
    before = len(rows(clean, "SELECT * FROM ledger_entry"))
    road.tell(again)
    assert row_of(clean, again)["state"] == "duplicate"
    assert len(rows(clean, "SELECT * FROM ledger_entry")) == before


@pytest.mark.parametrize(
    ("told", "refused", "code"),
    [
        ((), (A, A), "merge-into-itself"),
        (((A, B),), (B, A), "merge-cycle"),
        (((A, B), (B, C)), (C, A), "merge-cycle"),
        (((A, B),), (A, C), "merge-contradicted"),
    ],
    ids=["itself", "back", "ring", "second person"],
)
def test_a_merge_that_cannot_be_is_left_to_a_person(
    road: Road, clean: Servers, told: tuple[tuple[str, str], ...], refused: tuple[str, str], code: str
) -> None:
    road.tell(card(A), card(B), card(C), visit(A), visit(B), visit(C))
    for loser, survivor in told:
        road.tell(card(loser, into=survivor))
    before = [road.cashback(ref) for ref in (A, B, C)]
    bad = card(refused[0], into=refused[1])
    assert road.tell(bad)["buried"] == 1
    assert row_of(clean, bad)["reason_code"] == code
    assert [road.cashback(ref) for ref in (A, B, C)] == before
    assert [row["details"]["reason"] for row in actions(clean, "patient.merge-refused")] == [code]


def test_a_card_that_is_silent_about_its_merge_gets_nothing_back_and_leaves_a_note(
    road: Road, clean: Servers
) -> None:
    road.tell(card(A), card(B), visit(A))
    road.tell(card(A, into=B))
    silent = card(A)
    road.tell(silent, visit(A))
    assert (row_of(clean, silent)["state"], row_of(clean, silent)["reason_code"]) == (
        "processed",
        "merge-kept",
    )
    assert road.cashback(B) == 2 * CASHBACK
    assert [row["details"]["ref"] for row in actions(clean, "patient.merge-kept")] == [A]


def test_a_merge_counts_though_a_newer_card_came_before_it(road: Road) -> None:
    """A card that knows nothing of its merge must not turn a late word about it into a stale one."""
    road.tell(card(A, minute=500), card(B, minute=500), visit(A))
    road.tell(card(A, into=B, minute=400))
    assert road.patient_id(A) == road.patient_id(B)
    assert road.cashback(B) == CASHBACK


def test_the_old_phone_opens_nothing_and_the_survivors_opens_the_survivor(road: Road) -> None:
    road.tell(card(A), card(B))
    absorbed = road.patient_id(A)
    road.tell(card(A, into=B))
    survivor = road.patient_id(B)
    with transaction() as session:
        assert find_by_phone(session, PHONES[A]) == []
        assert [one.patient_id for one in find_by_phone(session, PHONES[B])] == [survivor]
        assert get_patient(session, absorbed).personal.phone == PHONES[A]


def test_a_survivor_without_a_phone_learns_that_of_the_card_that_went(road: Road) -> None:
    road.tell(card(A), card(B, phone=""))
    road.tell(card(A, into=B))
    survivor = road.patient_id(B)
    with transaction() as session:
        assert [one.patient_id for one in find_by_phone(session, PHONES[A])] == [survivor]


def test_a_batch_whose_purse_moved_meanwhile_is_told_again_at_once(
    road: Road, clean: Servers, told_by: TellBy, log: list[Any]
) -> None:
    told: list[int] = []

    def moved_once(session: Session, snapshots: Sequence[VisitSnapshot]) -> list[Ending]:
        told.append(len(snapshots))
        if len(told) == 1:
            raise PurseMovedError
        return record_visits(session, snapshots)

    late = visit(A)
    road.tell(card(A))
    told_by(moved_once)
    assert road.tell(late, visit(A))["done"] == 2
    assert (told, row_of(clean, late)["attempts"]) == ([2, 2], 1)
    assert "batch_failed" not in {line["event"] for line in log}


@pytest.mark.parametrize("turn", range(6))
def test_a_merge_and_visits_of_the_absorbed_at_the_same_moment(road: Road, clean: Servers, turn: int) -> None:
    """Whoever commits first: the visit's cashback moves with the purse, or meets the survivor."""
    old = [str(uuid.uuid4()) for _ in range(4)]
    road.tell(card(A), card(B), *(visit(A, ref) for ref in old))
    road.send(*(visit(A) for _ in range(4)), *(visit(A, ref, "400.00", message_no=2) for ref in old))
    visits = hold()
    road.send(card(A, into=B))
    merge = hold()

    def work(claim_id: uuid.UUID, events: Any) -> None:
        with transaction() as session:
            settle(session, claim_id, handle(session, events))

    works = [lambda: work(*visits), lambda: work(*merge)]
    results = run_in_threads(*(works if turn % 2 else works[::-1]))
    # A purse that moved between look and lock sends the batch back: its drain tells it again at once.
    if results != [None, None]:
        assert [type(result).__name__ for result in results if result] == ["PurseMovedError"]
        rows(clean, "UPDATE inbox_event SET state = 'ready', claim_id = NULL WHERE state = 'running'")
    road.drain()
    assert road.cashback(B) == 4 * CASHBACK + 4 * 2_000
    with transaction() as session:
        assert find_violations(session) == []


def hold() -> tuple[uuid.UUID, Any]:
    with transaction() as session:
        claim = claim_batch(session, queue="core", worker="w")
    return claim.id, claim.events
