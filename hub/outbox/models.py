"""Tables of the outbox."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base


class DeliveryState(StrEnum):
    """Where a delivery stands. `uncertain`: it may have been sent, and is never sent again blindly."""

    READY = "ready"
    RUNNING = "running"
    DELIVERED = "delivered"
    UNCERTAIN = "uncertain"
    EXPIRED = "expired"
    BURIED = "buried"


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


class OutboxDelivery(Base):
    """One message to one destination; its content is sealed."""

    __tablename__ = "outbox_delivery"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("delivery_key"),
        CheckConstraint(
            "state IN ('ready', 'running', 'delivered', 'uncertain', 'expired', 'buried')", name="state"
        ),
        CheckConstraint("(state = 'running') = (claim_id IS NOT NULL)", name="claim"),
        Index(
            "ix_outbox_delivery_ready",
            "destination",
            "next_attempt_at",
            "id",
            postgresql_where=text("state = 'ready'"),
        ),
        Index("ix_outbox_delivery_lease", "leased_until", postgresql_where=text("state = 'running'")),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    public_id: Mapped[UUID]
    destination: Mapped[str]
    kind: Mapped[str]
    delivery_key: Mapped[str]
    sealed: Mapped[bytes]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[datetime]
    claim_id: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
    provider_reference: Mapped[str | None]
    reason: Mapped[str | None]
    correlation_id: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    finished_at: Mapped[datetime | None]


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
    reason: Mapped[str | None]
