"""Nudges: «there may be work», published after the commit and off the caller's path.

A thread per process sends them: at once when idle, at least 10 ms apart under load, each kind once
per round. They may be lost, doubled or late; the relay finds what no nudge found.
"""

import os
import threading
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import structlog
from sqlalchemy.orm import Session

from hub.db.transaction import after_commit
from hub.taskqueue.app import app
from hub.taskqueue.names import NUDGE_EXPIRES_S, TaskName

_APART_S = 0.01
_REST_AFTER_FAILURE_S = 1.0
_POOL_WAIT_S = 1.0
log = structlog.get_logger()


class Nudge(NamedTuple):
    """Which task to wake, and for which queue or destination."""

    task: TaskName
    subject: str


class Nudger:
    """The sending thread; started by the first nudge of its process."""

    def __init__(self) -> None:
        self._wanted: set[Nudge] = set()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._rest = threading.Event()  # never set: only waited for
        threading.Thread(target=self._run, name="nudger", daemon=True).start()

    def ask(self, nudge: Nudge) -> None:
        """Want a nudge; returns at once, never raises."""
        with self._lock:
            self._wanted.add(nudge)
        self._wake.set()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            with self._lock:
                wanted, self._wanted = self._wanted, set()
            self._rest.wait(_APART_S if publish(wanted) else _REST_AFTER_FAILURE_S)


def nudge(session: Session, task: TaskName, subject: str) -> None:
    """Ask for a nudge once this transaction has committed."""
    after_commit(session, lambda: nudge_now(task, subject))


def nudge_now(task: TaskName, subject: str) -> None:
    """Ask for a nudge at once; for callers whose rows are committed already."""
    _nudger(os.getpid()).ask(Nudge(task, subject))


def publish(nudges: Iterable[Nudge]) -> bool:
    """Send nudges in one round trip; False when it failed, however: nothing is lost by that. Never raises."""
    try:
        with app.producer_pool.acquire(block=True, timeout=_POOL_WAIT_S) as producer, producer.batch():  # type: ignore[attr-defined]  # new in kombu 5.7, not in the stubs yet
            for wanted in sorted(nudges):
                app.send_task(
                    wanted.task.value,
                    args=[wanted.subject],
                    expires=NUDGE_EXPIRES_S,
                    producer=producer,
                    retry=False,
                )
    except Exception as error:  # noqa: BLE001  # however it failed, the relay will find the rows
        log.warning("nudge_lost", error_class=type(error).__name__)
        return False
    return True


@cache
def _nudger(_pid: int) -> Nudger:
    """One per process: a thread does not survive a fork."""
    return Nudger()
