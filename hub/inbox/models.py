"""Tables of the inbox."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base


class InboxState(StrEnum):
    """Where an inbox event stands."""

    READY = "ready"
    RUNNING = "running"
    PARKED = "parked"
    PROCESSED = "processed"
    DUPLICATE = "duplicate"
    STALE = "stale"
    IGNORED = "ignored"
    BURIED = "buried"


class InboxEvent(Base):
    """One event of a stranger, at the version of its bytes that arrived."""

    __tablename__ = "inbox_event"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("source", "dedup_key"),
        CheckConstraint(
            "state IN ('ready', 'running', 'parked', 'processed', 'duplicate', 'stale', 'ignored', 'buried')",
            name="state",
        ),
        CheckConstraint("(state = 'running') = (claim_id IS NOT NULL)", name="claim"),
        CheckConstraint("(state = 'parked') = (waiting_for IS NOT NULL)", name="parked"),
        Index(
            "ix_inbox_event_ready",
            "queue",
            "next_attempt_at",
            "id",
            postgresql_where=text("state = 'ready'"),
        ),
        Index(
            "ix_inbox_event_ordering",
            "ordering_key",
            "id",
            postgresql_where=text("state IN ('ready', 'running')"),
        ),
        Index("ix_inbox_event_lease", "leased_until", postgresql_where=text("state = 'running'")),
        Index("ix_inbox_event_waiting", "waiting_for", postgresql_where=text("state = 'parked'")),
        Index("ix_inbox_event_event_id", "source", "sender", "event_id", "id"),
        Index("ix_inbox_event_state", "state", "id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    public_id: Mapped[UUID]
    source: Mapped[str]
    sender: Mapped[str]
    topic: Mapped[str]
    queue: Mapped[str]
    dedup_key: Mapped[bytes]
    event_id: Mapped[str]
    object_ref: Mapped[str]
    ordering_key: Mapped[str | None]
    message_no: Mapped[int | None]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    crashes: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    received_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    finished_at: Mapped[datetime | None]
    claim_id: Mapped[UUID | None]
    claimed_by: Mapped[str | None]
    leased_until: Mapped[datetime | None]
    waiting_for: Mapped[str | None]
    reason_code: Mapped[str | None]
    reason: Mapped[str | None]
    effects: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    correlation_id: Mapped[str]


class InboxBody(Base):
    """The sealed bytes of an event, beside the narrow hot row."""

    __tablename__ = "inbox_body"

    event_id: Mapped[int] = mapped_column(ForeignKey("inbox_event.id"), primary_key=True)
    format: Mapped[str]
    sha256: Mapped[bytes]
    sealed: Mapped[bytes]


class InboxSequence(Base):
    """A span of message numbers received from a sender without a gap."""

    __tablename__ = "inbox_sequence"
    __table_args__ = (CheckConstraint("first_no <= last_no", name="span"),)

    source: Mapped[str] = mapped_column(primary_key=True)
    sender: Mapped[str] = mapped_column(primary_key=True)
    node: Mapped[str] = mapped_column(primary_key=True, server_default=text("''"))
    """Of a base of several nodes: each numbers its own messages; "" when it names none."""
    first_no: Mapped[int] = mapped_column(primary_key=True)
    last_no: Mapped[int]
