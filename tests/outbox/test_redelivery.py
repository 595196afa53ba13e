"""An operator's hand: send again one or many, call off, say that it arrived."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from hub.contracts.parties import DeliveryKind, Destination
from hub.db.transaction import transaction
from hub.kernel import clock
from hub.kernel.errors import NotFoundError
from hub.kernel.ids import new_id
from hub.outbox import destinations, redelivery
from hub.outbox.redelivery import DeliveryClosedError, Wanted
from tests.conftest import Servers
from tests.inbox.arrivals import rows, run_in_threads
from tests.outbox.orders import (
    ACCEPTED,
    DELIVERIES,
    REFUSED,
    UNCERTAIN,
    UNREACHABLE,
    ago,
    claim,
    enqueue,
    gate,
    letter,
    make_due,
    order,
    record,
    set_gate,
    states,
)

ENDS = {
    "ready": None,
    "running": "claim",
    "delivered": ACCEPTED,
    "buried": REFUSED,
    "uncertain": UNCERTAIN,
    "expired": "expire",
    "cancelled": "cancel",
}


def reach(servers: Servers, state: str) -> UUID:
    """Bring a delivery into the state; gives its public id."""
    enqueue(order())
    public_id: UUID = rows(servers, DELIVERIES)[0]["public_id"]
    end = ENDS[state]
    if end == "expire":
        rows(servers, "UPDATE outbox_delivery SET expires_at = now() - interval '1 s'")
    if end == "cancel":
        act("cancel", public_id)
    elif end is not None:
        claimed = claim()
        if not isinstance(end, str):
            record(claimed, end)
    assert states(servers) == [state]
    return public_id


def act(verb: str, public_id: UUID) -> str:
    with transaction() as session:
        return str(getattr(redelivery, verb)(session, public_id).state)


def redeliver_many(*, is_rehearsal: bool = False, **fields: Any) -> int:
    with transaction() as session:
        return redelivery.redeliver_many(session, Wanted(**fields), is_rehearsal=is_rehearsal)


@pytest.mark.parametrize(
    ("verb", "state", "after"),
    [
        ("redeliver", "buried", "ready"),
        ("redeliver", "expired", "ready"),
        ("redeliver", "cancelled", "ready"),
        ("redeliver", "uncertain", "ready"),
        ("redeliver", "ready", "ready"),
        ("redeliver", "running", "running"),
        ("redeliver", "delivered", None),
        ("cancel", "ready", "cancelled"),
        ("cancel", "uncertain", "cancelled"),
        ("cancel", "cancelled", "cancelled"),
        ("cancel", "running", None),
        ("cancel", "delivered", None),
        ("cancel", "buried", None),
        ("confirm", "uncertain", "delivered"),
        ("confirm", "delivered", "delivered"),
        ("confirm", "ready", None),
        ("confirm", "running", None),
        ("confirm", "buried", None),
    ],
)
def test_a_person_may_do_what_the_state_allows_and_nothing_else(
    clean: Servers, verb: str, state: str, after: str | None
) -> None:
    public_id = reach(clean, state)
    if after is None:
        with pytest.raises(DeliveryClosedError) as refused:
            act(verb, public_id)
        assert refused.value.facts == {"state": state}
    else:
        assert act(verb, public_id) == after
    assert states(clean) == [after or state]


@pytest.mark.parametrize("verb", ["redeliver", "cancel", "confirm"])
def test_what_is_unknown_is_not_found(clean: Servers, verb: str) -> None:
    assert states(clean) == []
    with pytest.raises(NotFoundError):
        act(verb, new_id())


def test_a_redelivery_has_its_whole_schedule_and_life_before_it_and_its_old_key(clean: Servers) -> None:
    enqueue(order(expires_at=clock.now() + timedelta(seconds=5)))
    for _ in range(4):
        record(claim(), UNREACHABLE)
        make_due(clean)
    assert states(clean) == ["buried"]
    public_id = rows(clean, DELIVERIES)[0]["public_id"]
    act("redeliver", public_id)
    [row] = rows(clean, DELIVERIES)
    assert (row["attempts"], row["tries"], row["reason"], row["finished_at"]) == (0, 4, None, None)
    assert (row["expires_at"] - clock.now()).total_seconds() > 290
    set_gate(clean, breaker="closed", open_until=None)
    [again] = claim()
    assert (again.public_id, again.attempts, again.tries) == (public_id, 1, 5)


def test_a_redelivered_message_does_not_take_the_place_of_a_newer_one(clean: Servers) -> None:
    enqueue(order("old", coalesce_key="c"))
    old = rows(clean, DELIVERIES)[0]["public_id"]
    act("cancel", old)
    enqueue(order("new", coalesce_key="c"))
    assert act("redeliver", old) == "ready"
    assert states(clean) == ["ready", "ready"]


def test_many_are_sent_again_by_filter(clean: Servers) -> None:
    enqueue(order("a"), order("b"), order("c"))
    claimed = claim()
    record(claimed[:2], REFUSED)
    record(claimed[2:], ACCEPTED)
    enqueue(letter())
    record(claim(destination=Destination.EMAIL), REFUSED)
    for fields, count in (
        ({}, 3),
        ({"destination": Destination.EMAIL}, 1),
        ({"kind": DeliveryKind.SMS_CODE}, 2),
        ({"kind": DeliveryKind.SMS_NOTICE}, 0),
        ({"reason": "http 400"}, 3),
        ({"reason": "http 401"}, 0),
        ({"since": ago(-3_600)}, 0),
        ({"until": ago(60)}, 0),
        ({"since": ago(60), "until": ago(-3_600)}, 3),
    ):
        assert redeliver_many(is_rehearsal=True, **fields) == count, fields
    assert states(clean) == ["buried", "buried", "delivered", "buried"]
    assert redeliver_many(destination=Destination.SMS) == 2
    assert states(clean) == ["ready", "ready", "delivered", "buried"]
    assert redeliver_many(destination=Destination.SMS) == 0


def test_redeliveries_that_race_wake_each_delivery_once(clean: Servers) -> None:
    enqueue(*[order(f"k{number}") for number in range(8)])
    record(claim(), REFUSED)
    woken = run_in_threads(*[redeliver_many for _ in range(4)])
    assert sum(count for count in woken if isinstance(count, int)) == 8
    assert states(clean) == ["ready"] * 8


def test_one_call_wakes_up_to_its_bound_oldest_first(clean: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redelivery, "REDELIVERED_MAX", 2)
    enqueue(*[order(f"k{number}") for number in range(3)])
    record(claim(), REFUSED)
    assert redeliver_many() == 2
    assert states(clean) == ["ready", "ready", "buried"]


def pause(by: str) -> None:
    with transaction() as session:
        destinations.pause(session, Destination.SMS, by=by)


def resume() -> None:
    with transaction() as session:
        destinations.resume(session, Destination.SMS)


def test_a_pause_keeps_its_first_hand_and_a_resume_ends_every_wait(clean: Servers) -> None:
    pause("staff:1")
    pause("staff:2")
    assert gate(clean)["paused_by"] == "staff:1"
    set_gate(clean, breaker="open", open_until=ago(-600), held_until=ago(-600), tokens=0, tokens_at=ago(-600))
    enqueue(order())
    assert claim() == []
    resume()
    assert len(claim()) == 1


def test_a_changed_rate_rules_the_next_claim(clean: Servers) -> None:
    enqueue(*[order(f"k{number}") for number in range(6)])
    with transaction() as session:
        destinations.change_rate(session, Destination.SMS, rate_per_minute=1, burst=2, in_flight_max=8)
    assert len(claim()) == 2
    assert claim() == []


def test_a_destination_without_a_row_is_not_found(clean: Servers) -> None:
    rows(clean, "DELETE FROM destination WHERE name = 'sms'")
    with transaction() as session, pytest.raises(NotFoundError):
        destinations.pause(session, Destination.SMS, by="staff:1")
    with transaction() as session, pytest.raises(NotFoundError):
        destinations.get_destination(session, Destination.SMS)
