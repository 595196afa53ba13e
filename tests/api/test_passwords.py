"""Patients' own passwords: set in the cabinet, used at the door, set anew by a letter."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from hub.contracts.parties import Destination
from hub.db.transaction import transaction
from hub.domain.devices.rotating import Visitor
from hub.domain.patients.logins import LETTERS_MAX
from hub.domain.staff.permissions import Role
from hub.flows import entering
from hub.kernel import clock
from hub.outbox.claiming import claim
from tests.api.conftest import Hub, bearer

EMAIL = "maria@example.org"
PASSWORD = "сорок тысяч обезьян"
NEXT = "another long password"


def set_password(hub: Hub, user_id: UUID | None = None, **body: Any) -> httpx.Response:
    return hub.http.post("/api/me/password", headers=hub.patient(user_id), json=body)


def enter(hub: Hub, password: str, login: str = EMAIL) -> httpx.Response:
    return hub.http.post("/api/auth/password", json={"login": login, "password": password, "deliver": "body"})


def read_letters() -> list[tuple[str, str]]:
    """Give the letters that wait, once: to whom, and the token in the link."""
    with transaction() as session:
        waiting = claim(session, destination=Destination.EMAIL, lease_s=60)
    found = []
    for delivery in sorted(waiting, key=lambda one: one.id):
        token = re.search(r"#token=([\w-]+)", delivery.message.text)
        assert token
        found.append((delivery.message.to, token[1]))
    return found


def confirm(hub: Hub, user_id: UUID | None = None) -> None:
    [(_, token)] = read_letters()
    answer = hub.http.post("/api/me/email/confirm", headers=hub.patient(user_id), json={"token": token})
    assert answer.status_code == 204, answer.text


def forget(hub: Hub, email: str = EMAIL) -> tuple[int, Any]:
    answer = hub.http.post("/api/auth/password/forgot", json={"email": email})
    return answer.status_code, answer.json()


def reset(hub: Hub, token: str, password: str = NEXT) -> tuple[int, str]:
    answer = hub.http.post("/api/auth/password/reset", json={"token": token, "password": password})
    return answer.status_code, answer.json()["code"] if answer.content else ""


@pytest.fixture
def maria(hub: Hub) -> Hub:
    """A hub where Maria has a password and a confirmed mailbox."""
    assert set_password(hub, password=PASSWORD, email=EMAIL).status_code == 204
    confirm(hub)
    return hub


def test_a_patient_comes_in_by_e_mail_and_password(hub: Hub) -> None:
    assert set_password(hub, password=PASSWORD, email=EMAIL).status_code == 204
    answer = enter(hub, PASSWORD, " Maria@Example.ORG ")
    assert (answer.status_code, answer.json()["roles"]) == (200, ["patient"])
    assert answer.json()["user_id"] == str(hub.maria_id)
    assert hub.http.get("/api/me", headers=bearer(answer.json()["access_token"])).status_code == 200
    assert answer.json()["refresh_token"]


def test_a_wrong_password_an_unknown_e_mail_and_a_staff_login_are_told_alike(maria: Hub) -> None:
    told = []
    for login in (EMAIL, "nobody@example.org", "admin", "nobody"):
        answer = enter(maria, "wrong-password", login)
        told.append((answer.status_code, {**answer.json(), "correlation_id": ""}))
    assert told == [told[0]] * 4
    assert told[0][0] == 401


def test_family_members_on_one_mailbox_are_told_apart_by_their_passwords(hub: Hub) -> None:
    set_password(hub, password=PASSWORD, email=EMAIL)
    set_password(hub, hub.andrey_id, password=NEXT, email=EMAIL)
    assert enter(hub, PASSWORD).json()["user_id"] == str(hub.maria_id)
    assert enter(hub, NEXT).json()["user_id"] == str(hub.andrey_id)
    assert enter(hub, "neither of them").status_code == 401


def test_the_next_password_needs_the_present_one(hub: Hub) -> None:
    set_password(hub, password=PASSWORD, email=EMAIL)
    for current in (None, "", "wrong", NEXT):
        answer = set_password(hub, password=NEXT, current_password=current)
        assert (answer.status_code, answer.json()["code"]) == (403, "password-wrong")
    assert set_password(hub, password=NEXT, current_password=PASSWORD).status_code == 204
    assert enter(hub, PASSWORD).status_code == 401
    assert enter(hub, NEXT).status_code == 200


def test_the_present_password_cannot_be_guessed_for_long(hub: Hub) -> None:
    set_password(hub, password=PASSWORD, email=EMAIL)
    for _ in range(10):
        assert set_password(hub, password=NEXT, current_password="guess").status_code == 403
    answer = set_password(hub, password=NEXT, current_password=PASSWORD)
    assert (answer.status_code, answer.json()["code"]) == (429, "rate-limited")
    assert enter(hub, PASSWORD).status_code == 200


def test_a_new_password_signs_the_other_devices_out_and_keeps_this_one(hub: Hub) -> None:
    user_id, visitor = hub.maria_id, Visitor(label="", network="")
    with transaction() as session:
        here, there = (
            entering.enter(session, user_id=user_id, roles=[Role.PATIENT], visitor=visitor) for _ in range(2)
        )
    answer = hub.http.post(
        "/api/me/password",
        headers=bearer(here.access_token),
        json={"password": PASSWORD, "email": EMAIL},
    )
    assert answer.status_code == 204
    told = [
        hub.http.post("/api/auth/refresh", json={"refresh_token": one.refresh_token}).status_code
        for one in (here, there)
    ]
    assert told == [200, 401]


@pytest.mark.parametrize(
    "body",
    [
        {"password": "too short", "email": EMAIL},
        {"password": "x" * 201, "email": EMAIL},
        {"password": PASSWORD},
        {"password": PASSWORD, "email": "maria"},
        {"password": PASSWORD, "email": "maria@localhost"},
        {"password": PASSWORD, "email": "a b@example.org"},
        {"password": PASSWORD, "email": "a\u0000@example.org"},
        {"password": PASSWORD, "email": "a@example.org\r\nBcc: b@example.org"},
    ],
    ids=str,
)
def test_a_password_or_e_mail_that_is_none_is_422(hub: Hub, body: dict[str, str]) -> None:
    answer = set_password(hub, **body)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation-failed")
    assert read_letters() == []


def test_staff_have_no_password_of_the_cabinet(hub: Hub) -> None:
    answer = hub.http.post(
        "/api/me/password", headers=hub.staff("admin"), json={"password": PASSWORD, "email": EMAIL}
    )
    assert answer.status_code == 403


def test_a_forgotten_password_is_set_anew_by_a_letter_once(maria: Hub) -> None:
    old = enter(maria, PASSWORD).json()["refresh_token"]
    assert forget(maria) == (202, {"status": "accepted"})
    [(to, token)] = read_letters()
    assert to == EMAIL
    assert reset(maria, token) == (204, "")
    assert enter(maria, PASSWORD).status_code == 401
    assert enter(maria, NEXT).status_code == 200
    answer = maria.http.post("/api/auth/refresh", json={"refresh_token": old})
    assert answer.status_code == 401
    assert reset(maria, token) == (401, "token-reused")


def test_whoever_asks_hears_the_same_and_only_confirmed_mailboxes_get_a_letter(hub: Hub) -> None:
    set_password(hub, password=PASSWORD, email=EMAIL)
    set_password(hub, hub.andrey_id, password=PASSWORD, email="andrey@example.org")
    assert len(read_letters()) == 2
    told = [forget(hub, email) for email in (EMAIL, "andrey@example.org", "nobody@example.org")]
    assert told == [(202, {"status": "accepted"})] * 3
    assert read_letters() == []


def test_a_letter_follows_a_minute_after_the_last_one_and_five_a_day(maria: Hub) -> None:
    start = clock.now()
    for _ in range(3):
        forget(maria)
    assert len(read_letters()) == 1
    with transaction() as session:
        session.execute(text("UPDATE mail_token SET created_at = created_at - interval '2 minutes'"))
    forget(maria)
    assert len(read_letters()) == 1
    for _ in range(LETTERS_MAX):
        with transaction() as session:
            session.execute(text("UPDATE mail_token SET created_at = created_at - interval '2 minutes'"))
        forget(maria)
    assert len(read_letters()) == LETTERS_MAX - 2
    assert clock.now() - start < timedelta(minutes=2)


def test_a_token_that_is_late_nobodys_or_of_another_purpose_is_401(hub: Hub) -> None:
    set_password(hub, password=PASSWORD, email=EMAIL)
    [(_, confirming)] = read_letters()
    for token in ("nobodys", confirming):
        assert reset(hub, token) == (401, "token-invalid")
    hub.http.post("/api/me/email/confirm", headers=hub.patient(), json={"token": confirming})
    forget(hub)
    [(_, late)] = read_letters()
    with transaction() as session:
        session.execute(text("UPDATE mail_token SET expires_at = now() WHERE purpose = 'reset'"))
    assert reset(hub, late) == (401, "token-expired")


def test_a_password_too_short_uses_no_token_up(maria: Hub) -> None:
    forget(maria)
    [(_, token)] = read_letters()
    assert reset(maria, token, "short") == (422, "validation-failed")
    assert reset(maria, token) == (204, "")


def test_a_letter_under_way_does_not_undo_a_newer_password(maria: Hub) -> None:
    forget(maria)
    [(_, token)] = read_letters()
    assert set_password(maria, password=NEXT, current_password=PASSWORD).status_code == 204
    assert reset(maria, token, "stolen letter's password") == (401, "token-reused")
    assert enter(maria, NEXT).status_code == 200


def test_a_stranger_who_got_the_letter_confirms_nothing(hub: Hub) -> None:
    set_password(hub, password=PASSWORD, email=EMAIL)
    [(_, token)] = read_letters()
    answer = hub.http.post("/api/me/email/confirm", headers=hub.patient(hub.andrey_id), json={"token": token})
    assert (answer.status_code, answer.json()["code"]) == (401, "token-invalid")
    forget(hub)
    assert read_letters() == []


def test_another_mailbox_has_to_be_confirmed_again(maria: Hub) -> None:
    set_password(maria, password=PASSWORD, current_password=PASSWORD, email="new@example.org")
    [(to, _)] = read_letters()
    assert to == "new@example.org"
    forget(maria, "new@example.org")
    forget(maria)
    assert read_letters() == []
    assert enter(maria, PASSWORD).status_code == 401
    assert enter(maria, PASSWORD, "new@example.org").status_code == 200


def test_a_flood_from_elsewhere_does_not_keep_the_owner_out(
    maria: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.entering.truncate_address", lambda _: "203.0.113.0/24")
    answers = [enter(maria, "guess").status_code for _ in range(12)]
    assert answers == [401] * 10 + [429] * 2
    monkeypatch.setattr("api.entering.truncate_address", lambda _: "198.51.100.0/24")
    assert enter(maria, PASSWORD).status_code == 200


def test_an_unknown_e_mail_is_locked_like_a_known_one(maria: Hub) -> None:
    told = []
    for login in (EMAIL, "nobody@example.org"):
        answers = [enter(maria, "guess", login) for _ in range(11)]
        told.append([(one.status_code, one.json()["code"]) for one in answers])
    assert told[0] == told[1]
    assert told[0][-1] == (429, "rate-limited")


def test_a_letter_ends_the_lock(maria: Hub) -> None:
    for _ in range(10):
        enter(maria, "guess")
    assert enter(maria, PASSWORD).status_code == 429
    forget(maria)
    [(_, token)] = read_letters()
    reset(maria, token)
    assert enter(maria, NEXT).status_code == 200


def test_whose_card_was_closed_does_not_come_in_by_password(maria: Hub) -> None:
    maria_id = maria.maria_id
    with transaction() as session:
        session.execute(text("UPDATE patient SET status = 'frozen' WHERE id = :id"), {"id": maria_id})
    assert enter(maria, PASSWORD).status_code == 401


def test_the_database_knows_neither_e_mail_nor_password_nor_token(maria: Hub) -> None:
    forget(maria)
    with transaction() as session:
        dumped = session.scalar(
            text(
                "SELECT string_agg(l::text, '') || (SELECT string_agg(m::text, '') FROM mail_token m)"
                " FROM patient_login l"
            )
        )
    [(_, token)] = read_letters()
    for secret in (EMAIL, EMAIL.encode().hex(), PASSWORD, token, token.encode().hex()):
        assert secret not in dumped
    assert "$argon2id$" in dumped
