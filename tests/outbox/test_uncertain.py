"""Uncertain deliveries are looked up patiently, never sent again blindly, and left to a person at last."""

from collections.abc import Sequence

import pytest

from hub.contracts.parties import Destination
from hub.contracts.ports import LookUp
from hub.db.transaction import transaction
from hub.outbox import uncertain
from hub.outbox.models import DeliveryState
from hub.outbox.uncertain import Doubt
from tests.conftest import Servers
from tests.inbox.arrivals import rows, run_in_threads
from tests.outbox.orders import (
    ATTEMPTS,
    DELIVERIES,
    UNCERTAIN,
    ago,
    claim,
    due,
    enqueue,
    make_due,
    order,
    record,
    set_gate,
    waits_s,
)

PATIENCE_S = (30, 120, 600, 3_600)


def doubt() -> Sequence[Doubt]:
    with transaction() as session:
        return uncertain.claim_doubts(session, destination=Destination.SMS, lease_s=60)


def answer(asked: Doubt, found: LookUp) -> DeliveryState | None:
    with transaction() as session:
        return uncertain.record_look_up(session, asked, found)


def leave_uncertain(servers: Servers, key: str = "k1") -> None:
    enqueue(order(key))
    record(claim(), UNCERTAIN)
    make_due(servers)


def test_a_look_up_is_a_try_of_its_own_and_burns_no_attempt(clean: Servers) -> None:
    leave_uncertain(clean)
    assert due() == {"sms": 1}
    [asked] = doubt()
    [row] = rows(clean, DELIVERIES)
    assert (asked.public_id, asked.tries, asked.asked) == (row["public_id"], 2, 1)
    assert (row["state"], row["attempts"], row["tries"]) == ("uncertain", 1, 2)
    answer(asked, "unknown")
    assert [(one["outcome"], one["reason"]) for one in rows(clean, ATTEMPTS)] == [
        ("uncertain", "ReadTimeout"),
        ("look-up", "look-up: unknown"),
    ]


def test_nobody_asks_twice_before_the_lease_ends(clean: Servers) -> None:
    leave_uncertain(clean)
    shares = run_in_threads(*[doubt for _ in range(4)])
    assert sum(len(share) for share in shares if isinstance(share, list)) == 1
    assert doubt() == []
    make_due(clean)
    assert len(doubt()) == 1


def test_what_was_taken_is_delivered(clean: Servers) -> None:
    leave_uncertain(clean)
    assert answer(doubt()[0], "taken") is DeliveryState.DELIVERED
    [row] = rows(clean, DELIVERIES)
    assert (row["state"], row["reason"]) == ("delivered", "look-up: taken")
    assert row["finished_at"] is not None
    make_due(clean)
    assert (claim(), doubt(), due()) == ([], [], {})


def test_what_was_not_taken_is_tried_again_by_its_schedule(clean: Servers) -> None:
    leave_uncertain(clean)
    assert answer(doubt()[0], "not-taken") is DeliveryState.READY
    assert 1 < waits_s(clean)[0] <= 3.6
    make_due(clean)
    [claimed] = claim()
    assert (claimed.attempts, claimed.tries) == (2, 3)


def test_what_is_never_taken_is_buried_when_its_schedule_is_used_up(clean: Servers) -> None:
    enqueue(order())
    told = []
    for _ in range(4):
        record(claim(), UNCERTAIN)
        make_due(clean)
        told.append(answer(doubt()[0], "not-taken"))
        make_due(clean)
    assert told == [DeliveryState.READY] * 3 + [DeliveryState.BURIED]
    [row] = rows(clean, DELIVERIES)
    assert (row["state"], row["attempts"]) == ("buried", 4)
    assert row["finished_at"] is not None


def test_patience_grows_and_ends_with_a_person(clean: Servers) -> None:
    leave_uncertain(clean)
    for wait_s in PATIENCE_S:
        assert answer(doubt()[0], "unknown") is DeliveryState.UNCERTAIN
        assert 0.8 * wait_s - 1 < waits_s(clean)[0] < 1.2 * wait_s + 1
        make_due(clean)
    answer(doubt()[0], "unknown")
    [row] = rows(clean, DELIVERIES)
    assert (row["state"], row["needs_person"]) == ("uncertain", True)
    make_due(clean)
    assert (doubt(), claim(), due()) == ([], [], {})


def test_a_question_whose_worker_died_uses_up_patience_too(clean: Servers) -> None:
    leave_uncertain(clean)
    doubt()
    make_due(clean)
    assert doubt()[0].asked == 2


def test_patience_begins_anew_with_each_send(clean: Servers) -> None:
    leave_uncertain(clean)
    answer(doubt()[0], "unknown")
    make_due(clean)
    answer(doubt()[0], "not-taken")
    make_due(clean)
    record(claim(), UNCERTAIN)
    make_due(clean)
    assert doubt()[0].asked == 1


@pytest.mark.parametrize("found", ["taken", "not-taken", "unknown"])
def test_an_answer_that_comes_after_the_next_question_changes_nothing(clean: Servers, found: LookUp) -> None:
    leave_uncertain(clean)
    [late] = doubt()
    make_due(clean)
    [asked] = doubt()
    before = rows(clean, DELIVERIES)
    assert answer(late, found) is None
    assert rows(clean, DELIVERIES) == before
    assert answer(asked, "taken") is DeliveryState.DELIVERED


def test_a_stale_answer_does_not_send_twice_what_went_out_meanwhile(clean: Servers) -> None:
    """Asked, asked again, sent again, uncertain again: the first answer is about another send."""
    leave_uncertain(clean)
    [late] = doubt()
    make_due(clean)
    answer(doubt()[0], "not-taken")
    make_due(clean)
    record(claim(), UNCERTAIN)
    assert answer(late, "not-taken") is None
    assert [row["state"] for row in rows(clean, DELIVERIES)] == ["uncertain"]


@pytest.mark.parametrize(
    "shut",
    [
        {"paused_at": ago(0), "paused_by": "staff:1"},
        {"held_until": ago(-3_600)},
        {"breaker": "open", "open_until": ago(-3_600)},
    ],
    ids=["paused", "held", "open"],
)
def test_an_outage_uses_up_no_patience(clean: Servers, shut: dict[str, object]) -> None:
    leave_uncertain(clean)
    set_gate(clean, **shut)
    assert doubt() == []
    assert [row["tries"] for row in rows(clean, DELIVERIES)] == [1]
