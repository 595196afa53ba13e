"""The table of requests that wait for a second pair of eyes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base
from hub.domain.approvals.rules import ApprovalState

_STATES_SQL = ", ".join(f"'{state}'" for state in ApprovalState)


class Approval(Base):
    """One request. `payload` holds ids and units of what is asked for; the words about it are sealed."""

    __tablename__ = "approval"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES_SQL})", name="state"),
        CheckConstraint("(state = 'pending') = (closed_at IS NULL)", name="closed"),
        CheckConstraint("(state IN ('approved', 'rejected')) = (decider IS NOT NULL)", name="decider"),
        CheckConstraint(
            "requester IS DISTINCT FROM beneficiary AND decider IS DISTINCT FROM requester"
            " AND (decider IS NULL OR decider IS DISTINCT FROM beneficiary)",
            name="own",
        ),
        Index(
            "uq_approval_pending",
            "kind",
            "object_type",
            "object_id",
            unique=True,
            postgresql_where=text("state = 'pending'"),
        ),
        Index("ix_approval_expiry", "expires_at", postgresql_where=text("state = 'pending'")),
        Index("ix_approval_state", "state", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    object_type: Mapped[str]
    object_id: Mapped[str]
    payload: Mapped[dict[str, Any]]
    reason: Mapped[bytes]
    """Sealed."""
    permission: Mapped[str]
    """What the decider must be allowed, as it was when this was asked for."""
    requester: Mapped[str]
    beneficiary: Mapped[str | None]
    state: Mapped[str]
    decider: Mapped[str | None]
    requested_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
