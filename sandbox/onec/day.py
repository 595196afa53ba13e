"""One day of the clinic as a picture: how many were expected in each hour, how many came, what was told."""

import collections
import datetime as dt
import threading
from collections.abc import Sequence

from sandbox.onec.documents import Notice

# Share of a day's visits by the hour in which they end; mornings before work and evenings after it are busy.
HOUR_WEIGHTS = (0, 0, 0, 0, 0, 0, 0, 1, 9, 12, 11, 8, 5, 4, 4, 5, 6, 9, 12, 11, 6, 1, 0, 0)
WEEKDAY_SHARES = (1.1, 1.0, 1.0, 1.0, 0.95, 0.5, 0.25)


class Day:
    """Counters of one calendar day. Safe to read while another thread counts."""

    def __init__(self, date: dt.date, visits: int = 0) -> None:
        self.date = date
        self.visits = visits
        self._came: collections.Counter[int] = collections.Counter()
        self._told: collections.Counter[int] = collections.Counter()
        self._lock = threading.Lock()

    def count(self, at: dt.datetime, notices: Sequence[Notice]) -> None:
        """Count what an act told, by each branch's own hour; a first version of a visit is an arrival."""
        with self._lock:
            for notice in notices:
                hour = at.astimezone(notice.clinic.zone).hour
                self._told[hour] += 1
                self._came[hour] += notice.is_first_version and notice.kind == "visit.completed"

    def hours(self) -> list[dict[str, object]]:
        """List the hours: expected arrivals, arrivals, and notices."""
        whole = sum(HOUR_WEIGHTS)
        with self._lock:
            return [
                {
                    "hour": hour,
                    "expected": round(self.visits * weight / whole, 1),
                    "came": self._came[hour],
                    "told": self._told[hour],
                }
                for hour, weight in enumerate(HOUR_WEIGHTS)
            ]
