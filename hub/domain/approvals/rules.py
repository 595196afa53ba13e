"""Who may decide, and what may follow what: pure."""

from datetime import datetime, timedelta
from enum import StrEnum

LIFETIME = timedelta(days=3)
"""A request that nobody decided over a long weekend is asked anew, by somebody who still means it."""


class ApprovalState(StrEnum):
    """How far a request is; `approved` is written with what was asked for, in one commit."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"


def is_own(*, requester: str, beneficiary: str | None, decider: str) -> bool:
    """Tell whether the decider asked for it or gains by it."""
    return decider in {requester, beneficiary}


def state_at(state: ApprovalState, *, expires_at: datetime, now: datetime) -> ApprovalState:
    """Give the state as of now: a pending request whose time is over has expired, swept or not."""
    if state is ApprovalState.PENDING and expires_at <= now:
        return ApprovalState.EXPIRED
    return state
