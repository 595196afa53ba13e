"""The audit trail's tables: the records, what people said about them, their chain, and its signed heads."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base


class AuditRecord(Base):
    """One action. `details`, `before` and `after` hold ids and units, no personal values."""

    __tablename__ = "audit_record"
    __table_args__ = (
        Index("ix_audit_record_object", "object_type", "object_id", "id"),
        Index("ix_audit_record_actor", "actor", "id"),
        Index("ix_audit_record_action", "action", "id"),
        Index("ix_audit_record_at", "at", postgresql_using="brin"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    actor: Mapped[str]
    action: Mapped[str]
    object_type: Mapped[str]
    object_id: Mapped[str]
    details: Mapped[dict[str, Any]]
    correlation_id: Mapped[str]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    on_behalf_of: Mapped[str | None]


class AuditNote(Base):
    """Words of a person about a record, sealed. Beside the chain: people write names."""

    __tablename__ = "audit_note"

    record_id: Mapped[int] = mapped_column(ForeignKey(AuditRecord.id), primary_key=True)
    sealed: Mapped[bytes]


class AuditLink(Base):
    """One record's place in the chain: `hash` covers the record and the hash before it."""

    __tablename__ = "audit_link"
    __table_args__ = (
        CheckConstraint("seq > 0", name="seq"),
        CheckConstraint("octet_length(hash) = 32", name="hash"),
        Index("ix_audit_link_sealed_at", "sealed_at"),
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    record_id: Mapped[int] = mapped_column(ForeignKey(AuditRecord.id), unique=True)
    hash: Mapped[bytes]
    sealed_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class AuditHead(Base):
    """The chain's end as it stood once, signed; a copy of it is kept outside the database."""

    __tablename__ = "audit_head"
    __table_args__ = (
        CheckConstraint("octet_length(hash) = 32", name="hash"),
        Index("ix_audit_head_unexported", "seq", postgresql_where=text("exported_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(unique=True)
    hash: Mapped[bytes]
    signed_at: Mapped[datetime]
    key_id: Mapped[str]
    signature: Mapped[bytes]
    exported_at: Mapped[datetime | None]
