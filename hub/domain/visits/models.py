"""Tables of visits and refunds."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base


class Visit(Base):
    """One visit document. Not live: cancelled, or known by its cancellation only."""

    __tablename__ = "visit"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("infobase", "ref"),
        Index("ix_visit_patient_id", "patient_id", "id"),
        CheckConstraint("NOT is_live OR (patient_id IS NOT NULL AND completed_at IS NOT NULL)", name="live"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    public_id: Mapped[UUID]
    infobase: Mapped[str]
    ref: Mapped[UUID]
    object_type: Mapped[str]
    number: Mapped[str]
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"))
    clinic_ref: Mapped[UUID | None]
    completed_at: Mapped[datetime | None]
    is_live: Mapped[bool]
    data_version: Mapped[str]
    content_hash: Mapped[bytes]
    message_no: Mapped[int | None]
    occurred_at: Mapped[datetime]
    marks: Mapped[list[list[Any]]]
    total_kopecks: Mapped[int]
    base_kopecks: Mapped[int]
    version: Mapped[int] = mapped_column(Integer)
    referral_code: Mapped[str]
    promo_code: Mapped[str]
    warnings: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    updated_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class VisitLine(Base):
    """One line of the newest version, with its share of the earning base."""

    __tablename__ = "visit_line"
    __table_args__ = (
        CheckConstraint("amount_kopecks >= 0 AND base_kopecks BETWEEN 0 AND amount_kopecks", name="amounts"),
    )

    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"), primary_key=True)
    line_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    service_ref: Mapped[UUID]
    loyalty_group: Mapped[str]
    doctor_ref: Mapped[UUID | None]
    amount_kopecks: Mapped[int]
    base_kopecks: Mapped[int]


class VisitRefund(Base):
    """One refund document of a visit. `is_whole`: it named no lines."""

    __tablename__ = "visit_refund"
    __table_args__ = (
        UniqueConstraint("infobase", "ref"),
        Index("ix_visit_refund_visit_id", "visit_id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"))
    infobase: Mapped[str]
    ref: Mapped[UUID]
    object_type: Mapped[str]
    number: Mapped[str]
    is_live: Mapped[bool]
    data_version: Mapped[str]
    content_hash: Mapped[bytes]
    message_no: Mapped[int | None]
    occurred_at: Mapped[datetime]
    marks: Mapped[list[list[Any]]]
    is_whole: Mapped[bool]
    version: Mapped[int] = mapped_column(Integer)


class VisitRefundLine(Base):
    """How much of a visit line a refund gave back."""

    __tablename__ = "visit_refund_line"
    __table_args__ = (CheckConstraint("amount_kopecks >= 0", name="amount"),)

    refund_id: Mapped[int] = mapped_column(ForeignKey("visit_refund.id"), primary_key=True)
    line_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    amount_kopecks: Mapped[int]
