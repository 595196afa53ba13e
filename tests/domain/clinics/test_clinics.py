from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError

from hub.db.transaction import transaction
from hub.domain.clinics.adding import add_clinic, add_infobase
from hub.domain.clinics.queries import (
    find_clinics_by_ref,
    get_infobase,
    list_infobases,
)
from hub.kernel.errors import FieldInvalidError, NotFoundError

pytestmark = pytest.mark.usefixtures("clean")
REF = UUID("f679444a-22b7-11df-8618-002618dcef2c")
OTHER_REF = UUID("f679444a-22b7-11df-8618-002618dcef2d")


def add_one() -> UUID:
    with transaction() as session:
        add_infobase(session, code="umc_corp", name="УМЦ")
        return add_clinic(
            session, code="center", name="Центр", timezone="Asia/Novosibirsk", refs={"umc_corp": REF}
        )


def test_a_clinic_is_found_by_what_an_infobase_calls_it() -> None:
    clinic_id = add_one()
    with transaction() as session:
        found = find_clinics_by_ref(session, "umc_corp", [REF, OTHER_REF])
        assert {ref: place.clinic_id for ref, place in found.items()} == {REF: clinic_id}
        assert found[REF].timezone == "Asia/Novosibirsk"
        assert find_clinics_by_ref(session, "another", [REF]) == {}


def test_adding_again_gives_the_first_clinic_and_takes_new_refs() -> None:
    first = add_one()
    with transaction() as session:
        again = add_clinic(
            session, code="center", name="Иначе", timezone="Europe/Moscow", refs={"umc_corp": OTHER_REF}
        )
        assert again == first
        found = find_clinics_by_ref(session, "umc_corp", [REF, OTHER_REF])
        assert set(found) == {REF, OTHER_REF}
        assert {place.name for place in found.values()} == {"Центр"}


def test_an_infobase_is_in_moscow_unless_told_otherwise() -> None:
    add_one()
    with transaction() as session:
        add_infobase(session, code="umc_corp", name="Иначе", timezone="Asia/Omsk")
        assert get_infobase(session, "umc_corp").timezone == "Europe/Moscow"
        assert [terms.code for terms in list_infobases(session)] == ["umc_corp"]
        with pytest.raises(NotFoundError):
            get_infobase(session, "nowhere")


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "MSK+3", "", "../etc/passwd", "+03:00"])
def test_a_zone_outside_the_iana_database_is_refused(zone: str) -> None:
    with transaction() as session:
        with pytest.raises(FieldInvalidError):
            add_clinic(session, code="center", name="Центр", timezone=zone, refs={})
        with pytest.raises(FieldInvalidError):
            add_infobase(session, code="umc", name="УМЦ", timezone=zone)


def test_the_database_refuses_an_unknown_zone_too() -> None:
    with pytest.raises(DataError), transaction() as session:
        session.execute(text("INSERT INTO infobase (code, name, timezone) VALUES ('x', 'x', 'Mars/Base')"))
