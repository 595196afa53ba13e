"""Errors carry a kind, a stable code and typed facts; doors alone map kinds to statuses.

The domain knows kinds. `api/problems.py` knows HTTP, `hub/flows/drain.py` knows what to do with a row.
"""

from enum import StrEnum
from typing import ClassVar


class ErrorKind(StrEnum):
    """What went wrong, seen by whoever must act on it."""

    MALFORMED = "malformed"
    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not-found"
    CONFLICT = "conflict"
    REFUSED = "refused"
    TOO_LARGE = "too-large"
    UNSUPPORTED = "unsupported"
    LIMITED = "limited"
    BUSY = "busy"
    UPSTREAM = "upstream"
    PARKED = "parked"


TRANSIENT = frozenset({ErrorKind.BUSY, ErrorKind.UPSTREAM, ErrorKind.CONFLICT, ErrorKind.LIMITED})
"""Kinds that time may cure: a worker postpones these and buries the others."""


class HubError(Exception):
    """Base of every error the hub raises on purpose; subclasses name `code` and `kind`."""

    code: ClassVar[str]
    kind: ClassVar[ErrorKind]

    def __init__(self, **facts: str | int | None) -> None:
        """Keep the facts; they go to the caller, so they hold no personal values."""
        self.facts = facts
        super().__init__(self.code, facts)


class NotFoundError(HubError):
    """There is no such thing, or it is not the caller's to see."""

    code = "not-found"
    kind = ErrorKind.NOT_FOUND


class ForbiddenError(HubError):
    """The caller is known, and may not do this."""

    code = "forbidden"
    kind = ErrorKind.FORBIDDEN


class BusyError(HubError):
    """The hub cannot take this now; the same call later may succeed."""

    code = "busy"
    kind = ErrorKind.BUSY


class FieldInvalidError(HubError):
    """One field of the request breaks its rule; `field` points at it."""

    code = "validation-failed"
    kind = ErrorKind.INVALID


class CursorInvalidError(HubError):
    """The page cursor was not made by this list."""

    code = "validation-failed"
    kind = ErrorKind.INVALID
