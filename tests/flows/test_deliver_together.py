"""Many sends at once, and workers that die among them, against a real gateway process."""

import threading

import httpx
import pytest

from hub.contracts.parties import Destination
from hub.db.transaction import transaction
from hub.flows import deliver as delivering
from hub.flows import senders
from hub.flows.deliver import deliver
from hub.flows.tend import tend
from tests.conftest import Servers
from tests.flows.sms_gateway import ALL, counts, drawn_phone, enqueue, messages, wire
from tests.inbox.arrivals import rows, run_in_threads
from tests.outbox.orders import expire_leases, make_due, set_gate


class KilledError(BaseException):
    """The worker is gone: nothing after this runs."""


def test_what_a_dead_worker_sent_is_looked_up_and_what_it_did_not_is_sent_once(
    gateway: httpx.Client, clean: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, unsent = drawn_phone(), drawn_phone()

    def die() -> None:
        raise KilledError

    for phone, moment in ((sent, "after"), (unsent, "before")):
        enqueue(phone)
        with monkeypatch.context() as patched:
            wire(patched, **{moment: die})
            with pytest.raises(KilledError):
                deliver(Destination.SMS)
    assert [row["state"] for row in rows(clean, ALL)] == ["running", "running"]
    expire_leases(clean)
    with transaction() as session:
        assert tend(session).uncertain == 2
    assert deliver(Destination.SMS) == counts(claimed=2, done=1, postponed=1)
    assert [row["state"] for row in rows(clean, ALL)] == ["delivered", "ready"]
    make_due(clean)
    assert deliver(Destination.SMS) == counts(done=1)
    assert (len(messages(gateway, sent)), len(messages(gateway, unsent))) == (1, 1)


def test_a_lease_lasts_twice_the_senders_hard_timeout(
    gateway: httpx.Client, clean: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[float] = []

    def look_around() -> None:
        query = "SELECT extract(epoch FROM leased_until - now())::float8 AS s FROM outbox_delivery"
        seen.extend(row["s"] for row in rows(clean, query))

    assert gateway.get("/faults").json()["mode"] == "ok"
    wire(monkeypatch, before=look_around)
    enqueue(drawn_phone())
    deliver(Destination.SMS)
    timeout_s = senders._make_sms().timeout_s
    assert 2 * timeout_s - 5 < seen[0] <= 2 * timeout_s


@pytest.mark.usefixtures("gateway")
def test_sends_go_together_up_to_what_the_destination_bears(
    clean: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_gate(clean, in_flight_max=4)
    meeting = threading.Barrier(4)
    wire(monkeypatch, before=lambda: meeting.wait(30) and None)
    enqueue(*[drawn_phone() for _ in range(8)])
    assert deliver(Destination.SMS) == counts(claimed=8, done=8)


def test_a_slow_answer_holds_up_nobody(
    gateway: httpx.Client, clean: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first send ends only after nine others have gone through the second place."""
    others_done, order = threading.Event(), iter(range(10))

    def wait_if_first() -> None:
        if next(order) == 0:
            assert others_done.wait(30)
        elif sum(row["state"] == "delivered" for row in rows(clean, ALL)) == 8:
            others_done.set()

    set_gate(clean, in_flight_max=2)
    wire(monkeypatch, before=wait_if_first)
    enqueue(*[drawn_phone() for _ in range(10)])
    assert deliver(Destination.SMS) == counts(claimed=10, done=10)
    assert gateway.get("/faults").json()["mode"] == "ok"


def test_deliveries_that_race_send_each_text_once(gateway: httpx.Client, clean: Servers) -> None:
    phones = [drawn_phone() for _ in range(20)]
    enqueue(*phones)
    for _ in range(3):
        run_in_threads(*[lambda: deliver(Destination.SMS) for _ in range(3)])
    assert {row["state"] for row in rows(clean, ALL)} == {"delivered"}
    assert [len(messages(gateway, phone)) for phone in phones] == [1] * 20
    assert [row["tries"] for row in rows(clean, ALL)] == [1] * 20


@pytest.mark.usefixtures("gateway")
def test_one_delivery_takes_its_share_and_says_that_there_may_be_more(
    clean: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "SENDS_MAX", 10)
    enqueue(*[drawn_phone() for _ in range(11)])
    assert deliver(Destination.SMS) == {**counts(claimed=10, done=10), "more": 1}
    assert deliver(Destination.SMS) == counts(done=1)
    assert len(rows(clean, ALL)) == 11


def test_a_lost_lease_is_counted_as_postponed(
    gateway: httpx.Client, clean: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose_lease() -> None:
        expire_leases(clean)
        with transaction() as session:
            tend(session)

    phone = drawn_phone()
    enqueue(phone)
    with monkeypatch.context() as patched:
        wire(patched, after=lose_lease)
        assert deliver(Destination.SMS) == counts(postponed=1)
    assert deliver(Destination.SMS) == counts(done=1)
    assert len(messages(gateway, phone)) == 1
