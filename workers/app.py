"""The workers' entry: `celery -A workers.app worker -Q …`."""

import gc
import os
from typing import Any

from celery.signals import setup_logging, worker_init, worker_process_init

from hub.db.engine import forget_engine_after_fork
from hub.kernel.logging import configure_logging
from hub.kernel.settings import settings
from hub.taskqueue.app import app
from workers import clock_tasks, delivery_tasks, inbox_tasks, notice_tasks

_GARBAGE_AFTER = 50_000
"""Objects. A batch makes tens of thousands and drops them all; looking sooner costs a tenth of its time."""
TASKS = (clock_tasks, delivery_tasks, inbox_tasks, notice_tasks)
__all__ = ["app"]


@setup_logging.connect
def start_logging(**_: Any) -> None:  # noqa: ANN401  # Celery's signal
    """Use the hub's masked lines instead of Celery's own."""
    configure_logging(level=settings().log_level, as_json=settings().log_json)


@worker_init.connect
def size_pool(sender: Any, **_: Any) -> None:  # noqa: ANN401  # Celery's signal
    """One connection per thread of this worker; a prefork child needs two (work and its nudge's read)."""
    is_threaded = "thread" in str(getattr(sender, "pool_cls", "")).lower()
    os.environ["HUB_POOL_SIZE"] = str(sender.concurrency or 2) if is_threaded else "2"


@worker_process_init.connect
def start_child(**_: Any) -> None:  # noqa: ANN401  # Celery's signal
    """A forked child makes its own connections, and does not look for garbage in what it was born with."""
    forget_engine_after_fork()
    gc.freeze()
    gc.set_threshold(_GARBAGE_AFTER)
