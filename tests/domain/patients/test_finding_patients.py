from datetime import date
from uuid import UUID, uuid4

import pytest

from hub.db.transaction import transaction
from hub.domain.patients import listing
from hub.domain.patients.listing import PatientRow, list_patients
from hub.domain.patients.models import PatientStatus
from hub.domain.patients.queries import (
    ProfileBrief,
    find_by_card,
    find_by_phone,
    find_patients_by_ref,
    find_refs,
    get_patient,
)
from hub.kernel.errors import CursorInvalidError, NotFoundError
from hub.kernel.ids import new_id
from tests.domain.patients.cards import MARIA, OTHER, PHONE, THIRD, bare_card, card, patient_id_of, record

pytestmark = pytest.mark.usefixtures("clean")


def search(q: str, *, limit: int = 50) -> list[UUID]:
    with transaction() as session:
        return [row.user_id for row in list_patients(session, q=q, cursor=None, limit=limit).items]


def test_an_unknown_patient_is_not_found() -> None:
    with transaction() as session:
        with pytest.raises(NotFoundError):
            get_patient(session, new_id())
        assert find_by_card(session, "NO-CARD") is None
        assert find_by_card(session, "  ") is None
        assert find_by_card(session, "\x00") is None
        assert find_by_phone(session, PHONE) == []
        assert find_patients_by_ref(session, "umc_corp", [MARIA]) == {}


def test_a_ref_means_something_in_its_own_infobase_only() -> None:
    (first,) = record(card())
    with transaction() as session:
        assert find_patients_by_ref(session, "umc_corp", [MARIA, OTHER]) == {MARIA: first.patient_id}
        assert find_patients_by_ref(session, "umc_branch", [MARIA]) == {}
        assert find_refs(session, "umc_corp", [patient_id_of(first)]) == {first.patient_id: MARIA}


def test_the_live_card_of_a_patient_is_named_before_others() -> None:
    (first,) = record(card())
    record(card(OTHER))
    record(card(OTHER, no=2, is_live=False))
    with transaction() as session:
        assert find_refs(session, "umc_corp", [patient_id_of(first)]) == {first.patient_id: MARIA}


def test_a_family_on_one_phone_is_told_apart() -> None:
    mother, son = record(card(), card(OTHER, card_code="", first_name="Пётр", birth_date=date(2015, 7, 1)))
    record(card(OTHER, no=2, card_code="", first_name="Пётр", birth_date=None, is_live=False))
    with transaction() as session:
        assert find_by_phone(session, PHONE) == sorted(
            [
                ProfileBrief(patient_id_of(mother), "Мария", 1990, PatientStatus.ACTIVE),
                ProfileBrief(patient_id_of(son), "Пётр", 2015, PatientStatus.FROZEN),
            ],
            key=lambda brief: brief.patient_id,
        )


def test_a_line_of_the_list_is_short_and_masked() -> None:
    (first,) = record(card())
    with transaction() as session:
        (row,) = list_patients(session, q="", cursor=None, limit=10).items
        profile = get_patient(session, patient_id_of(first))
    assert row == PatientRow(
        user_id=patient_id_of(first),
        name="Иванова М. П.",
        phone_masked="+7 ••• •••-00-01",
        card_code="ML-7K2Q-91XC",
        status=PatientStatus.ACTIVE,
        created_at=profile.created_at,
    )
    assert "Иванова" not in repr(row)


def test_a_patient_nobody_knows_anything_of_is_listed_too() -> None:
    record(bare_card(MARIA))
    with transaction() as session:
        (row,) = list_patients(session, q="", cursor=None, limit=10).items
    assert (row.name, row.phone_masked, row.card_code) == ("", "", None)


@pytest.mark.parametrize(
    "q",
    [
        "Семёнова",
        "семенова",
        " СЕМЁНОВА  анна ",
        "Семенова А",
        "сем",
        "семён",
        "8 (900) 000-00-05",
        "+79000000005",
        "9000000005",
        "ml-find-me",
        "000000777",
        "777",
    ],
)
def test_the_search_box_understands(q: str) -> None:
    wanted, _, _ = record(
        card(
            surname="Семёнова",
            first_name="Анна",
            phone="+79000000005",
            card_code="ML-FIND-ME",
            code="000000777",
        ),
        card(OTHER, surname="Селезнёва", phone="+79000000006", card_code="", code="000000778"),
        card(THIRD, phone="+79000000007", card_code="", code="7770"),
    )
    assert search(q) == [wanted.patient_id]


@pytest.mark.parametrize("q", ["се", "еменова", "Семенова Б", "000", "%", "'; --", "ML-FIND", "я" * 999])
def test_the_search_box_finds_nothing_by_less(q: str) -> None:
    record(card(surname="Семёнова", first_name="Анна", card_code="ML-FIND-ME"))
    assert search(q) == []


def test_a_nul_means_nothing() -> None:
    (first,) = record(card())
    assert search("\x00") == search("Иван\x00ова") == [first.patient_id]


def test_a_surname_of_two_letters_is_found_whole() -> None:
    short, longer = record(
        card(surname="Ли", card_code=""), card(OTHER, surname="Лиханова", phone=None, card_code="")
    )
    assert search("ли") == [short.patient_id]
    assert search("Ли М") == [short.patient_id]
    assert search("лих") == [longer.patient_id]


def test_a_merged_patient_is_not_listed_and_their_codes_find_the_survivor() -> None:
    _, survivor = record(
        card(card_code="A-1", code="000000777"),
        card(OTHER, card_code="B-2", code="000000778", phone="+79000000002", surname="Петрова"),
    )
    record(card(no=2, card_code="A-1", code="000000777", merged_into_ref=OTHER))
    for q in ("", "A-1", "777", "B-2", "778", "Петрова"):
        assert search(q) == [survivor.patient_id], q
    assert search("Иванова") == []


@pytest.mark.parametrize("q", ["", "Иванова"])
def test_pages_follow_each_other_newest_first_without_gaps(q: str) -> None:
    ids = [record(card(uuid4(), card_code="", phone=None))[0].patient_id for _ in range(7)]
    record(card(uuid4(), card_code="", phone=None, surname="Ивашкин")) if q else None
    seen: list[UUID] = []
    cursor = None
    sizes = []
    with transaction() as session:
        while True:
            page = list_patients(session, q=q, cursor=cursor, limit=3)
            seen += [row.user_id for row in page.items]
            sizes.append(len(page.items))
            cursor = page.next_cursor
            if cursor is None:
                break
    assert sizes == [3, 3, 1]
    assert seen == sorted((one for one in ids if one), reverse=True)


def test_a_search_that_opened_enough_goes_on_by_its_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "_CHUNK", 2)
    monkeypatch.setattr(listing, "_OPENED_MAX", 4)
    (wanted,) = record(card(uuid4(), card_code="", phone=None, surname="Ивашкин"))
    for _ in range(6):
        record(card(uuid4(), card_code="", phone=None))
    with transaction() as session:
        first = list_patients(session, q="Иваш", cursor=None, limit=10)
        assert first.items == []
        second = list_patients(session, q="Иваш", cursor=first.next_cursor, limit=10)
    assert [row.user_id for row in second.items] == [wanted.patient_id]
    assert second.next_cursor is None


@pytest.mark.parametrize("cursor", ["", "x", "WzFd", "WyJ4Il0"])
def test_a_foreign_cursor_is_refused(cursor: str) -> None:
    with transaction() as session, pytest.raises(CursorInvalidError):
        list_patients(session, q="", cursor=cursor, limit=10)
