"""Tables of staff, of their failed sign-ins, and of services' credentials."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base
from hub.domain.clinics.models import Infobase
from hub.domain.staff.permissions import STAFF_ROLES

_STAFF_ROLES_SQL = ", ".join(f"'{role}'" for role in STAFF_ROLES)


class Staff(Base):
    """One member of staff. No password hash: signs in by SSO only."""

    __tablename__ = "staff"
    __table_args__ = (
        CheckConstraint("login = lower(login)", name="login"),
        CheckConstraint(
            f"cardinality(roles) > 0 AND roles <@ ARRAY[{_STAFF_ROLES_SQL}]::text[]", name="roles"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[bytes]
    """Sealed."""
    password_hash: Mapped[str | None]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class PortalIdentity(Base):
    """One employee of a portal; without `staff_id` they came and were refused until somebody links them."""

    __tablename__ = "portal_identity"
    __table_args__ = (
        CheckConstraint("portal_user_id > 0", name="portal_user_id"),
        CheckConstraint("dismissed_at IS NULL OR staff_id IS NOT NULL", name="dismissed"),
        Index("uq_portal_identity_staff", "staff_id", "member_id", unique=True),
    )

    member_id: Mapped[str] = mapped_column(primary_key=True)
    portal_user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    staff_id: Mapped[UUID | None] = mapped_column(ForeignKey(Staff.id))
    seen_at: Mapped[datetime | None]
    dismissed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class SignInFailure(Base):
    """Failures in a row by blind-indexed login, kept alike for logins that exist and that do not."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (
        CheckConstraint("failed_count >= 0", name="failed_count"),
        Index("ix_sign_in_failure_changed_at", "changed_at"),
    )

    login_index: Mapped[bytes] = mapped_column(primary_key=True)
    failed_count: Mapped[int] = mapped_column(SmallInteger)
    locked_until: Mapped[datetime | None]
    changed_at: Mapped[datetime]


class PlaceFailure(Base):
    """Failures in a row at a login from one network; both are blind."""

    __tablename__ = "place_failure"
    __table_args__ = (
        CheckConstraint("failed_count >= 0", name="failed_count"),
        Index("ix_place_failure_changed_at", "changed_at"),
    )

    login_index: Mapped[bytes] = mapped_column(primary_key=True)
    place_index: Mapped[bytes] = mapped_column(primary_key=True)
    failed_count: Mapped[int] = mapped_column(SmallInteger)
    locked_until: Mapped[datetime | None]
    changed_at: Mapped[datetime]


class StaffTotp(Base):
    """The secret that a member of staff shares with a phone; it counts once it is confirmed."""

    __tablename__ = "staff_totp"

    staff_id: Mapped[UUID] = mapped_column(ForeignKey(Staff.id), primary_key=True)
    secret: Mapped[bytes]
    """Sealed."""
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    """The newest step whose code was used: no code works twice."""
    created_at: Mapped[datetime]


class RecoveryCode(Base):
    """One way in without the phone, once; kept as a keyed hash."""

    __tablename__ = "recovery_code"

    staff_id: Mapped[UUID] = mapped_column(
        ForeignKey(StaffTotp.staff_id, ondelete="CASCADE"), primary_key=True
    )
    code_hash: Mapped[bytes] = mapped_column(primary_key=True)
    used_at: Mapped[datetime | None]


class Credential(Base):
    """A service's secret, hashed; the next one is valid too while it is being rolled out."""

    __tablename__ = "service_credential"
    __table_args__ = (
        CheckConstraint("cardinality(roles) > 0 AND roles <@ ARRAY['service']::text[]", name="roles"),
        CheckConstraint("NOT is_signature_required OR signing_secret IS NOT NULL", name="signature"),
        Index("ix_service_credential_infobase", "infobase"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    secret_hash_next: Mapped[bytes | None] = mapped_column(unique=True)
    infobase: Mapped[str | None] = mapped_column(ForeignKey(Infobase.code))
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    signing_secret: Mapped[bytes | None]
    """Sealed: it signs, so it cannot be a hash."""
    is_signature_required: Mapped[bool] = mapped_column(server_default=text("false"))
    networks: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    """Where it may call from, as CIDR; empty: from anywhere."""
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
