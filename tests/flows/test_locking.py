"""Two batches about one visit wait for each other in a row, never in a ring."""

import threading
from typing import Any

import pytest
from sqlalchemy.orm import Session
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from hub.flows import drain as draining
from hub.flows import handling
from hub.flows.locking import lock_purses
from tests.conftest import Servers
from tests.factories.onec import patient_event
from tests.flows.conftest import Road
from tests.flows.test_visit_refunded import OTHER, Story
from tests.flows.visits import states
from tests.inbox.arrivals import rows, run_in_threads

PATIENCE_S = 20
WAITING = "SELECT count(*) AS count FROM pg_locks WHERE NOT granted"


def until_somebody_waits(servers: Servers) -> None:
    is_waiting = Retrying(
        retry=retry_if_result(lambda found: found == [{"count": 0}]),
        wait=wait_fixed(0.02),
        stop=stop_after_delay(PATIENCE_S),
    )
    is_waiting(rows, servers, WAITING)


def test_a_refund_that_leaves_a_visit_and_two_edits_of_that_visit_meet_without_a_deadlock(
    road: Road, clean: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    road.tell(patient_event(), patient_event(OTHER, phone="+79000000777"))
    left, named = Story(), Story()
    road.tell(left.visit("1000.00"), named.visit("1000.00", patient=OTHER), left.refund("a", (1, "400.00")))
    moved = left.refund("a", (1, "400.00"), visit=named.ref)
    collisions: list[BaseException] = []
    is_collision = draining._is_collision
    monkeypatch.setattr(
        draining, "_is_collision", lambda error: collisions.append(error) or is_collision(error)
    )
    has_purses, may_go_on = threading.Event(), threading.Event()

    def lock_and_wait(session: Session, *given: Any) -> None:
        lock_purses(session, *given)
        has_purses.set()
        assert may_go_on.wait(PATIENCE_S)

    monkeypatch.setattr(handling, "lock_purses", lock_and_wait)
    road.send(left.visit("2000.00"), left.visit("3000.00"))

    def move_the_refund() -> None:
        assert has_purses.wait(PATIENCE_S)
        road.send(moved)
        road.drain()

    def let_go() -> None:
        assert has_purses.wait(PATIENCE_S)
        until_somebody_waits(clean)
        may_go_on.set()

    assert not any(run_in_threads(lambda: road.drain() and None, move_the_refund, let_go))
    assert collisions == []
    assert states(clean).keys() == {"processed"}
    assert (road.cashback(), road.cashback(OTHER)) == (15_000, 3_000)
