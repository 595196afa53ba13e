"""Tables of the clinics and of the 1C infobases."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base

ZONE_DEFAULT = "Europe/Moscow"
# AT TIME ZONE raises on a zone the server does not know, so the check never answers false.
_ZONE_KNOWN = "('2000-01-01T00:00:00Z'::timestamptz AT TIME ZONE timezone) IS NOT NULL"


class Infobase(Base):
    """One 1C base. Its wall clock is `timezone`."""

    __tablename__ = "infobase"
    __table_args__ = (CheckConstraint(_ZONE_KNOWN, name="timezone"),)

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    timezone: Mapped[str] = mapped_column(server_default=text(f"'{ZONE_DEFAULT}'"))
    is_signature_required: Mapped[bool] = mapped_column(server_default=text("false"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    numbering: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    """How often the base has begun to number its messages; numbers of two runs are not compared."""


class Clinic(Base):
    """One clinic; its calendar day is counted in `timezone`."""

    __tablename__ = "clinic"
    __table_args__ = (CheckConstraint(_ZONE_KNOWN, name="timezone"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    timezone: Mapped[str]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))


class ClinicExternal(Base):
    """What an infobase calls a clinic."""

    __tablename__ = "clinic_external"
    __table_args__ = (Index("ix_clinic_external_clinic_id", "clinic_id"),)

    infobase: Mapped[str] = mapped_column(ForeignKey("infobase.code"), primary_key=True)
    ref: Mapped[UUID] = mapped_column(primary_key=True)
    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"))
