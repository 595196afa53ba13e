"""Claiming: what the gate lets through, in its order, under a lease; what dies is taken back."""

from datetime import timedelta

import pytest

from hub.contracts.parties import Destination
from hub.kernel import clock
from tests.conftest import Servers
from tests.inbox.arrivals import rows, run_in_threads
from tests.outbox.orders import (
    ACCEPTED,
    ATTEMPTS,
    DELIVERIES,
    UNCERTAIN,
    UNREACHABLE,
    ago,
    claim,
    due,
    enqueue,
    expire_leases,
    gate,
    letter,
    make_due,
    order,
    record,
    set_gate,
    states,
    sweep,
    waits_s,
)


def keys(servers: Servers, taken: list[int]) -> list[str]:
    known = {row["id"]: row["delivery_key"] for row in rows(servers, DELIVERIES)}
    return [known[row_id] for row_id in taken]


def claim_keys(servers: Servers, limit: int = 64) -> list[str]:
    return keys(servers, [one.id for one in claim(limit)])


def test_a_claim_leases_and_opens_an_attempt(clean: Servers) -> None:
    enqueue(order())
    [claimed] = claim(lease_s=77)
    assert claim() == []
    [row], [attempt] = rows(clean, DELIVERIES), rows(clean, ATTEMPTS)
    assert (row["state"], row["attempts"], row["tries"]) == ("running", 1, 1)
    assert (row["public_id"], row["claim_id"]) == (claimed.public_id, claimed.claim_id)
    assert 70 < (row["leased_until"] - clock.now()).total_seconds() <= 77
    assert (attempt["attempt_no"], attempt["outcome"], attempt["finished_at"]) == (1, None, None)


def test_a_claim_takes_no_more_than_asked(clean: Servers) -> None:
    enqueue(*[order(f"k{number}") for number in range(5)])
    assert claim_keys(clean, limit=2) == ["k0", "k1"]
    assert due() == {"sms": 3}


def test_the_urgent_goes_first_and_equals_in_their_order(clean: Servers) -> None:
    enqueue(
        order("mailing", priority=8),
        order("a", priority=5),
        order("code", priority=1),
        order("b", priority=5),
    )
    assert claim_keys(clean, limit=3) == ["code", "a", "b"]


def test_nothing_goes_before_its_time(clean: Servers) -> None:
    enqueue(order("later", not_before=clock.now() + timedelta(hours=1)), order("now"))
    assert claim_keys(clean) == ["now"]
    assert due() == {}


def test_no_more_are_in_flight_than_the_destination_bears(clean: Servers) -> None:
    set_gate(clean, in_flight_max=3)
    enqueue(*[order(f"k{number}") for number in range(5)])
    first = claim()
    assert (len(first), claim()) == (3, [])
    record(first[:2], ACCEPTED)
    assert len(claim()) == 2


def test_an_empty_bucket_keeps_back_without_burning_an_attempt(clean: Servers) -> None:
    set_gate(clean, tokens=2_000, rate_per_minute=1, tokens_at=clock.now())
    enqueue(*[order(f"k{number}") for number in range(3)])
    assert len(claim()) == 2
    assert claim() == []
    assert [row["attempts"] for row in rows(clean, DELIVERIES)] == [1, 1, 0]
    set_gate(clean, tokens_at=ago(61))
    assert len(claim()) == 1


@pytest.mark.parametrize(
    "shut",
    [
        {"paused_at": ago(0), "paused_by": "staff:1"},
        {"held_until": ago(-3_600)},
        {"breaker": "open", "open_until": ago(-3_600)},
    ],
    ids=["paused", "held", "open"],
)
def test_a_shut_gate_keeps_back_burns_nothing_and_is_not_due(clean: Servers, shut: dict[str, object]) -> None:
    set_gate(clean, **shut)
    enqueue(order(), letter())
    assert claim() == []
    assert due() == {"email": 1}
    assert [row["tries"] for row in rows(clean, DELIVERIES)] == [0, 0]


def test_a_shut_destination_stops_no_other(clean: Servers) -> None:
    set_gate(clean, paused_at=ago(0), paused_by="staff:1")
    enqueue(order(), letter())
    assert len(claim(destination=Destination.EMAIL)) == 1


def test_after_an_outage_one_probe_is_claimed(clean: Servers) -> None:
    enqueue(*[order(f"k{number}") for number in range(3)])
    set_gate(clean, breaker="open", open_until=ago(1))
    assert due() == {"sms": 3}
    assert (len(claim()), claim(), gate(clean)["breaker"]) == (1, [], "half_open")


def test_nothing_overtakes_an_unfinished_one_under_the_same_ordering_key(clean: Servers) -> None:
    enqueue(
        order("a1", ordering_key="a"),
        order("a2", ordering_key="a", priority=1),
        order("b1", ordering_key="b"),
    )
    first = claim()
    assert keys(clean, [one.id for one in first]) == ["a1", "b1"]
    record(first[:1], UNREACHABLE)
    assert claim() == []
    make_due(clean)
    [again] = claim()
    assert keys(clean, [again.id]) == ["a1"]
    record([again], ACCEPTED)
    assert claim_keys(clean) == ["a2"]


def test_an_uncertain_one_holds_its_followers(clean: Servers) -> None:
    enqueue(order("a1", ordering_key="a"), order("a2", ordering_key="a"))
    record(claim(), UNCERTAIN)
    assert claim() == []


