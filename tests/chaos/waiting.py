"""Waiting for what must come, bounded in time."""

import threading
import time
from collections.abc import Callable

_POLL_S = 0.1


class NotWithinError(AssertionError):
    """What had to come did not come in time."""


def wait_until(condition: Callable[[], bool], *, within_s: float, what: str) -> float:
    """Poll until the condition holds; gives how long it took. Raises: NotWithinError."""
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > within_s:
            raise NotWithinError(f"not within {within_s:.0f} s: {what}")
        pause(_POLL_S)
    return time.monotonic() - started


def pause(seconds: float) -> None:
    """Let time pass: how long a fault lasts is part of the fault."""
    threading.Event().wait(seconds)
