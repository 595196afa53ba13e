"""Tables of the notifications. Rows of notices hold ids, units and dates: no name, no phone, no text."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base, Small


class NoticeState(StrEnum):
    """What became of a notice."""

    WAITING = "waiting"
    TOLD = "told"
    SILENT = "silent"
    """No channel may or can take it; `outcome` says why, channel by channel."""
    EXPIRED = "expired"
    """Nobody wants to know any more."""
    FAILED = "failed"
    """Its words cannot be made; a person must look."""


class NoticeRow(Base):
    """One thing to tell one patient, once per key."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("notice_key"),
        CheckConstraint("state IN ('waiting', 'told', 'silent', 'expired', 'failed')", name="state"),
        CheckConstraint("(state = 'waiting') = (settled_at IS NULL)", name="settled_at"),
        Index("ix_notice_waiting", "not_before_at", "id", postgresql_where=text("state = 'waiting'")),
        Index(
            "ix_notice_recipient", "recipient_id", "kind", "told_on", postgresql_where=text("state = 'told'")
        ),
        Index("ix_notice_patient_id", "patient_id", "id"),
        Index("ix_notice_failed", "id", postgresql_where=text("state = 'failed'")),
        Index(
            "ix_notice_mailing",
            text("(facts ->> 'mailing')"),
            "state",
            postgresql_where=text("kind = 'mailing.sent'"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    notice_key: Mapped[str]
    kind: Mapped[str]
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    recipient_id: Mapped[UUID | None]
    """Who was told: of a merged patient, who took over."""
    facts: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    is_gathered: Mapped[bool] = mapped_column(server_default=text("false"))
    """Kept for the evening, because one of its kind was told today."""
    outcome: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    """By channel: "queued", or why not."""
    not_before_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    told_on: Mapped[date | None] = mapped_column(Date)
    settled_at: Mapped[datetime | None]
    correlation_id: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class NotificationPreference(Base):
    """How a patient wants to be told; who never chose has no row."""

    __tablename__ = "notification_preference"
    __table_args__ = (
        CheckConstraint("language IN ('ru', 'en')", name="language"),
        CheckConstraint("(quiet_from_minute IS NULL) = (quiet_to_minute IS NULL)", name="quiet"),
        CheckConstraint(
            "quiet_from_minute BETWEEN 0 AND 1439 AND quiet_to_minute BETWEEN 0 AND 1439", name="minutes"
        ),
    )

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), primary_key=True)
    language: Mapped[str]
    service_sms: Mapped[bool]
    service_email: Mapped[bool]
    marketing_sms: Mapped[bool]
    marketing_email: Mapped[bool]
    quiet_from_minute: Mapped[Small | None]
    """Of the day, by the clinic's clock; null: nothing is quiet."""
    quiet_to_minute: Mapped[Small | None]
    updated_at: Mapped[datetime]


class NoticeCount(Base):
    """How many messages a patient was sent on a local day, by channel and class."""

    __tablename__ = "notice_count"
    __table_args__ = (CheckConstraint("sent > 0", name="sent"), Index("ix_notice_count_day", "sent_on"))

    patient_id: Mapped[UUID] = mapped_column(primary_key=True)
    sent_on: Mapped[date] = mapped_column(Date, primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    notice_class: Mapped[str] = mapped_column(primary_key=True)
    sent: Mapped[Small]


class NoticeTemplate(Base):
    """One version of the words of a kind, channel and language; the newest counts, none: the code's own."""

    __tablename__ = "notice_template"
    __table_args__ = (
        UniqueConstraint("kind", "channel", "language", "version"),
        CheckConstraint("channel IN ('sms', 'email')", name="channel"),
        CheckConstraint("language IN ('ru', 'en')", name="language"),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("(subject IS NULL) = (body IS NULL)", name="words"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[str]
    channel: Mapped[str]
    language: Mapped[str]
    version: Mapped[Small]
    subject: Mapped[str | None]
    """Empty for an SMS; null with `body`: back to the words of the code."""
    body: Mapped[str | None]
    actor: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class ExpiryHorizon(Base):
    """How far ahead patients were warned of what burns, per threshold."""

    __tablename__ = "expiry_horizon"
    __table_args__ = (CheckConstraint("days > 0", name="days"),)

    days: Mapped[Small] = mapped_column(primary_key=True, autoincrement=False)
    seen_until: Mapped[datetime]
    seen_lot_id: Mapped[int]
    """Lots are told in order of (expiry, id): this one was the last."""


class MailingState(StrEnum):
    """Where a mailing stands."""

    DRAFT = "draft"
    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"


class Mailing(Base):
    """News for a segment: its words, how fast, and how far it has come."""

    __tablename__ = "mailing"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'running', 'stopped', 'done')", name="state"),
        CheckConstraint("per_minute BETWEEN 1 AND 6000", name="per_minute"),
        CheckConstraint("(state = 'draft') = (started_at IS NULL)", name="started_at"),
        CheckConstraint("name <> ''", name="name"),
        Index("ix_mailing_running", "next_slice_at", postgresql_where=text("state = 'running'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'draft'"))
    segment: Mapped[dict[str, Any]]
    words: Mapped[dict[str, Any]]
    """By language, by channel: subject and body."""
    per_minute: Mapped[int]
    cursor_id: Mapped[UUID | None]
    """The last patient that was looked at: patients are told in order of id."""
    noted: Mapped[int] = mapped_column(server_default=text("0"))
    next_slice_at: Mapped[datetime | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