def test_order_is_kept_within_a_destination_so_that_a_dead_one_holds_up_no_other(clean: Servers) -> None:
    enqueue(letter("l1", ordering_key="patient:1"), order("k1", ordering_key="patient:1"))
    assert claim_keys(clean) == ["k1"]


def test_what_expired_is_closed_unsent(clean: Servers) -> None:
    enqueue(order(expires_at=clock.now() - timedelta(seconds=1)))
    assert due() == {"sms": 1}
    assert claim() == []
    [row] = rows(clean, DELIVERIES)
    assert (row["state"], row["attempts"]) == ("expired", 0)
    assert row["finished_at"] is not None
    assert due() == {}


def test_what_expires_behind_a_shut_gate_is_closed_too(clean: Servers) -> None:
    set_gate(clean, paused_at=ago(0), paused_by="staff:1")
    enqueue(order(expires_at=clock.now() - timedelta(seconds=1)))
    claim()
    assert states(clean) == ["expired"]


def test_every_attempt_goes_out_under_the_same_key(clean: Servers) -> None:
    enqueue(order())
    first = claim()
    record(first, UNREACHABLE)
    make_due(clean)
    [second] = claim()
    assert (second.public_id, second.attempts, second.tries) == (first[0].public_id, 2, 2)


def test_claimers_share_the_work_without_overlap(clean: Servers) -> None:
    set_gate(clean, in_flight_max=30)
    enqueue(*[order(f"k{number}") for number in range(30)])
    shares = run_in_threads(*[lambda: claim(10) for _ in range(4)])
    taken = [one.id for share in shares if isinstance(share, list) for one in share]
    assert len(taken) == len(set(taken)) == 30


def test_racing_claimers_never_exceed_what_is_in_flight_at_most(clean: Servers) -> None:
    set_gate(clean, in_flight_max=5)
    enqueue(*[order(f"k{number}") for number in range(30)])
    run_in_threads(*[lambda: claim(10) for _ in range(6)])
    assert states(clean).count("running") == 5


def test_a_message_that_does_not_open_is_buried_and_stops_nobody(clean: Servers) -> None:
    enqueue(order("k1"), order("k2"))
    rows(clean, "UPDATE outbox_delivery SET sealed = sealed || '\\x00' WHERE delivery_key = 'k1'")
    claimed = claim()
    assert keys(clean, [one.id for one in claimed]) == ["k2"]
    record(claimed, ACCEPTED)
    first = rows(clean, DELIVERIES)[0]
    assert (first["delivery_key"], first["state"], first["reason"]) == ("k1", "buried", "body-unreadable")


def test_rows_whose_messages_were_swapped_are_not_sent(clean: Servers) -> None:
    enqueue(order("k1", phone="+79000000001"), order("k2", phone="+79000000002"))
    rows(
        clean,
        "UPDATE outbox_delivery d SET sealed = o.sealed FROM outbox_delivery o WHERE o.id <> d.id",
    )
    assert claim() == []
    assert states(clean) == ["buried", "buried"]


def test_a_worker_that_died_in_mid_send_leaves_a_text_uncertain_and_unsent(
    clean: Servers,
) -> None:
    enqueue(order())
    claim()
    expire_leases(clean)
    assert sweep() == 1
    [row], [attempt] = rows(clean, DELIVERIES), rows(clean, ATTEMPTS)
    assert (row["state"], row["reason"], row["claim_id"]) == ("uncertain", "worker-died", None)
    assert attempt["outcome"] is None
    make_due(clean)
    assert (claim(), sweep()) == ([], 0)


def test_a_kind_that_only_a_person_can_tell_waits_for_one(clean: Servers) -> None:
    rows(clean, "UPDATE retry_schedule SET when_uncertain = 'person' WHERE kind = 'sms.code'")
    enqueue(order())
    claim()
    expire_leases(clean)
    sweep()
    assert [(row["state"], row["needs_person"]) for row in rows(clean, DELIVERIES)] == [("uncertain", True)]
    assert due() == {}


def test_a_letter_of_a_dead_worker_is_sent_again_by_its_schedule_under_its_key(clean: Servers) -> None:
    enqueue(letter())
    [first] = claim(destination=Destination.EMAIL)
    expire_leases(clean)
    sweep()
    assert states(clean) == ["ready"]
    assert 50 < waits_s(clean)[0] <= 60
    make_due(clean)
    [again] = claim(destination=Destination.EMAIL)
    assert (again.public_id, again.tries) == (first.public_id, 2)


def test_a_letter_that_kills_every_worker_is_buried_in_the_end(clean: Servers) -> None:
    rows(clean, "UPDATE retry_schedule SET delays_s = '{60,60}' WHERE kind = 'email.letter'")
    enqueue(letter())
    for _ in range(3):
        assert len(claim(destination=Destination.EMAIL)) == 1
        expire_leases(clean)
        sweep()
        make_due(clean)
    [row] = rows(clean, DELIVERIES)
    assert (row["state"], row["reason"], row["tries"]) == ("buried", "worker-died", 3)
    assert row["finished_at"] is not None


def test_a_living_lease_is_not_swept(clean: Servers) -> None:
    enqueue(order())
    claim()
    assert sweep() == 0
    assert states(clean) == ["running"]
