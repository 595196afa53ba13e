"""Tables of patients. Personal values are sealed; the `_index` columns find them without opening."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base


class PatientStatus(StrEnum):
    """Whether a patient takes part; `merged` points to the one who took over."""

    ACTIVE = "active"
    FROZEN = "frozen"
    MERGED = "merged"


class IdentityState(StrEnum):
    """What the stranger's card is: live, marked for deletion, or folded into another card."""

    LIVE = "live"
    DELETED = "deleted"
    MERGED = "merged"


class Patient(Base):
    """One person. `merged_into` always names a patient who is not merged."""

    __tablename__ = "patient"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'frozen', 'merged')", name="status"),
        CheckConstraint("(status = 'merged') = (merged_into IS NOT NULL)", name="merged_into"),
        CheckConstraint("card_code = upper(card_code) AND card_code <> ''", name="card_code"),
        CheckConstraint("source IN ('onec', 'cabinet')", name="source"),
        # Partial, so that a change of it is no change of a key, for which visits' foreign keys would wait.
        Index(
            "uq_patient_card_code", "card_code", unique=True, postgresql_where=text("card_code IS NOT NULL")
        ),
        Index("ix_patient_phone_index", "phone_index"),
        Index("ix_patient_email_index", "email_index"),
        Index("ix_patient_surname_index", "surname_index", "id"),
        Index("ix_patient_surname_prefix_index", "surname_prefix_index", "id"),
        Index("ix_patient_phone_birth_index", "phone_birth_index"),
        Index("ix_patient_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    surname: Mapped[bytes | None]
    first_name: Mapped[bytes | None]
    father_name: Mapped[bytes | None]
    birth_date: Mapped[bytes | None]
    phone: Mapped[bytes | None]
    email: Mapped[bytes | None]
    phone_index: Mapped[bytes | None]
    email_index: Mapped[bytes | None]
    surname_index: Mapped[bytes | None]
    surname_prefix_index: Mapped[bytes | None]
    phone_birth_index: Mapped[bytes | None]
    card_code: Mapped[str | None]
    referral_code_used: Mapped[str | None]
    source: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=text("'active'"))
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ExternalIdentity(Base):
    """What a stranger calls a patient, and the stamp of the last snapshot of it that counted."""

    __tablename__ = "external_identity"
    __table_args__ = (
        UniqueConstraint("system", "realm", "external_ref"),
        CheckConstraint("system IN ('onec')", name="system"),
        CheckConstraint("state IN ('live', 'deleted', 'merged')", name="state"),
        CheckConstraint(
            "merged_into_ref IS NULL OR (state = 'merged' AND merged_into_ref <> external_ref)",
            name="merged_into_ref",
        ),
        Index("ix_external_identity_patient_id", "patient_id"),
        Index("ix_external_identity_external_code", text("ltrim(external_code, '0')")),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    system: Mapped[str]
    realm: Mapped[str]
    external_ref: Mapped[UUID]
    external_code: Mapped[str]
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    state: Mapped[str]
    data_version: Mapped[str]
    content_hash: Mapped[bytes]
    message_no: Mapped[int | None]
    occurred_at: Mapped[datetime]
    marks: Mapped[list[list[Any]]]
    merged_into_ref: Mapped[UUID | None]
    """Which card this one was folded into, as 1C said it; chains stay as they were said."""


class ConsentRecord(Base):
    """One yes or no to one purpose; never changed, the newest one counts."""

    __tablename__ = "consent"
    __table_args__ = (UniqueConstraint("patient_id", "purpose", "at", "is_granted", "doc_version"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    purpose: Mapped[str]
    is_granted: Mapped[bool]
    at: Mapped[datetime]
    doc_version: Mapped[str]
    source: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    text_hash: Mapped[bytes | None]
    """sha256 of the words agreed to; only the cabinet shows ours."""
    address: Mapped[bytes | None]
    """Sealed: where the word came from, to prove who gave it."""


class Enrolment(Base):
    """An offer to whoever proved a phone that no patient has; its token is kept as a hash."""

    __tablename__ = "enrolment"
    __table_args__ = (Index("ix_enrolment_created_at", "created_at"),)

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    phone: Mapped[bytes]
    """Sealed."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PatientLogin(Base):
    """A patient's e-mail and password. Several patients may share a mailbox."""

    __tablename__ = "patient_login"
    __table_args__ = (Index("ix_patient_login_email_index", "email_index"),)

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), primary_key=True)
    email: Mapped[bytes]
    """Sealed."""
    email_index: Mapped[bytes]
    password_hash: Mapped[str]
    confirmed_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]


class MailToken(Base):
    """What a letter carried: it confirms a mailbox, or sets a password anew; kept as a hash."""

    __tablename__ = "mail_token"
    __table_args__ = (
        CheckConstraint("purpose IN ('confirm', 'reset')", name="purpose"),
        Index("ix_mail_token_patient_id", "patient_id", "created_at"),
    )

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    purpose: Mapped[str]
    email_index: Mapped[bytes]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class OneTimeCode(Base):
    """A sign-in code that was sent to a phone; only its keyed hash is kept."""

    __tablename__ = "one_time_code"
    __table_args__ = (
        CheckConstraint("tries >= 0", name="tries"),
        Index("ix_one_time_code_phone_index", "phone_index", "created_at"),
        Index("ix_one_time_code_created_at", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    phone_index: Mapped[bytes]
    code_hash: Mapped[bytes]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    used_at: Mapped[datetime | None]
