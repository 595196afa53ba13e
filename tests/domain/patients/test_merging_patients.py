from uuid import UUID

import pytest

from hub.db.transaction import transaction
from hub.domain.patients.models import PatientStatus
from hub.domain.patients.queries import Profile, find_by_card, find_patients_by_ref, get_patient
from hub.domain.patients.rules import Outcome
from tests.domain.patients.cards import (
    MARIA,
    OTHER,
    PHONE,
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


def test_a_merged_card_means_the_survivor_ever_after() -> None:
    loser, survivor = record(
        card(email="", father_name=""), card(OTHER, card_code="", phone=None, email="", father_name="")
    )
    assert loser.patient_id != survivor.patient_id
    (merged,) = record(card(no=2, merged_into_ref=OTHER, is_live=False))
    assert (merged.outcome, merged.patient_id) == (Outcome.APPLIED, survivor.patient_id)
    assert merged.absorbed_id == loser.patient_id
    gone, stays = read(patient_id_of(loser)), read(patient_id_of(survivor))
    assert (gone.status, gone.merged_into) == (PatientStatus.MERGED, survivor.patient_id)
    assert (stays.status, stays.card_code, stays.personal.phone) == (
        PatientStatus.ACTIVE,
        "ML-7K2Q-91XC",
        PHONE,
    )
    with transaction() as session:
        assert set(find_patients_by_ref(session, "umc_corp", [MARIA, OTHER]).values()) == {
            survivor.patient_id
        }
        assert find_by_card(session, "ML-7K2Q-91XC") == survivor.patient_id
    (late,) = record(card(no=3, surname="Чужая"))
    assert late.patient_id == survivor.patient_id
    assert read(patient_id_of(survivor)).personal.surname == "Иванова"


def test_the_card_of_a_loser_finds_the_survivor_who_has_one() -> None:
    _, survivor = record(card(card_code="A-1"), card(OTHER, card_code="B-2", phone="+79000000002"))
    record(card(no=2, card_code="A-1", merged_into_ref=OTHER))
    with transaction() as session:
        assert find_by_card(session, "A-1") == find_by_card(session, "B-2") == survivor.patient_id
    (matched,) = record(card(THIRD, card_code="A-1"))
    assert matched.patient_id == survivor.patient_id
    assert read(patient_id_of(survivor)).card_code == "A-1"


def test_merges_follow_each_other() -> None:
    one, two, three = record(
        card(card_code="", phone="+79000000001"),
        card(OTHER, card_code="", phone="+79000000002"),
        card(THIRD, card_code="", phone="+79000000003"),
    )
    record(card(no=2, card_code="", merged_into_ref=OTHER))
    (second,) = record(card(OTHER, no=2, card_code="", merged_into_ref=THIRD))
    assert second.absorbed_id == two.patient_id
    for loser in (one, two):
        assert read(patient_id_of(loser)).merged_into == three.patient_id
    with transaction() as session:
        assert set(find_patients_by_ref(session, "umc_corp", [MARIA, OTHER, THIRD]).values()) == {
            three.patient_id
        }


def test_a_chain_of_merges_in_one_batch_is_followed_to_its_end() -> None:
    recorded = record(
        card(card_code="", phone="+79000000001"),
        card(OTHER, card_code="", phone="+79000000002"),
        card(THIRD, card_code="", phone="+79000000003"),
        card(no=2, card_code="", merged_into_ref=OTHER),
        card(OTHER, no=2, card_code="", merged_into_ref=THIRD),
    )
    survivor = recorded[2].patient_id
    assert read(patient_id_of(recorded[0])).merged_into == survivor
    assert read(patient_id_of(recorded[1])).merged_into == survivor


def test_a_merge_into_an_unknown_card_waits_and_changes_nothing() -> None:
    (first,) = record(card())
    waiting = card(no=2, surname="Петрова", merged_into_ref=OTHER)
    (parked,) = record(waiting)
    assert (parked.outcome, parked.patient_id) == (Outcome.PARKED, None)
    assert parked.waiting_for == f"patient:umc_corp:{OTHER}"
    assert read(patient_id_of(first)).personal.surname == "Иванова"
    (survivor,) = record(card(OTHER, card_code="", phone="+79000000002"))
    (resumed,) = record(waiting)
    assert (resumed.outcome, resumed.patient_id) == (Outcome.APPLIED, survivor.patient_id)


def test_a_card_first_met_as_merged_makes_no_patient() -> None:
    (survivor,) = record(card(OTHER))
    (merged,) = record(card(no=2, merged_into_ref=OTHER))
    assert (merged.patient_id, merged.is_new, merged.absorbed_id) == (survivor.patient_id, False, None)
    assert count("patient") == 1
