"""Leaky buckets (GCRA): a bucket remembers one instant, when it will be empty again.

In Redis, so that every API process counts together; all buckets of a call in one round trip, and a refused
call spends none. The same arithmetic in this process's memory stands in while Redis is away.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from hub.kernel.rates import PERIOD_S

MICRO = 1_000_000
_PERIOD_US = PERIOD_S * MICRO
_LOCAL_MAX = 50_000

SPEND_LUA = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local period = tonumber(ARGV[1])
local least, tightest, dues = nil, 1, {}
for i, key in ipairs(KEYS) do
  local step = math.floor(period / tonumber(ARGV[i + 1]))
  local due = math.max(tonumber(redis.call('GET', key) or 0), now) + step
  if due - now > period then
    return {i, due - now - period, 0, due - step - now}
  end
  local left = math.floor((period - (due - now)) / step)
  if least == nil or left < least then
    least, tightest = left, i
  end
  dues[i] = due
end
for i, key in ipairs(KEYS) do
  redis.call('SET', key, string.format('%.0f', dues[i]), 'PX', math.ceil((dues[i] - now) / 1000))
end
return {tightest, 0, least, dues[tightest] - now}
"""
"""Gives: the bucket that decides, wait in µs (0: let in), calls left in it, µs until it is empty."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Who is counted, and how many calls a minute."""

    key: str
    count: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the bucket that decides says."""

    count: int
    left: int
    empty_in_us: int
    wait_us: int = 0

    @property
    def is_refused(self) -> bool:
        """Whether the call must come back later."""
        return self.wait_us > 0

    @property
    def wait_s(self) -> int:
        """Whole seconds to wait, at least one."""
        return max(1, -(-self.wait_us // MICRO))

    @property
    def empty_in_s(self) -> int:
        """Whole seconds until everything may be asked again."""
        return -(-self.empty_in_us // MICRO)


def read_verdict(buckets: Sequence[Bucket], told: Sequence[int]) -> Verdict:
    """Read what SPEND_LUA gave."""
    index, wait_us, left, empty_in_us = (int(number) for number in told)
    return Verdict(buckets[index - 1].count, left, empty_in_us, wait_us)


class LocalBuckets:
    """Buckets in memory, the longest unused ones forgotten. Safe to call from several threads."""

    def __init__(self) -> None:
        self._dues_us: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    def spend(self, buckets: Sequence[Bucket], *, now_us: int | None = None) -> Verdict:
        """Count one call in every bucket, or in none when one of them is full."""
        now = time.monotonic_ns() // 1_000 if now_us is None else now_us
        with self._lock:
            dues: list[int] = []
            verdicts: list[Verdict] = []
            for bucket in buckets:
                step = _PERIOD_US // bucket.count
                due = max(self._dues_us.get(bucket.key, 0), now) + step
                if due - now > _PERIOD_US:
                    return Verdict(bucket.count, 0, due - step - now, due - now - _PERIOD_US)
                dues.append(due)
                verdicts.append(Verdict(bucket.count, (_PERIOD_US - (due - now)) // step, due - now))
            for bucket, due in zip(buckets, dues, strict=True):
                self._dues_us[bucket.key] = due
                self._dues_us.move_to_end(bucket.key)
            while len(self._dues_us) > _LOCAL_MAX:
                self._dues_us.popitem(last=False)
            return min(verdicts, key=lambda verdict: verdict.left)
