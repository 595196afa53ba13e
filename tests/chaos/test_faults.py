"""What was acknowledged is never lost and never counted twice, whatever dies meanwhile: the short set.

Each test kills parts of a real hub under load and counts every event, id by id (`verify`); the lease is
shortened where one must run out. `make chaos` does all of it, and more, at full scale.
"""

from collections.abc import Callable

import pytest

from tests.chaos.verify import Verdict

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]
Counted = Callable[[str], Verdict]


def test_a_worker_group_killed_in_mid_batch_loses_and_doubles_nothing(counted_after: Counted) -> None:
    verdict = counted_after("worker-group")
    assert verdict.is_sound, verdict.describe()


def test_a_worker_that_wakes_after_its_lease_commits_nothing(counted_after: Counted) -> None:
    verdict = counted_after("worker-stopped")
    assert verdict.is_sound, verdict.describe()


def test_an_event_that_kills_its_worker_is_buried_alone_after_three_crashes(counted_after: Counted) -> None:
    verdict = counted_after("poison")
    assert verdict.is_sound, verdict.describe()


def test_events_that_met_a_bug_are_done_once_it_is_mended(counted_after: Counted) -> None:
    verdict = counted_after("bug")
    assert verdict.is_sound, verdict.describe()


def test_an_api_killed_under_load_keeps_what_it_acknowledged(counted_after: Counted) -> None:
    verdict = counted_after("api")
    assert verdict.is_sound, verdict.describe()


def test_a_standby_relay_finds_a_dead_workers_rows_when_the_leader_is_killed(counted_after: Counted) -> None:
    verdict = counted_after("relay")
    assert verdict.is_sound, verdict.describe()


def test_a_restart_of_every_process_gives_rows_back_and_loses_nothing(counted_after: Counted) -> None:
    verdict = counted_after("rolling")
    assert verdict.is_sound, verdict.describe()


def test_faults_of_every_kind_upon_one_another_lose_and_double_nothing(counted_after: Counted) -> None:
    verdict = counted_after("everything")
    assert verdict.is_sound, verdict.describe()
