"""Tables of the outbox."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base


class DeliveryState(StrEnum):
    """Where a delivery stands. `uncertain`: it may have been sent, and is never sent again blindly."""

    READY = "ready"
    RUNNING = "running"
    DELIVERED = "delivered"
    UNCERTAIN = "uncertain"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    BURIED = "buried"


class Receipt(StrEnum):
    """What the destination said later of a message that it had taken."""

    AWAITED = "awaited"
    ARRIVED = "arrived"
    FAILED = "failed"


class WhenUncertain(StrEnum):
    """What to do with a message that may have been taken."""

    RESEND = "resend"
    """The other side knows our key and shows a repetition once (a letter's Message-ID)."""
    LOOK_UP = "look_up"
    PERSON = "person"


class OutboxMessage(Base):
    """One announcement."""

    __tablename__ = "outbox_message"
    __table_args__ = (UniqueConstraint("public_id"), Index("ix_outbox_message_about", "about", "id"))

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    public_id: Mapped[UUID]
    topic: Mapped[str]
    about: Mapped[str]
    payload: Mapped[dict[str, Any]]
    correlation_id: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class OutboxDestination(Base):
    """One destination: how fast, whether at all. See `gate` for what the columns mean."""

    __tablename__ = "destination"
    __table_args__ = (
        CheckConstraint("rate_per_minute BETWEEN 1 AND 600000", name="rate"),
        CheckConstraint("burst BETWEEN 1 AND 10000", name="burst"),
        CheckConstraint("in_flight_max BETWEEN 1 AND 64", name="in_flight"),
        CheckConstraint("breaker IN ('closed', 'open', 'half_open')", name="breaker"),
        CheckConstraint("(breaker = 'closed') = (open_until IS NULL)", name="open_until"),
        CheckConstraint("(paused_at IS NULL) = (paused_by IS NULL)", name="paused"),
    )

    name: Mapped[str] = mapped_column(primary_key=True)
    rate_per_minute: Mapped[int]
    burst: Mapped[int]
    in_flight_max: Mapped[int] = mapped_column(SmallInteger)
    tokens: Mapped[int] = mapped_column(BigInteger)
    tokens_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    held_until: Mapped[datetime | None]
    breaker: Mapped[str] = mapped_column(server_default=text("'closed'"))
    open_until: Mapped[datetime | None]
    trips: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    window_started_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    window_sent: Mapped[int] = mapped_column(server_default=text("0"))
    window_failed: Mapped[int] = mapped_column(server_default=text("0"))
    failures_in_row: Mapped[int] = mapped_column(server_default=text("0"))
    paused_at: Mapped[datetime | None]
    paused_by: Mapped[str | None]
    outcomes: Mapped[dict[str, int]] = mapped_column(JSONB, server_default=text("'{}'"))
    """How many sends ended how, ever; counted where the row is locked anyway."""


class RetrySchedule(Base):
    """How one kind of delivery is tried again; edited by operators."""

    __tablename__ = "retry_schedule"
    __table_args__ = (
        CheckConstraint("cardinality(delays_s) <= 30 AND 0 < ALL (delays_s)", name="delays"),
        CheckConstraint("ttl_s > 0", name="ttl"),
        CheckConstraint("when_uncertain IN ('resend', 'look_up', 'person')", name="when_uncertain"),
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    delays_s: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    """Seconds to wait before attempt 2, 3, …; then the delivery is buried."""
    ttl_s: Mapped[int]
    """How long a delivery is worth sending, unless its sender says otherwise."""
    when_uncertain: Mapped[str]


class OutboxDelivery(Base):
    """One message to one destination; its content is sealed."""

    __tablename__ = "outbox_delivery"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("delivery_key"),
        CheckConstraint(
            "state IN ('ready', 'running', 'delivered', 'uncertain', 'expired', 'cancelled', 'buried')",
            name="state",
        ),
        CheckConstraint("(state = 'running') = (claim_id IS NOT NULL)", name="claim"),
        CheckConstraint("receipt IN ('awaited', 'arrived', 'failed')", name="receipt"),
        Index(
            "ix_outbox_delivery_ready",
            "destination",
            "priority",
            "next_attempt_at",
            "id",
            postgresql_where=text("state = 'ready'"),
        ),
        Index("ix_outbox_delivery_expiry", "expires_at", postgresql_where=text("state = 'ready'")),
        Index(
            "ix_outbox_delivery_running",
            "destination",
            "leased_until",
            postgresql_where=text("state = 'running'"),
        ),
        Index(
            "ix_outbox_delivery_uncertain",
            "destination",
            "next_attempt_at",
            postgresql_where=text("state = 'uncertain' AND NOT needs_person"),
        ),
        Index(
            "ix_outbox_delivery_ordering",
            "ordering_key",
            "id",
            postgresql_where=text("ordering_key IS NOT NULL AND state IN ('ready', 'running', 'uncertain')"),
        ),
        Index(
            "uq_outbox_delivery_coalesce",
            "coalesce_key",
            unique=True,
            postgresql_where=text("state = 'ready' AND tries = 0"),
        ),
        Index(
            "ix_outbox_delivery_receipt",
            "destination",
            "receipt_due_at",
            postgresql_where=text("receipt = 'awaited'"),
        ),
        Index("ix_outbox_delivery_state", "state", "id"),
        Index("ix_outbox_delivery_kind", "kind", "id"),
        Index("ix_outbox_delivery_about", "about", "id"),
        Index("ix_outbox_delivery_recipient", "recipient_index", "id"),
        Index("ix_outbox_delivery_reference", "provider_reference"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    public_id: Mapped[UUID]
    destination: Mapped[str] = mapped_column(ForeignKey("destination.name"))
    kind: Mapped[str] = mapped_column(ForeignKey("retry_schedule.kind"))
    delivery_key: Mapped[str]
    about: Mapped[str | None]
    """Whom or what it is about: "patient:<id>"."""
    recipient_index: Mapped[bytes | None]
    ordering_key: Mapped[str | None]
    coalesce_key: Mapped[str | None]
    hits: Mapped[int] = mapped_column(server_default=text("1"))
    """How many messages became this one."""
    priority: Mapped[int] = mapped_column(SmallInteger, server_default=text("5"))
    """Less goes first."""
    sealed: Mapped[bytes]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    """Tries that count against the schedule."""
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    """All tries, throttled ones too; never goes back."""
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    needs_person: Mapped[bool] = mapped_column(server_default=text("false"))
    """Uncertain, and nobody but a person can find out."""
    expires_at: Mapped[datetime]
    claim_id: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
    provider_reference: Mapped[str | None]
    parts: Mapped[int | None] = mapped_column(SmallInteger)
    cost_kopecks: Mapped[int | None] = mapped_column(BigInteger)
    receipt: Mapped[str | None]
    receipt_due_at: Mapped[datetime | None]
    receipt_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    correlation_id: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    finished_at: Mapped[datetime | None]


class AbsorbedOrder(Base):
    """An order whose message took the place of a waiting one: its key must not make a second delivery."""

    __tablename__ = "absorbed_order"
    __table_args__ = (Index("ix_absorbed_order_delivery", "delivery_id"),)

    delivery_key: Mapped[str] = mapped_column(primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("outbox_delivery.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class DeliveryAttempt(Base):
    """One try; a row without an outcome is a try whose end nobody recorded."""

    __tablename__ = "delivery_attempt"
    __table_args__ = (UniqueConstraint("delivery_id", "attempt_no"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("outbox_delivery.id"))
    attempt_no: Mapped[int] = mapped_column(SmallInteger)
    started_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    """How the send ended; "look-up" for a question about an uncertain one; NULL = its worker died."""
    reason: Mapped[str | None]
    duration_ms: Mapped[int | None]
