"""When a row of failures locks a login: ten in a row lock it for one place, fifty for everybody.

A place that guesses is shut out for a quarter of an hour, and the honest owner elsewhere notices nothing.
A flood from many places shuts everybody out, but for two minutes only: it slows guessing, and nobody can
keep an owner out of their account for long.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

FAILURES_MAX = 10
LOCKED_FOR = timedelta(minutes=15)
FLOOD_MAX = 50
FLOOD_LOCKED_FOR = timedelta(minutes=2)
PASSWORD_LENGTH_MIN = 10
# Hashing reads the whole password, so its length is a stranger's lever on our processor.
PASSWORD_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True)
class FailureRow:
    """Failures in a row, and until when the login is locked."""

    failed_count: int
    locked_until: datetime | None

    def is_locked(self, at: datetime) -> bool:
        """Tell whether nobody is let in at `at`, whatever the password."""
        return self.locked_until is not None and at < self.locked_until

    def with_failure(
        self, at: datetime, *, most: int = FAILURES_MAX, locked_for: timedelta = LOCKED_FOR
    ) -> "FailureRow":
        """Count one more failure; a lock that is over starts the row anew."""
        failed_count = 1 if self.locked_until is not None else self.failed_count + 1
        return FailureRow(failed_count, at + locked_for if failed_count >= most else None)

    def with_failure_of_any(self, at: datetime) -> "FailureRow":
        """Count one more failure of whoever it was."""
        return self.with_failure(at, most=FLOOD_MAX, locked_for=FLOOD_LOCKED_FOR)


NO_FAILURES = FailureRow(0, None)
