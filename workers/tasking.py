"""What every task is: named on the page of names, returns counts only, never retried by Celery.

A task may be lost, doubled or late: rows are the truth. A database that is away ends it quietly.
"""

from collections.abc import Callable, Mapping
from functools import wraps

import structlog

from hub.kernel.errors import TRANSIENT, HubError
from hub.kernel.ids import new_id
from hub.taskqueue.app import app
from hub.taskqueue.names import TaskName

Counts = Mapping[str, int]
log = structlog.get_logger()


def task(name: TaskName) -> Callable[[Callable[[str], Counts]], Callable[[str], Counts]]:
    """Register a task that takes one subject: a queue, a destination, or nothing ("")."""

    def register(work: Callable[[str], Counts]) -> Callable[[str], Counts]:
        @wraps(work)
        def run(subject: str) -> Counts:
            structlog.contextvars.clear_contextvars()
            structlog.contextvars.bind_contextvars(correlation_id=str(new_id()), task=name.value)
            try:
                counts = work(subject)
            except HubError as error:
                if error.kind not in TRANSIENT:
                    raise
                log.warning("task_put_off", code=error.code)
                return {"put_off": 1}
            if any(counts.values()):
                log.info("task_done", subject=subject, **counts)
            return counts

        return app.task(name=name.value, bind=False)(run)

    return register
