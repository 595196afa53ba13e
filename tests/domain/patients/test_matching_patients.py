from datetime import date
from typing import Any
from uuid import UUID

import pytest

from hub.db.transaction import transaction
from hub.domain.patients.queries import Profile, find_by_card, get_patient
from tests.domain.patients.cards import (
    OTHER,
    THIRD,
    card,
    count,
    patient_id_of,
    record,
)

pytestmark = pytest.mark.usefixtures("clean")


def read(patient_id: UUID) -> Profile:
    with transaction() as session:
        return get_patient(session, patient_id)


def test_a_new_card_is_matched_by_card_code_before_phone_and_birth_date() -> None:
    (holder,) = record(card(phone="+79000000009"))
    (namesake,) = record(card(OTHER, card_code=""))
    (matched,) = record(card(THIRD, infobase="umc_branch"))
    assert matched.patient_id == holder.patient_id != namesake.patient_id
    assert not matched.is_new


def test_a_new_card_is_matched_by_phone_and_birth_date() -> None:
    (first,) = record(card(card_code=""))
    (matched,) = record(card(OTHER, infobase="umc_branch", card_code="", father_name=""))
    assert matched.patient_id == first.patient_id


@pytest.mark.parametrize(
    "difference",
    [
        {"birth_date": date(2015, 7, 1)},
        {"birth_date": None},
        {"first_name": "Дарья"},
        {"phone": "+79000000002"},
        {"phone": None},
    ],
    ids=["child", "phone alone", "twin", "another phone", "no phone"],
)
def test_a_new_card_is_not_matched_on_less(difference: dict[str, Any]) -> None:
    (first,) = record(card(card_code=""))
    (other,) = record(card(OTHER, card_code="", **difference))
    assert other.is_new
    assert other.patient_id != first.patient_id


def test_two_possible_persons_make_a_third() -> None:
    record(card(card_code="", first_name="Мария"), card(OTHER, card_code="", first_name="Дарья"))
    (third,) = record(card(THIRD, card_code="", first_name=""))
    assert third.is_new


def test_a_family_card_does_not_make_two_people_one_and_goes_to_the_last_named() -> None:
    (mother,) = record(card())
    (son,) = record(card(OTHER, first_name="Пётр", birth_date=date(2015, 7, 1)))
    assert son.is_new
    with transaction() as session:
        assert find_by_card(session, " ml-7K2Q-91xc ") == son.patient_id
    assert read(patient_id_of(mother)).card_code is None


def test_cards_may_swap_within_a_batch() -> None:
    first, second = record(card(card_code="A-1"), card(OTHER, card_code="B-2", phone="+79000000002"))
    record(card(no=2, card_code="B-2"), card(OTHER, no=2, card_code="A-1", phone="+79000000002"))
    assert read(patient_id_of(first)).card_code == "B-2"
    assert read(patient_id_of(second)).card_code == "A-1"


def test_new_cards_of_one_person_in_one_batch_make_one_patient() -> None:
    recorded = record(card(), card(OTHER), card(THIRD, card_code=""), card(no=2, surname="Петрова"))
    assert len({one.patient_id for one in recorded}) == 1
    assert [one.is_new for one in recorded] == [True, False, False, False]
    assert count("patient") == 1
    assert read(patient_id_of(recorded[0])).personal.surname == "Петрова"
