"""Recording: on the row, its attempt and the gate at once, fenced by the claim."""

import pytest

from hub.contracts.messages import SendOutcome
from hub.contracts.parties import DeliveryKind, Destination
from hub.db.transaction import transaction
from hub.outbox import gate as gates
from hub.outbox import recording
from hub.outbox.models import DeliveryState
from hub.outbox.recording import Sent
from hub.outbox.schedules import change_schedule
from tests.conftest import Servers
from tests.db.failing import FailedError, fail_after
from tests.inbox.arrivals import rows
from tests.outbox.orders import (
    ACCEPTED,
    ATTEMPTS,
    DELIVERIES,
    REFUSED,
    THROTTLED,
    UNCERTAIN,
    UNREACHABLE,
    claim,
    end_outage,
    end_silence,
    enqueue,
    expire_leases,
    gate,
    letter,
    make_due,
    order,
    record,
    states,
    sweep,
    waits_s,
)

CODE_DELAYS_S = (3, 8, 20)


@pytest.mark.parametrize(
    ("outcome", "state", "is_finished"),
    [
        (ACCEPTED, DeliveryState.DELIVERED, True),
        (REFUSED, DeliveryState.BURIED, True),
        (UNCERTAIN, DeliveryState.UNCERTAIN, False),
        (UNREACHABLE, DeliveryState.READY, False),
        (THROTTLED, DeliveryState.READY, False),
    ],
    ids=lambda value: getattr(value, "state", None),
)
def test_what_became_of_a_send_stands_on_the_row_and_its_attempt(
    clean: Servers, outcome: SendOutcome, state: DeliveryState, *, is_finished: bool
) -> None:
    enqueue(order())
    assert record(claim(), outcome) == [state]
    [row], [attempt] = rows(clean, DELIVERIES), rows(clean, ATTEMPTS)
    assert (row["state"], row["reason"]) == (state.value, outcome.reason or None)
    assert (row["finished_at"] is not None, row["claim_id"]) == (is_finished, None)
    assert (attempt["outcome"], attempt["reason"]) == (outcome.state, outcome.reason or None)
    assert attempt["finished_at"] is not None
    assert row["provider_reference"] == ("m-1" if outcome is ACCEPTED else None)


def test_what_a_text_cost_and_whether_its_receipt_is_awaited_is_kept(clean: Servers) -> None:
    enqueue(order())
    record(claim(), SendOutcome("accepted", parts=2, cost_kopecks=640, awaits_receipt=True))
    [row] = rows(clean, DELIVERIES)
    assert (row["parts"], row["cost_kopecks"], row["receipt"]) == (2, 640, "awaited")
    assert row["receipt_due_at"] is not None


def test_an_uncertain_letter_is_tried_again_for_its_copy_shows_once(clean: Servers) -> None:
    enqueue(letter())
    assert record(claim(destination=Destination.EMAIL), UNCERTAIN) == [DeliveryState.READY]


def test_an_unreachable_gateway_is_tried_by_the_schedule_and_then_given_up(clean: Servers) -> None:
    enqueue(order())
    for wait_s in CODE_DELAYS_S:
        assert record(claim(), UNREACHABLE) == [DeliveryState.READY]
        assert 0.8 * wait_s - 1 < waits_s(clean)[0] < 1.2 * wait_s + 1
        assert claim() == []
        make_due(clean)
    assert record(claim(), UNREACHABLE) == [DeliveryState.BURIED]
    assert [attempt["attempt_no"] for attempt in rows(clean, ATTEMPTS)] == [1, 2, 3, 4]


def test_a_changed_schedule_rules_what_is_queued_already(clean: Servers) -> None:
    enqueue(order())
    with transaction() as session:
        change_schedule(session, DeliveryKind.SMS_CODE, delays_s=[500], ttl_s=900)
    record(claim(), UNREACHABLE)
    assert 390 < waits_s(clean)[0] <= 600
    make_due(clean)
    assert record(claim(), UNREACHABLE) == [DeliveryState.BURIED]


def test_throttling_burns_no_attempt_however_often(clean: Servers) -> None:
    enqueue(order())
    for _ in range(len(CODE_DELAYS_S) + 3):
        assert record(claim(), THROTTLED) == [DeliveryState.READY]
        end_silence(clean)
        make_due(clean)
    [row] = rows(clean, DELIVERIES)
    assert (row["attempts"], row["tries"]) == (0, 6)
    assert record(claim(), ACCEPTED) == [DeliveryState.DELIVERED]


