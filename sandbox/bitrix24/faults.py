"""The fault that the operator asked for, and how many calls it still meets."""

import threading
from typing import Literal

FaultMode = Literal["ok", "down", "slow", "limit", "expired", "foreign"]


class Faults:
    """One fault at a time. Safe to call from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mode: FaultMode = "ok"
        self._left: int | None = None
        self._delay_s = 0.0

    def set(self, mode: FaultMode, count: int | None, delay_s: float) -> None:
        """Answer the next `count` calls so, or all of them until told otherwise."""
        with self._lock:
            self._mode, self._left, self._delay_s = mode, count, delay_s

    def spend(self) -> tuple[FaultMode, float]:
        """Give the fault for one call, and count it."""
        with self._lock:
            told = self._mode, self._delay_s
            if self._left is not None:
                self._left -= 1
                if self._left <= 0:
                    self._mode, self._left = "ok", None
            return told

    def show(self) -> FaultMode:
        """Give the fault, counting nothing."""
        with self._lock:
            return self._mode
