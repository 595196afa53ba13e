"""Tending finds what no nudge found: due rows, dead leases, forgotten sleepers."""

from datetime import timedelta

from hub.db.transaction import transaction
from hub.flows.tend import Tended, tend
from hub.health.signals import is_fresh, list_signals
from hub.inbox.models import InboxState
from hub.kernel import clock
from tests.conftest import Servers
from tests.inbox.arrivals import claim, claimed_ids, end, expire_leases, keep_documents, make_due, rows
from tests.outbox import orders


def tended() -> Tended:
    with transaction() as session:
        return tend(session)


def test_an_idle_hub_has_nothing_due_and_a_living_relay(clean: Servers) -> None:
    assert tended() == Tended(queues={}, destinations={}, leases_expired=0, uncertain=0, has_notices=False)
    with transaction() as session:
        signal = list_signals(session)["relay"]
    assert signal.status == "ok"
    assert is_fresh(signal, within_s=30, now=clock.now())
    assert not is_fresh(signal, within_s=30, now=clock.now() + timedelta(minutes=1))
    assert not is_fresh(None, within_s=30, now=clock.now())


def test_due_work_is_named_by_queue_and_destination(clean: Servers) -> None:
    keep_documents("a", "b")
    orders.enqueue(orders.order(), orders.letter())
    found = tended()
    assert (found.queues, found.destinations) == ({"core": 2}, {"sms": 1, "email": 1})


def test_events_of_a_dead_worker_are_due_again(clean: Servers) -> None:
    keep_documents("a", "b")
    claim()
    assert tended().queues == {}
    expire_leases(clean)
    found = tended()
    assert (found.leases_expired, found.queues) == (2, {"core": 2})


def test_a_send_of_a_dead_worker_is_uncertain_and_due_for_a_look_up(clean: Servers) -> None:
    orders.enqueue(orders.order())
    orders.claim()
    orders.expire_leases(clean)
    found = tended()
    assert (found.uncertain, found.destinations) == (1, {"sms": 1})
    assert orders.claim() == []


def test_a_destination_that_may_not_be_sent_to_is_not_nudged(clean: Servers) -> None:
    orders.enqueue(orders.order(), orders.letter())
    orders.set_gate(clean, held_until=clock.now() + timedelta(minutes=1))
    assert tended().destinations == {"email": 1}


def test_a_long_parked_event_is_looked_at_again(clean: Servers) -> None:
    [event_id] = keep_documents("a")
    end(claim(), InboxState.PARKED, waiting_for="fact", delay_s=600)
    assert tended().queues == {}
    make_due(clean)
    assert tended().queues == {"core": 1}
    assert claimed_ids() == [event_id]


def test_tending_twice_is_tending_once(clean: Servers) -> None:
    keep_documents("a")
    claim()
    expire_leases(clean)
    tended()
    assert tended().leases_expired == 0
    assert rows(clean)[0]["crashes"] == 1


def test_since_moves_only_when_the_status_changes(clean: Servers) -> None:
    tended()
    rows(clean, "UPDATE health_signal SET since = since - interval '1 h', seen_at = seen_at - interval '1 h'")
    [before] = rows(clean, "SELECT * FROM health_signal")
    tended()
    [after] = rows(clean, "SELECT * FROM health_signal")
    assert after["since"] == before["since"]
    assert after["seen_at"] > before["seen_at"]
    rows(clean, "UPDATE health_signal SET status = 'down'")
    tended()
    [changed] = rows(clean, "SELECT * FROM health_signal")
    assert changed["since"] > before["since"]
