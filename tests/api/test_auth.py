"""Coming in: patients by phone and code, staff by password."""

from datetime import timedelta

import jwt
import pytest
from sqlalchemy import text

from hub.db.transaction import transaction
from hub.kernel import clock, tokens
from hub.kernel.ids import new_id
from tests.api.conftest import FAMILY_PHONE, MARIA_PHONE, Hub, bearer


def ask_code(hub: Hub, phone: str = MARIA_PHONE) -> str:
    answer = hub.http.post("/api/auth/code", json={"phone": phone})
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    return hub.read_code()


def prove(hub: Hub, phone: str, code: str, **more: str) -> tuple[int, dict[str, object]]:
    answer = hub.http.post("/api/auth/token", json={"phone": phone, "code": code, **more})
    return answer.status_code, answer.json()


def count_messages() -> int:
    with transaction() as session:
        return int(session.scalar(text("SELECT count(*) FROM outbox_delivery")) or 0)


def test_a_patient_comes_in_by_the_code_from_the_message(hub: Hub) -> None:
    status, told = prove(hub, "8 (900) 000-00-01", ask_code(hub))
    assert status == 200
    assert (told["token_type"], told["expires_in"], told["roles"]) == ("bearer", 900, ["patient"])
    assert told["user_id"] == str(hub.maria_id)
    me = hub.http.get("/api/me", headers=bearer(str(told["access_token"]))).json()
    assert (me["name"], me["card_code"]) == ("Мария Иванова", "ML-7K2Q-91XC")
    assert me["phone_masked"].endswith("00-01")
    assert MARIA_PHONE not in str(me)


def test_the_message_is_sealed_and_names_the_programme(hub: Hub) -> None:
    code = ask_code(hub)
    with transaction() as session:
        sealed, kind = session.execute(text("SELECT sealed, kind FROM outbox_delivery")).one()
    assert code.encode() not in sealed
    assert kind == "sms.code"


def test_a_code_works_once(hub: Hub) -> None:
    code = ask_code(hub)
    assert prove(hub, MARIA_PHONE, code)[0] == 200
    status, told = prove(hub, MARIA_PHONE, code)
    assert (status, told["code"]) == (401, "code-wrong")


def test_a_code_asked_again_within_a_minute_is_not_sent_and_the_answer_is_the_same(hub: Hub) -> None:
    ask_code(hub)
    again = hub.http.post("/api/auth/code", json={"phone": MARIA_PHONE})
    assert (again.status_code, again.json()) == (202, {"status": "accepted"})
    assert count_messages() == 1


def test_after_five_wrong_tries_the_right_code_is_refused_too(hub: Hub) -> None:
    code = ask_code(hub)
    wrong = "000000" if code != "000000" else "111111"
    answers = [prove(hub, MARIA_PHONE, wrong) for _ in range(5)]
    assert {(status, told["code"]) for status, told in answers} == {(401, "code-wrong")}
    assert prove(hub, MARIA_PHONE, code)[0] == 401


def test_an_unknown_phone_is_told_the_same_until_it_is_proven(hub: Hub) -> None:
    unknown = "+79000009999"
    assert prove(hub, unknown, "123456")[1]["code"] == prove(hub, MARIA_PHONE, "123456")[1]["code"]
    status, told = prove(hub, unknown, ask_code(hub, unknown))
    assert (status, set(told)) == (200, {"enrol_token"})


@pytest.mark.parametrize("phone", ["", "abc", "12", "x" * 65])
def test_what_cannot_be_a_phone_is_422(hub: Hub, phone: str) -> None:
    answer = hub.http.post("/api/auth/code", json={"phone": phone})
    assert (answer.status_code, answer.json()["code"]) == (422, "validation-failed")
    assert answer.json()["errors"][0]["pointer"] == "/phone"
    assert count_messages() == 0


def test_a_family_chooses_among_its_profiles(hub: Hub) -> None:
    status, told = prove(hub, FAMILY_PHONE, ask_code(hub, FAMILY_PHONE), deliver="body")
    assert status == 200
    assert isinstance(told["profiles"], list)
    profiles = sorted(told["profiles"], key=lambda one: str(one["first_name"]))
    assert [(one["first_name"], one["birth_year"]) for one in profiles] == [("Дарья", 1996), ("Кирилл", 2016)]
    chosen = {"choose_token": told["choose_token"], "profile_id": profiles[1]["profile_id"]}
    answer = hub.http.post("/api/auth/choose", json=chosen)
    assert (answer.status_code, answer.json()["user_id"]) == (200, profiles[1]["profile_id"])
    assert (
        hub.http.get("/api/me", headers=bearer(answer.json()["access_token"])).json()["name"]
        == "Кирилл Орлов"
    )


def test_a_profile_that_was_not_offered_cannot_be_chosen(hub: Hub) -> None:
    token = tokens.issue_choice([hub.maria_id])
    for profile_id in (str(hub.andrey_id), str(new_id()), "nonsense"):
        answer = hub.http.post("/api/auth/choose", json={"choose_token": token, "profile_id": profile_id})
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_a_choice_made_too_late_or_with_an_access_token_is_refused(hub: Hub) -> None:
    with clock.frozen(clock.now() - timedelta(minutes=5)):
        late = tokens.issue_choice([hub.maria_id])
    for token, code in ((late, "token-expired"), (tokens.issue_access(hub.maria_id, []), "token-invalid")):
        answer = hub.http.post(
            "/api/auth/choose", json={"choose_token": token, "profile_id": str(hub.maria_id)}
        )
        assert (answer.status_code, answer.json()["code"]) == (401, code)


def test_staff_come_in_by_password(hub: Hub) -> None:
    answer = hub.http.post("/api/auth/password", json={"login": " Admin ", "password": "demo-admin"})
    told = answer.json()
    assert (answer.status_code, told["roles"]) == (200, ["admin"])
    assert jwt.get_unverified_header(told["access_token"])["alg"] == "EdDSA"
    me = hub.http.get("/api/me", headers=bearer(told["access_token"])).json()
    assert (me["login"], me["roles"], me["card_code"]) == ("admin", ["admin"], None)


def test_a_wrong_password_and_an_unknown_login_are_told_alike(hub: Hub) -> None:
    told = []
    for login in ("admin", "nobody"):
        answer = hub.http.post("/api/auth/password", json={"login": login, "password": "wrong-password"})
        assert answer.status_code == 401
        told.append({key: part for key, part in answer.json().items() if key != "correlation_id"})
    assert told[0] == told[1]
    assert told[0]["code"] == "sign-in-failed"


def test_ten_failures_lock_the_login_and_say_for_how_long(hub: Hub) -> None:
    wrong = {"login": "cashier", "password": "wrong-password"}
    for _ in range(10):
        assert hub.http.post("/api/auth/password", json=wrong).status_code == 401
    answer = hub.http.post("/api/auth/password", json={"login": "cashier", "password": "demo-cashier"})
    assert (answer.status_code, answer.json()["code"]) == (429, "rate-limited")
    assert 0 < int(answer.headers["Retry-After"]) <= 900


def test_a_switched_off_member_of_staff_is_nobody(hub: Hub) -> None:
    headers = hub.staff("auditor")
    with transaction() as session:
        session.execute(text("UPDATE staff SET is_active = false WHERE login = 'auditor'"))
    assert hub.http.get("/api/me", headers=headers).status_code == 401


def test_tokens_are_not_cached_on_the_way(hub: Hub) -> None:
    answer = hub.http.post("/api/auth/password", json={"login": "admin", "password": "demo-admin"})
    assert answer.headers["Cache-Control"] == "no-store"