@pytest.mark.parametrize("state", ["throttled", "unreachable"])
def test_a_wish_to_wait_silences_the_whole_destination(clean: Servers, state: str) -> None:
    enqueue(order("k1"), order("k2", priority=9))
    record(claim(1), SendOutcome(state, retry_after_s=90))  # type: ignore[arg-type]
    assert claim() == []
    assert [row["attempts"] for row in rows(clean, DELIVERIES)] == [int(state == "unreachable"), 0]
    assert 85 < waits_s(clean)[0] <= 90
    end_silence(clean)
    assert len(claim()) == 1


def test_a_throttling_that_names_no_time_still_silences(clean: Servers) -> None:
    enqueue(order("k1"), order("k2"))
    record(claim(1), SendOutcome("throttled"))
    assert claim() == []


def test_a_wish_to_wait_for_days_is_heard_for_an_hour(clean: Servers) -> None:
    enqueue(order())
    record(claim(), SendOutcome("throttled", retry_after_s=1_000_000))
    assert 3_590 < waits_s(clean)[0] <= 3_600


def test_an_outage_opens_the_circuit_and_burns_one_attempt_per_probe_at_most(clean: Servers) -> None:
    enqueue(*[order(f"k{number}") for number in range(20)])
    record(claim(), UNREACHABLE)
    make_due(clean)
    assert (gate(clean)["breaker"], claim()) == ("open", [])
    assert sum(row["attempts"] for row in rows(clean, DELIVERIES)) == 8
    end_outage(clean)
    record(claim(), UNREACHABLE)
    make_due(clean)
    assert (gate(clean)["breaker"], gate(clean)["trips"], claim()) == ("open", 2, [])
    assert sum(row["attempts"] for row in rows(clean, DELIVERIES)) == 9
    end_outage(clean)
    record(claim(), ACCEPTED)
    assert gate(clean)["breaker"] == "closed"
    assert len(claim()) == 8


def test_refusals_are_the_messages_fault_and_open_no_circuit(clean: Servers) -> None:
    enqueue(*[order(f"k{number}") for number in range(gates.WINDOW_SENDS_MIN + 2)])
    record(claim(), REFUSED)
    record(claim(), REFUSED)
    assert gate(clean)["breaker"] == "closed"


def test_a_record_after_the_lease_was_lost_changes_no_state_but_closes_the_attempt(clean: Servers) -> None:
    enqueue(order())
    late = claim()
    expire_leases(clean)
    sweep()
    assert record(late, ACCEPTED) == []
    [row], [attempt] = rows(clean, DELIVERIES), rows(clean, ATTEMPTS)
    assert (row["state"], attempt["outcome"]) == ("uncertain", "accepted")


def test_a_late_record_says_nothing_about_the_next_attempt(clean: Servers) -> None:
    enqueue(letter())
    late = claim(destination=Destination.EMAIL)
    expire_leases(clean)
    sweep()
    make_due(clean)
    claim(destination=Destination.EMAIL)
    assert record(late, REFUSED) == []
    assert states(clean) == ["running"]
    assert [attempt["outcome"] for attempt in rows(clean, ATTEMPTS)] == ["refused", None]


def test_sends_of_several_claims_are_recorded_at_once(clean: Servers) -> None:
    enqueue(order("k1"), order("k2"))
    claimed = claim(1) + claim(1)
    with transaction() as session:
        ended = recording.record(
            session, Destination.SMS, [Sent(claimed[0], ACCEPTED), Sent(claimed[1], REFUSED)]
        )
    assert ended == {claimed[0].id: DeliveryState.DELIVERED, claimed[1].id: DeliveryState.BURIED}


def test_a_record_that_did_not_commit_leaves_row_attempt_and_gate_alone(clean: Servers) -> None:
    enqueue(order())
    claimed, before = claim(), gate(clean)
    with pytest.raises(FailedError):
        fail_after(
            lambda session: recording.record(session, Destination.SMS, [Sent(claimed[0], UNREACHABLE)])
        )
    assert (states(clean), gate(clean)) == (["running"], before)
    assert rows(clean, ATTEMPTS)[0]["outcome"] is None


def test_sends_are_counted_by_how_they_ended(clean: Servers) -> None:
    enqueue(order("k1"), order("k2"), order("k3"))
    record(claim(2), ACCEPTED)
    record(claim(1), UNREACHABLE)
    assert gate(clean)["outcomes"] == {"accepted": 2, "unreachable": 1}


def test_recording_nothing_is_nothing(clean: Servers) -> None:
    before = gate(clean)
    with transaction() as session:
        assert recording.record(session, Destination.SMS, []) == {}
    assert gate(clean) == before
