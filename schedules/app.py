"""Beat's entry: `celery -A schedules.app beat`. It only starts jobs; two beats do no harm."""

from typing import Any

from celery.signals import setup_logging

from hub.kernel.logging import configure_logging
from hub.kernel.settings import settings
from hub.taskqueue.app import app
from hub.taskqueue.names import NUDGE_EXPIRES_S
from schedules.timetable import TIMETABLE, Job

__all__ = ["app"]


@setup_logging.connect
def start_logging(**_: Any) -> None:  # noqa: ANN401  # Celery's signal
    """Use the hub's masked lines instead of Celery's own."""
    configure_logging(level=settings().log_level, as_json=settings().log_json)


def _entry(job: Job) -> dict[str, Any]:
    options: dict[str, Any] = {"expires": min(NUDGE_EXPIRES_S, job.every_s * 2)}
    if job.queue:
        options["queue"] = job.queue.value
    return {"task": job.task.value, "schedule": job.every_s, "args": [job.subject], "options": options}


app.conf.beat_schedule = {job.name: _entry(job) for job in TIMETABLE}
