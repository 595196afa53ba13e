"""The timetable names tasks that exist, each line once, with a reason."""

import pytest

from hub.taskqueue.names import NUDGE_EXPIRES_S, ROUTES, Queue, TaskName
from schedules.app import app
from schedules.timetable import TIMETABLE
from workers.app import TASKS


def test_every_line_has_a_name_of_its_own_and_a_reason() -> None:
    assert len({job.name for job in TIMETABLE}) == len(TIMETABLE)
    for job in TIMETABLE:
        assert job.every_s > 0
        assert len(job.why.split()) > 2


@pytest.mark.usefixtures("database")
def test_every_line_starts_a_task_that_a_worker_knows() -> None:
    assert TASKS
    for job in TIMETABLE:
        assert job.task.value in app.tasks
        assert (job.queue or ROUTES[job.task]["queue"]) in set(Queue)


@pytest.mark.usefixtures("database")
def test_beat_is_given_exactly_the_timetable() -> None:
    given = app.conf.beat_schedule
    assert set(given) == {job.name for job in TIMETABLE}
    for job in TIMETABLE:
        entry = given[job.name]
        assert (entry["task"], entry["schedule"], entry["args"]) == (
            job.task.value,
            job.every_s,
            [job.subject],
        )
        assert 0 < entry["options"]["expires"] <= NUDGE_EXPIRES_S


def test_every_worker_has_its_pulse_felt() -> None:
    felt = {job.queue for job in TIMETABLE if job.task is TaskName.PULSE}
    assert felt == {Queue.CORE, Queue.IO, Queue.SLOW}


def test_what_only_the_clock_starts_stands_in_the_timetable() -> None:
    nudged = {TaskName.DRAIN_INBOX, TaskName.DELIVER, TaskName.NOTIFY}
    assert {job.task for job in TIMETABLE} | nudged == set(TaskName)
