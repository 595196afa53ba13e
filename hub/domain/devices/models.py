"""Tables of signed-in devices and of their refresh tokens."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base


class Device(Base):
    """One sign-in in one place: the family of all its refresh tokens."""

    __tablename__ = "device"
    __table_args__ = (
        CheckConstraint("owner IN ('patient', 'staff')", name="owner"),
        CheckConstraint("(revoked_at IS NULL) = (revoked_because IS NULL)", name="revoked"),
        Index("ix_device_user_id", "user_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    owner: Mapped[str]
    label: Mapped[str]
    """What the browser calls itself, trimmed."""
    network: Mapped[str]
    """Of the last use; never the whole address."""
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_because: Mapped[str | None]


class RefreshToken(Base):
    """One token of a family. Used ones stay: only so a copy is noticed."""

    __tablename__ = "refresh_token"
    __table_args__ = (Index("ix_refresh_token_device_id", "device_id"),)

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
