"""Nobody loses points unwarned: 30, 7 and 1 days before, once per lot, however the clock's job runs."""

from datetime import datetime, timedelta

import pytest

from hub.db.transaction import transaction
from hub.flows import notify_expiring
from hub.flows.activate import activate
from hub.flows.notify_expiring import foresee_expiry
from hub.kernel import clock
from hub.kernel.settings import settings
from tests.conftest import Servers
from tests.flows.conftest import Road
from tests.flows.notices import NOON, VISITED_AT, letters, note, notices, settle_in, tell, texts, visit
from tests.inbox.arrivals import rows, run_in_threads

DAY = timedelta(days=1)


def foresee(at: datetime) -> dict[str, int]:
    with clock.frozen(at), transaction() as session:
        return foresee_expiry(session)


def kinds(servers: Servers) -> list[str]:
    return [row["kind"] for row in notices(servers) if row["kind"].startswith("points.expiring")]


@pytest.fixture
def burns_at(road: Road) -> datetime:
    """Two visits were told, their cashback can be spent; gives when it burns."""
    settle_in(road)
    visit(road, "1000.00", "2000.00")
    active_at = VISITED_AT + settings().accrual_pending_days * DAY
    with clock.frozen(active_at), transaction() as session:
        activate(session)
    day = clock.local_date(active_at, "Europe/Moscow") + timedelta(days=settings().points_ttl_days)
    return clock.end_of_local_day(day, "Europe/Moscow")


def test_each_threshold_warns_once(clean: Servers, burns_at: datetime) -> None:
    for days in (31, 30, 29, 8, 7, 6, 2, 1):
        foresee(burns_at - days * DAY)
        foresee(burns_at - days * DAY)
    assert kinds(clean) == ["points.expiring_30"] * 2 + ["points.expiring_7"] * 2 + ["points.expiring_1"] * 2


def test_before_the_first_threshold_nobody_is_warned(clean: Servers, burns_at: datetime) -> None:
    assert foresee(burns_at - 30 * DAY - timedelta(seconds=1))["done"] == 0
    assert foresee(burns_at - 30 * DAY)["done"] == 2


def test_a_job_that_slept_for_weeks_warns_by_the_nearest_threshold_alone(
    clean: Servers, burns_at: datetime
) -> None:
    foresee(burns_at - 5 * DAY)
    assert kinds(clean) == ["points.expiring_7"] * 2


def test_jobs_at_one_moment_warn_once(clean: Servers, burns_at: datetime) -> None:
    at = burns_at - 7 * DAY
    run_in_threads(*[lambda: foresee(at) for _ in range(6)])
    assert kinds(clean) == ["points.expiring_7"] * 2


def test_full_slices_go_on_where_they_stopped(
    clean: Servers, burns_at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify_expiring, "SLICE_MAX", 1)
    at = burns_at - 7 * DAY
    assert [foresee(at) for _ in range(3)] == [
        {"done": 1, "more": 1},
        {"done": 1, "more": 1},
        {"done": 0, "more": 0},
    ]
    assert len(kinds(clean)) == 2


def test_lots_that_burn_together_are_one_warning_with_the_last_day_and_no_link(burns_at: datetime) -> None:
    at = burns_at - 7 * DAY + timedelta(hours=12)
    foresee(at)
    tell(at)
    assert [sms.text for sms in texts()] == ["Моя ❤ скидка: 15.05.2027 сгорит 150 кэшбэка."]
    [letter] = letters()
    assert "http" not in letter.text.partition("-- ")[0]


def test_what_became_spendable_is_told(burns_at: datetime) -> None:
    tell(VISITED_AT + settings().accrual_pending_days * DAY)
    assert letters()[-1].subject == "Можно потратить 150 кэшбэка"


def test_what_burned_before_anybody_looked_is_not_warned_of(clean: Servers, burns_at: datetime) -> None:
    foresee(burns_at + DAY)
    assert kinds(clean) == []
    assert foresee(NOON + 2000 * DAY)["done"] == 0


def test_counts_of_days_long_over_are_dropped(road: Road, clean: Servers) -> None:
    patient_id = settle_in(road)
    note(patient_id)
    tell()
    foresee(NOON + 7 * DAY)
    assert len(rows(clean, "SELECT * FROM notice_count")) == 2
    foresee(NOON + 8 * DAY)
    assert rows(clean, "SELECT * FROM notice_count") == []
