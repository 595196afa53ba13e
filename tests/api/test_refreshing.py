"""Staying in: each refresh token works once, a copy ends the family, leaving is for good."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from hub.db.transaction import transaction
from hub.domain.devices.rotating import Issued, Refused, Visitor, open_device, rotate_token
from hub.domain.devices.rules import DEVICES_MAX, LIFETIMES, Owner
from hub.domain.staff.permissions import Role
from hub.flows import entering
from hub.kernel import clock
from hub.kernel.ids import new_id
from hub.kernel.settings import settings
from tests.api.conftest import Hub, bearer

ADMIN = {"login": "admin", "password": "demo-admin", "deliver": "body"}


def sign_in(hub: Hub, **headers: str) -> dict[str, str]:
    answer = hub.http.post("/api/auth/password", json=ADMIN, headers=headers)
    assert answer.status_code == 200, answer.text
    told: dict[str, str] = answer.json()
    return told


def refresh(hub: Hub, token: str) -> httpx.Response:
    return hub.http.post("/api/auth/refresh", json={"refresh_token": token})


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def enter_maria(hub: Hub) -> entering.Entered:
    visitor, user_id = Visitor(label="Browser", network="203.0.113.0/24"), hub.maria_id
    with transaction() as session:
        return entering.enter(session, user_id=user_id, roles=[Role.PATIENT], visitor=visitor)


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(hub: Hub) -> None:
    answer = hub.http.post("/api/auth/password", json={"login": "admin", "password": "demo-admin"})
    cookie = answer.headers["Set-Cookie"]
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/api/auth", "max-age=1800"} <= parts
    assert cookie.startswith("refresh=")
    assert answer.json().get("refresh_token") is None


def test_outside_a_plain_http_demo_the_cookie_is_secure(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    https = settings().model_copy(update={"public_url": "https://hub.example"})
    monkeypatch.setattr("api.entering.settings", lambda: https)
    answer = hub.http.post("/api/auth/password", json=ADMIN)
    assert "; Secure" in answer.headers["Set-Cookie"]


def test_a_cookie_gives_the_next_pair_and_the_next_cookie(hub: Hub) -> None:
    first = sign_in(hub)
    answer = hub.http.post("/api/auth/refresh")
    assert answer.status_code == 200
    second = answer.json()
    assert (second["user_id"], second["roles"]) == (first["user_id"], ["admin"])
    assert second.get("refresh_token") is None
    assert hub.http.cookies["refresh"] != first["refresh_token"]
    assert hub.http.get("/api/me", headers=bearer(second["access_token"])).status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_token_in_the_body_gives_the_next_one_in_the_body(hub: Hub) -> None:
    first = sign_in(hub)["refresh_token"]
    second = refresh(hub, first).json()["refresh_token"]
    assert second != first
    assert refresh(hub, second).status_code == 200


def test_a_token_used_twice_signs_its_whole_family_out(hub: Hub) -> None:
    first = sign_in(hub)["refresh_token"]
    second = refresh(hub, first).json()["refresh_token"]
    assert told(refresh(hub, first)) == (401, "token-reused")
    assert told(refresh(hub, second)) == (401, "token-invalid")
    assert told(refresh(hub, first)) == (401, "token-reused")
    with transaction() as session:
        noted = session.scalar(text("SELECT count(*) FROM audit_record WHERE action = 'device.token-reused'"))
    assert noted == 2


def test_another_device_of_the_same_person_stays_in(hub: Hub) -> None:
    stolen, other = sign_in(hub)["refresh_token"], sign_in(hub)["refresh_token"]
    refresh(hub, stolen)
    assert refresh(hub, stolen).status_code == 401
    assert refresh(hub, other).status_code == 200


@pytest.mark.parametrize("crowd", [2, 3, 8])
def test_of_many_refreshes_at_once_exactly_one_succeeds_and_the_family_ends(hub: Hub, crowd: int) -> None:
    token = sign_in(hub)["refresh_token"]
    with ThreadPoolExecutor(crowd) as pool:
        answers = list(pool.map(lambda _: refresh(hub, token), range(crowd)))
    winners = [answer for answer in answers if answer.status_code == 200]
    losers = [told(answer) for answer in answers if answer.status_code != 200]
    assert len(winners) == 1
    assert losers == [(401, "token-reused")] * (crowd - 1)
    assert told(refresh(hub, winners[0].json()["refresh_token"])) == (401, "token-invalid")


@pytest.mark.parametrize("token", ["x", "a" * 43, "х" * 43, "a" * 200])
def test_a_token_nobody_was_given_is_401(hub: Hub, token: str) -> None:
    assert told(refresh(hub, token)) == (401, "token-invalid")


def test_without_any_token_nobody_is_named(hub: Hub) -> None:
    for body in (None, {}):
        assert told(hub.http.post("/api/auth/refresh", json=body)) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://127.0.0.1:8000"}, 200),
    ],
)
def test_a_cookie_works_from_our_own_pages_only(hub: Hub, headers: dict[str, str], status: int) -> None:
    sign_in(hub)
    answer = hub.http.post("/api/auth/refresh", headers=headers)
    assert answer.status_code == status, answer.text
    if status == 403:
        assert answer.json()["code"] == "origin-foreign"
        assert hub.http.post("/api/auth/refresh").status_code == 200


def test_logging_out_ends_the_family_clears_the_cookie_and_may_be_repeated(hub: Hub) -> None:
    token = sign_in(hub)["refresh_token"]
    answer = hub.http.post("/api/auth/logout")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "refresh" not in hub.http.cookies
    assert told(refresh(hub, token)) == (401, "token-invalid")
    assert hub.http.post("/api/auth/logout").status_code == 204
    assert hub.http.post("/api/auth/logout", json={"refresh_token": token}).status_code == 204
    assert hub.http.post("/api/auth/logout", json={"refresh_token": "nobodys"}).status_code == 204


def test_another_site_cannot_log_anybody_out(hub: Hub) -> None:
    token = sign_in(hub)["refresh_token"]
    answer = hub.http.post("/api/auth/logout", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert refresh(hub, token).status_code == 200


def test_logging_out_everywhere_ends_every_device_of_mine_and_nobody_elses(hub: Hub) -> None:
    first, second = sign_in(hub), sign_in(hub)
    maria = enter_maria(hub)
    answer = hub.http.post("/api/auth/logout-everywhere", headers=bearer(first["access_token"]))
    assert answer.status_code == 204
    for each in (first, second):
        assert told(refresh(hub, each["refresh_token"])) == (401, "token-invalid")
    assert refresh(hub, maria.refresh_token).status_code == 200


def test_devices_are_listed_without_whole_addresses_and_tell_which_one_is_this(hub: Hub) -> None:
    old = sign_in(hub, **{"User-Agent": "Firefox/1  " + "x" * 400})
    new = sign_in(hub, **{"User-Agent": "Safari"})
    answer = hub.http.get("/api/me/devices", headers=bearer(old["access_token"]))
    items = answer.json()["items"]
    assert [(one["label"][:9], one["is_current"]) for one in items] == [
        ("Safari", False),
        ("Firefox/1", True),
    ]
    assert len(items[1]["label"]) == 160
    assert {one["network"] for one in items} == {"127.0.0.0/24"}
    assert new["refresh_token"] not in answer.text


def test_a_device_is_signed_out_by_its_owner_only(hub: Hub) -> None:
    mine = sign_in(hub)
    headers = bearer(mine["access_token"])
    [item] = hub.http.get("/api/me/devices", headers=headers).json()["items"]
    path = f"/api/me/devices/{item['device_id']}"
    for stranger in (f"/api/me/devices/{new_id()}", "/api/me/devices/nonsense"):
        assert told(hub.http.delete(stranger, headers=headers)) == (404, "not-found")
    assert told(hub.http.delete(path, headers=hub.patient())) == (404, "not-found")
    assert refresh(hub, mine["refresh_token"]).status_code == 200
    assert hub.http.delete(path, headers=headers).status_code == 204
    assert hub.http.delete(path, headers=headers).status_code == 204
    assert hub.http.get("/api/me/devices", headers=headers).json()["items"] == []


def test_roles_are_those_of_today(hub: Hub) -> None:
    token = sign_in(hub)["refresh_token"]
    with transaction() as session:
        session.execute(text("UPDATE staff SET roles = '{auditor}' WHERE login = 'admin'"))
    assert refresh(hub, token).json()["roles"] == ["auditor"]


def test_whoever_was_dismissed_is_signed_out_everywhere(hub: Hub) -> None:
    first, second = sign_in(hub)["refresh_token"], sign_in(hub)["refresh_token"]
    with transaction() as session:
        session.execute(text("UPDATE staff SET is_active = false WHERE login = 'admin'"))
    assert told(refresh(hub, first)) == (401, "token-invalid")
    with transaction() as session:
        session.execute(text("UPDATE staff SET is_active = true WHERE login = 'admin'"))
    assert told(refresh(hub, second)) == (401, "token-invalid")


def test_a_patient_whose_card_was_closed_is_signed_out(hub: Hub) -> None:
    maria = enter_maria(hub)
    token = maria.refresh_token
    with transaction() as session:
        session.execute(text("UPDATE patient SET status = 'frozen' WHERE id = :id"), {"id": maria.user_id})
    assert told(refresh(hub, token)) == (401, "token-invalid")


@pytest.mark.parametrize("owner", list(Owner))
def test_a_device_ends_when_unused_and_after_its_whole_life(clean: object, owner: Owner) -> None:
    lifetime = LIFETIMES[owner]
    visitor = Visitor(label="", network="")
    start = clock.now()

    def use(token: str) -> object:
        with transaction() as session:
            return rotate_token(session, token, visitor)

    with clock.frozen(start), transaction() as session:
        issued = open_device(session, user_id=new_id(), owner=owner, visitor=visitor)
        idle = open_device(session, user_id=new_id(), owner=owner, visitor=visitor)
    with clock.frozen(start + lifetime.idle):
        assert "token-expired" in repr(use(idle.token))
    at, step = start, lifetime.idle - timedelta(seconds=1)
    while at + step < start + lifetime.whole:
        at += step
        with clock.frozen(at):
            rotated = use(issued.token)
        assert isinstance(rotated, Issued)
        assert rotated.expires_at <= start + lifetime.whole
        issued = rotated
    with clock.frozen(start + lifetime.whole):
        assert "token-expired" in repr(use(issued.token))


def test_of_too_many_devices_the_most_silent_one_leaves(clean: object) -> None:
    user_id, visitor, start = new_id(), Visitor(label="", network=""), clock.now()
    tokens = []
    for number in range(DEVICES_MAX + 1):
        with clock.frozen(start + timedelta(seconds=number)), transaction() as session:
            issued = open_device(session, user_id=user_id, owner=Owner.PATIENT, visitor=visitor)
        tokens.append(issued.token)
    with transaction() as session:
        assert isinstance(rotate_token(session, tokens[0], visitor), Refused)
        assert isinstance(rotate_token(session, tokens[1], visitor), Issued)


def test_what_is_long_dead_is_forgotten_with_the_next_sign_in(clean: object) -> None:
    user_id, visitor = new_id(), Visitor(label="", network="")
    with clock.frozen(clock.now() - timedelta(days=121)), transaction() as session:
        open_device(session, user_id=user_id, owner=Owner.PATIENT, visitor=visitor)
    with transaction() as session:
        open_device(session, user_id=user_id, owner=Owner.PATIENT, visitor=visitor)
        assert session.scalar(text("SELECT count(*) FROM refresh_token")) == 1


def test_the_database_knows_no_token(hub: Hub) -> None:
    token = sign_in(hub)["refresh_token"]
    with transaction() as session:
        dumped = session.scalar(
            text(
                "SELECT string_agg(t::text, '') || (SELECT string_agg(d::text, '') FROM device d)"
                " FROM refresh_token t"
            )
        )
    assert dumped
    assert token not in dumped
    assert token.encode().hex() not in dumped


def test_a_family_member_gets_a_device_of_their_own(hub: Hub) -> None:
    entered = enter_maria(hub)
    headers = bearer(entered.access_token)
    [item] = hub.http.get("/api/me/devices", headers=headers).json()["items"]
    assert UUID(item["device_id"]) == entered.device_id
    assert item["is_current"] is True
