"""Infobases and clinics enter the hub here, with a time zone that was checked."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from hub.domain.clinics.models import ZONE_DEFAULT, Clinic, ClinicExternal, Infobase
from hub.domain.clinics.rules import known_zones
from hub.kernel.errors import FieldInvalidError, NotFoundError
from hub.kernel.ids import new_id


def add_infobase(
    session: Session,
    *,
    code: str,
    name: str,
    timezone: str = ZONE_DEFAULT,
    is_signature_required: bool = False,
) -> None:
    """Let a 1C base in. Repeating with the same code changes nothing.

    Raises: FieldInvalidError when the zone is not in the IANA database.
    """
    _check_zone(timezone)
    session.execute(
        insert(Infobase)
        .values(code=code, name=name, timezone=timezone, is_signature_required=is_signature_required)
        .on_conflict_do_nothing()
    )


def add_clinic(session: Session, *, code: str, name: str, timezone: str, refs: Mapping[str, UUID]) -> UUID:
    """Add a clinic and what infobases call it (infobase → ref); gives its id.

    Raises: FieldInvalidError when the zone is not in the IANA database. Repeating with the same code
    gives the first id, adds the refs that are new and moves those that now mean this clinic.
    """
    _check_zone(timezone)
    session.execute(
        insert(Clinic)
        .values(id=new_id(), code=code, name=name, timezone=timezone)
        .on_conflict_do_nothing(index_elements=["code"])
    )
    clinic_id = session.execute(select(Clinic.id).where(Clinic.code == code)).scalar_one()
    for infobase, ref in sorted(refs.items()):
        adding = insert(ClinicExternal).values(infobase=infobase, ref=ref, clinic_id=clinic_id)
        session.execute(
            adding.on_conflict_do_update(
                index_elements=["infobase", "ref"], set_={"clinic_id": adding.excluded.clinic_id}
            )
        )
    return clinic_id


def restart_numbering(session: Session, *, code: str) -> int:
    """Let the base's next messages be numbered apart from all before; gives how often it has begun.

    For a base that was restored from a backup: its counters went back. Raises: NotFoundError.
    """
    numbering: int | None = session.scalar(
        update(Infobase)
        .where(Infobase.code == code)
        .values(numbering=Infobase.numbering + 1)
        .returning(Infobase.numbering)
    )
    if numbering is None:
        raise NotFoundError
    return numbering


def _check_zone(timezone: str) -> None:
    if timezone not in known_zones():
        raise FieldInvalidError(field="timezone")
