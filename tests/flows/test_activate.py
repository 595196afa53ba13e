"""What was promised becomes spendable when its day has come; late, twice or at once, it is the same."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.db.transaction import transaction
from hub.domain.ledger.checks import find_violations
from hub.domain.ledger.queries import balances
from hub.flows.activate import activate
from hub.kernel import clock
from hub.kernel.money import Asset
from hub.kernel.settings import settings
from tests.factories.onec import cancel_event, patient_event, visit_event
from tests.flows.conftest import Road
from tests.inbox.arrivals import run_in_threads

DAY = timedelta(days=1)
COMPLETED_AT = datetime(2026, 5, 1, 7, 35, tzinfo=UTC)
"""Of every visit that the factory makes."""


def activate_at(instant: datetime) -> dict[str, int]:
    with clock.frozen(instant), transaction() as session:
        return activate(session)


def purse(road: Road, instant: datetime) -> tuple[int, int]:
    """Hundredths of cashback: spendable, pending."""
    patient_id = road.patient_id()
    with clock.frozen(instant), transaction() as session:
        assert find_violations(session) == []
        [found] = [one for one in balances(session, patient_id) if one.asset is Asset.CASHBACK]
    return found.available, found.pending


@pytest.fixture
def due_at(road: Road) -> datetime:
    """Two visits were told on their day; gives when their cashback is due."""
    visits = [visit_event(amounts=("1000.00",)), visit_event(amounts=("500.00",))]
    with clock.frozen(COMPLETED_AT + DAY):
        road.tell(patient_event(), *visits)
    return COMPLETED_AT + settings().accrual_pending_days * DAY


def test_before_its_day_cashback_is_pending(road: Road, due_at: datetime) -> None:
    early = due_at - timedelta(seconds=1)
    assert activate_at(early)["done"] == 0
    assert purse(road, early) == (0, 7_500)


def test_on_its_day_it_is_spendable(road: Road, due_at: datetime) -> None:
    assert activate_at(due_at) == {"done": 2, "more": 0}
    assert purse(road, due_at) == (7_500, 0)


def test_a_second_run_changes_nothing(road: Road, due_at: datetime) -> None:
    activate_at(due_at)
    assert activate_at(due_at) == {"done": 0, "more": 0}
    assert purse(road, due_at) == (7_500, 0)


def test_runs_at_one_moment_activate_once(road: Road, due_at: datetime) -> None:
    run_in_threads(*[lambda: activate_at(due_at) for _ in range(4)])
    while activate_at(due_at)["done"]:
        continue
    assert purse(road, due_at) == (7_500, 0)


def test_what_was_cancelled_meanwhile_never_becomes_spendable(road: Road) -> None:
    event = visit_event(amounts=("1000.00",))
    with clock.frozen(COMPLETED_AT + DAY):
        road.tell(patient_event(), event)
        road.tell(cancel_event(event["object"]["ref"], occurred_at="2026-05-02T10:00:00"))
    late = COMPLETED_AT + 30 * DAY
    assert activate_at(late)["done"] == 0
    assert purse(road, late) == (0, 0)


def test_a_full_batch_says_that_there_is_more(
    road: Road, due_at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.flows.activate.BATCH_MAX", 1)
    assert activate_at(due_at) == {"done": 1, "more": 1}
    assert activate_at(due_at) == {"done": 1, "more": 1}
    assert activate_at(due_at) == {"done": 0, "more": 0}
    assert purse(road, due_at) == (7_500, 0)
