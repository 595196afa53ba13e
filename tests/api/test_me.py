"""My own profile: seen, and corrected as far as no clinic has told it."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text

from hub.db.transaction import transaction
from tests.api.conftest import Hub, bearer
from tests.api.test_enrolment import enrol, offer


def correct(hub: Hub, headers: dict[str, str], **body: Any) -> httpx.Response:
    return hub.http.patch("/api/me", headers=headers, json=body)


@pytest.fixture
def anna(hub: Hub) -> dict[str, str]:
    """Headers of a patient whom no clinic knows."""
    return bearer(enrol(hub, offer()).json()["access_token"])


def test_who_joined_in_the_cabinet_corrects_name_and_e_mail(hub: Hub, anna: dict[str, str]) -> None:
    answer = correct(
        hub, anna, first_name=" Анна  Мария ", last_name="Смирнова-Львова", email="A@Example.ORG"
    )
    assert answer.status_code == 200
    told = hub.http.get("/api/me", headers=anna).json()
    assert told == answer.json()
    assert (told["first_name"], told["last_name"]) == ("Анна Мария", "Смирнова-Львова")
    assert (told["email"], told["is_clinics"], told["birth_date"]) == ("a@example.org", False, "1988-03-08")


def test_repeating_a_correction_changes_nothing(hub: Hub, anna: dict[str, str]) -> None:
    for _ in range(2):
        assert correct(hub, anna, father_name="Львовна").status_code == 200
    assert correct(hub, anna).status_code == 200
    with transaction() as session:
        actions = session.scalar(text("SELECT count(*) FROM audit_record WHERE action = 'patient.edited'"))
    assert actions == 1


def test_what_the_clinic_tells_is_changed_by_the_clinic(hub: Hub) -> None:
    before = hub.http.get("/api/me", headers=hub.patient()).json()
    assert before["is_clinics"] is True
    for body in ({"first_name": "Марина"}, {"last_name": "Петрова", "father_name": "Львовна"}):
        answer = correct(hub, hub.patient(), **body)
        assert (answer.status_code, answer.json()["code"]) == (409, "profile-of-clinic")
    assert hub.http.get("/api/me", headers=hub.patient()).json() == before


def test_a_gap_that_the_clinic_left_may_be_filled(hub: Hub) -> None:
    answer = correct(hub, hub.patient(), father_name="Петровна")
    assert (answer.status_code, answer.json()["father_name"]) == (200, "Петровна")


@pytest.mark.parametrize(
    "body",
    [
        {"first_name": ""},
        {"first_name": "\u0007"},
        {"email": "nobody"},
        {"phone": "+79000000001"},
        {"birth_date": "2000-01-01"},
        {"card_code": "X"},
    ],
    ids=str,
)
def test_a_phone_a_birth_date_or_nonsense_is_not_typed_in(
    hub: Hub, anna: dict[str, str], body: dict[str, str]
) -> None:
    assert correct(hub, anna, **body).status_code == 422


def test_staff_are_not_corrected_here(hub: Hub) -> None:
    assert correct(hub, hub.staff("admin"), first_name="Босс").status_code == 403
