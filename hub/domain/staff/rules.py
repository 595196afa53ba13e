"""When a row of failures locks a login: ten in a row, for a quarter of an hour."""

from dataclasses import dataclass
from datetime import datetime, timedelta

FAILURES_MAX = 10
LOCKED_FOR = timedelta(minutes=15)
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

    def with_failure(self, at: datetime) -> "FailureRow":
        """Count one more failure; a lock that is over starts the row anew."""
        failed_count = 1 if self.locked_until is not None else self.failed_count + 1
        return FailureRow(failed_count, at + LOCKED_FOR if failed_count >= FAILURES_MAX else None)


NO_FAILURES = FailureRow(0, None)
