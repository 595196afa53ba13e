"""Table of health signals."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base


class Health(StrEnum):
    """How a part is. `off`: not configured here, which is fine."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"
    OFF = "off"


class HealthSignal(Base):
    """The last word of one part."""

    __tablename__ = "health_signal"
    __table_args__ = (CheckConstraint("status IN ('ok', 'degraded', 'down', 'off')", name="status"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str]
    detail: Mapped[str]
    since: Mapped[datetime]
    seen_at: Mapped[datetime]
