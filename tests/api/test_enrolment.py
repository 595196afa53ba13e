"""Joining in the cabinet: a proven phone that no patient has, a name, a birth date, and consents."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from hub.db.transaction import transaction
from hub.domain.patients.consent_texts import CONSENT_TEXTS, Purpose
from hub.domain.patients.enrolling import OFFER_LIFETIME, offer_enrolment
from hub.domain.patients.models import PatientStatus
from hub.domain.patients.queries import get_patient
from hub.kernel import clock
from tests.api.conftest import MARIA_PHONE, Hub, bearer, patient_event
from tests.api.test_auth import ask_code, prove

PHONE = "+79000007777"
ANNA: dict[str, Any] = {
    "first_name": "Анна",
    "last_name": "Смирнова",
    "birth_date": "1988-03-08",
    "consents": ["loyalty"],
}


def offer(phone: str = PHONE) -> str:
    with transaction() as session:
        return offer_enrolment(session, phone)


def enrol(hub: Hub, token: str, **changes: Any) -> httpx.Response:
    return hub.http.post("/api/auth/enrol", json={**ANNA, "enrol_token": token, **changes})


def count(sql: str) -> int:
    with transaction() as session:
        return int(session.scalar(text(sql)) or 0)


def test_a_newcomer_joins_by_the_code_and_has_an_account(hub: Hub) -> None:
    status, told = prove(hub, PHONE, ask_code(hub, PHONE))
    assert (status, set(told)) == (200, {"enrol_token"})
    answer = enrol(hub, str(told["enrol_token"]), deliver="body")
    assert answer.status_code == 200, answer.text
    pair = answer.json()
    assert (pair["token_type"], pair["expires_in"], pair["roles"]) == ("bearer", 900, ["patient"])
    headers = bearer(pair["access_token"])
    assert hub.http.get("/api/me", headers=headers).json()["name"] == "Анна Смирнова"
    assert hub.http.get("/api/loyalty/balance/me", headers=headers).status_code == 200
    again = hub.http.post("/api/auth/refresh", json={"refresh_token": pair["refresh_token"]})
    assert again.json()["user_id"] == pair["user_id"]


def test_next_time_the_newcomer_comes_in_by_the_phone_alone(hub: Hub) -> None:
    user_id = enrol(hub, offer()).json()["user_id"]
    status, told = prove(hub, PHONE, ask_code(hub, PHONE))
    assert (status, told["user_id"]) == (200, user_id)


def test_the_clinics_card_of_the_same_person_finds_the_newcomer(hub: Hub) -> None:
    user_id = enrol(hub, offer()).json()["user_id"]
    before = count("SELECT count(*) FROM patient")
    event = patient_event()
    card = {
        "code": "77",
        "surname": "Смирнова",
        "name": "Анна",
        "father_name": "Львовна",
        "birthday": "1988-03-08",
    }
    event["patient"] = {"ref": event["object"]["ref"], "phone": "8 900 000-77-77", **card}
    hub.push_and_drain(event)
    assert count("SELECT count(*) FROM patient") == before
    with transaction() as session:
        assert get_patient(session, UUID(user_id)).personal.father_name == "Львовна"


def test_another_person_of_the_phone_is_another_patient(hub: Hub) -> None:
    first = enrol(hub, offer()).json()["user_id"]
    child = enrol(hub, offer(), first_name="Пётр", birth_date="2016-03-08").json()["user_id"]
    twin = enrol(hub, offer(), first_name="Павел", birth_date="2016-03-08").json()["user_id"]
    assert len({first, child, twin}) == 3


def test_who_the_clinic_told_about_meanwhile_is_not_made_twice(hub: Hub) -> None:
    before = count("SELECT count(*) FROM patient")
    answer = enrol(hub, offer(MARIA_PHONE), first_name="мария", last_name="Другая", birth_date="1990-02-14")
    assert answer.json()["user_id"] == str(hub.maria_id)
    assert count("SELECT count(*) FROM patient") == before
    headers = bearer(answer.json()["access_token"])
    assert hub.http.get("/api/me", headers=headers).json()["name"] == "Мария Иванова"


def test_a_token_works_once_and_makes_one_patient_however_many_call(hub: Hub) -> None:
    token, before = offer(), count("SELECT count(*) FROM patient")
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: enrol(hub, token), range(6)))
    refused = [answer for answer in answers if answer.status_code != 200]
    assert len(refused) == 5
    assert {(one.status_code, one.json()["code"]) for one in refused} == {(401, "token-reused")}
    assert count("SELECT count(*) FROM patient") == before + 1


def test_two_tokens_of_one_person_at_once_make_one_patient(hub: Hub) -> None:
    tokens = [offer() for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda token: enrol(hub, token), tokens))
    assert len({answer.json()["user_id"] for answer in answers}) == 1


def test_a_token_that_is_too_old_or_nobodys_is_401(hub: Hub) -> None:
    with clock.frozen(clock.now() - OFFER_LIFETIME):
        late = offer()
    for token, code in ((late, "token-expired"), ("nobodys", "token-invalid")):
        answer = enrol(hub, token)
        assert (answer.status_code, answer.json()["code"]) == (401, code)


@pytest.mark.parametrize(
    "changes",
    [
        {"consents": []},
        {"consents": ["marketing"]},
        {"consents": [{"purpose": "loyalty", "granted": False}]},
        {"consents": ["everything"]},
        {"consents": [{"purpose": "loyalty", "doc_version": "1999-01-01"}]},
        {"first_name": " "},
        {"first_name": "\u0000Анна"},
        {"first_name": "123"},
        {"last_name": "x" * 101},
        {"birth_date": "1988-02-30"},
        {"birth_date": "08.03.1988"},
        {"birth_date": "1899-12-31"},
        {"birth_date": "2999-01-01"},
        {"birth_date": "١٩٨٨-٠٣-٠٨"},
        {"referral_code": "; DROP"},
        {"referral_code": ""},
        {"phone": MARIA_PHONE},
    ],
    ids=str,
)
def test_what_cannot_be_true_is_422_and_uses_nothing_up(hub: Hub, changes: dict[str, Any]) -> None:
    token, before = offer(), count("SELECT count(*) FROM patient")
    answer = enrol(hub, token, **changes)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation-failed")
    assert answer.json()["errors"]
    assert count("SELECT count(*) FROM patient") == before
    assert enrol(hub, token).status_code == 200


def test_a_referral_code_is_kept_and_the_first_one_stays(hub: Hub) -> None:
    enrol(hub, offer(), referral_code="maria-2026")
    enrol(hub, offer(), referral_code="other")
    with transaction() as session:
        assert session.scalars(
            text("SELECT referral_code_used FROM patient WHERE source = 'cabinet'")
        ).all() == ["MARIA-2026"]


def test_whose_card_the_clinic_has_closed_is_sent_to_the_clinic(hub: Hub) -> None:
    maria_id = hub.maria_id
    with transaction() as session:
        session.execute(
            text("UPDATE patient SET status = :status WHERE id = :id"),
            {"id": maria_id, "status": PatientStatus.FROZEN},
        )
    token = offer(MARIA_PHONE)
    answer = enrol(hub, token, first_name="Мария", birth_date="1990-02-14")
    assert (answer.status_code, answer.json()["code"]) == (409, "profile-closed")


def test_consents_are_logged_with_their_words_and_the_sealed_address(hub: Hub) -> None:
    consents = [{"purpose": "loyalty", "granted": True}, {"purpose": "marketing", "granted": False}]
    headers = bearer(enrol(hub, offer(), consents=consents).json()["access_token"])
    items = hub.http.get("/api/me/consents", headers=headers).json()["items"]
    assert {(one["purpose"], one["granted"], one["source"]) for one in items} == {
        ("loyalty", True, "cabinet"),
        ("marketing", False, "cabinet"),
    }
    loyalty = next(one for one in items if one["purpose"] == "loyalty")
    assert loyalty["doc_version"] == CONSENT_TEXTS[Purpose.LOYALTY].version
    assert loyalty["text_hash"] == CONSENT_TEXTS[Purpose.LOYALTY].text_hash.hex()
    with transaction() as session:
        sealed = session.scalars(text("SELECT address FROM consent WHERE source = 'cabinet'")).all()
    assert all(sealed)
    assert not [one for one in sealed if b"127.0.0.1" in one]


def test_a_consent_is_withdrawn_and_given_again_and_every_word_stays_in_the_log(hub: Hub) -> None:
    headers = bearer(enrol(hub, offer()).json()["access_token"])
    for granted in (True, True, False, False, True):
        answer = hub.http.post(
            "/api/me/consents", headers=headers, json={"purpose": "marketing", "granted": granted}
        )
        assert answer.status_code == 200
    said = [one["granted"] for one in answer.json()["items"] if one["purpose"] == "marketing"]
    assert said == [True, False, True]
    assert count("SELECT count(*) FROM audit_record WHERE action = 'consent.withdrawn'") == 2


def test_staff_have_no_consents_of_their_own(hub: Hub) -> None:
    assert hub.http.get("/api/me/consents", headers=hub.staff("admin")).status_code == 403


def test_the_documents_are_public_in_both_languages_and_say_which_are_required(hub: Hub) -> None:
    russian = hub.http.get("/api/auth/consents").json()["items"]
    english = hub.http.get("/api/auth/consents", headers={"Accept-Language": "en"}).json()["items"]
    assert [(one["purpose"], one["is_required"]) for one in russian] == [
        ("loyalty", True),
        ("marketing", False),
    ]
    assert [one["text_hash"] for one in russian] == [one["text_hash"] for one in english]
    assert russian[0]["text"] != english[0]["text"]


def test_the_words_of_a_version_never_change() -> None:
    known = {(one.purpose.value, one.version): one.text_hash.hex()[:16] for one in CONSENT_TEXTS.values()}
    assert known == {
        ("loyalty", "2026-11-27"): "b33cac35fcbef2f5",
        ("marketing", "2026-11-27"): "0042a24939e2d501",
    }


def test_an_offer_lives_a_quarter_of_an_hour(hub: Hub) -> None:
    with clock.frozen(clock.now() - OFFER_LIFETIME + timedelta(seconds=30)):
        token = offer()
    assert enrol(hub, token).status_code == 200


def test_an_offer_that_nobody_took_is_forgotten_the_next_day(hub: Hub) -> None:
    with clock.frozen(clock.now() - timedelta(hours=25)):
        offer("+79000001111")
    with clock.frozen(clock.now() - timedelta(hours=23)):
        offer("+79000002222")
    token = offer()
    assert count("SELECT count(*) FROM enrolment") == 2
    assert enrol(hub, token).status_code == 200
