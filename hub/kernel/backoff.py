"""Retry schedules as data: seconds to wait before attempt 2, 3, …; then the row is buried."""

import random
from collections.abc import Sequence

INBOX: tuple[int, ...] = (1, 5, 30, 120, 600, 3_600, 10_800, 21_600, 43_200, 86_400)
"""A handler that fails: quick at first (a deadlock, a restart), then hours (a deploy)."""

_JITTER = 0.2
_random = random.SystemRandom()


def delay_s(schedule: Sequence[int], attempts: int) -> float | None:
    """Give the wait after `attempts` tries, ±20 % so that crowds thin out; None when exhausted."""
    if attempts < 1 or attempts > len(schedule):
        return None
    return schedule[attempts - 1] * _random.uniform(1 - _JITTER, 1 + _JITTER)
