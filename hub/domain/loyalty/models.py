"""Table of tiers."""

from sqlalchemy import CheckConstraint, Integer
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base


class Tier(Base):
    """A level of the programme and its cashback rate."""

    __tablename__ = "tier"
    __table_args__ = (CheckConstraint("rate_bp BETWEEN 0 AND 10000", name="rate"),)

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str]
    rate_bp: Mapped[int] = mapped_column(Integer)
    rule_version: Mapped[int] = mapped_column(Integer)
