"""No endpoint is open by accident."""

from collections.abc import Iterator

import jwt
import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import Mount

from api.access import Access, Entrance
from hub.domain.staff.permissions import PERMISSIONS, Role
from hub.kernel import clock, tokens
from hub.kernel.ids import new_id
from tests.api.conftest import SERVICE_SECRET, Hub, basic, bearer
from tools import seed

PUBLIC_PATHS = {
    "/",
    "/admin",
    "/api",
    "/api/auth/bitrix24/callback",
    "/api/auth/bitrix24/login",
    "/api/auth/choose",
    "/api/auth/code",
    "/api/auth/consents",
    "/api/auth/enrol",
    "/api/auth/logout",
    "/api/auth/password",
    "/api/auth/password/forgot",
    "/api/auth/password/reset",
    "/api/auth/refresh",
    "/api/auth/token",
    "/api/auth/totp/enrol",
    "/api/docs",
    "/api/health",
    "/api/livez",
    "/api/notifications/unsubscribe/{given_id}",
    "/api/openapi.json",
    "/api/readyz",
    "/api/redoc",
}


def walk(hub: Hub) -> Iterator[tuple[str, str, Access]]:
    """Give method, path and declared access of every route; what is neither route nor our mount fails."""
    for context in iter_route_contexts(hub.app.routes):
        route = context.original_route
        if isinstance(route, Mount):
            assert route.path == "/api/static"
            continue
        assert isinstance(route, APIRoute), route
        declared = [each.dependency for each in route.dependencies if isinstance(each.dependency, Access)]
        assert len(declared) == 1, f"{route.path} names no access"
        for method in route.methods or ():
            yield method, route.path, declared[0]


def call(hub: Hub, method: str, path: str, headers: dict[str, str], given: str) -> tuple[int, str]:
    url = path.replace("{user_id}", given).replace("{given_id}", given)
    answer = hub.http.request(method, url, headers=headers)
    return answer.status_code, answer.text


def test_the_public_routes_are_these_and_no_others(hub: Hub) -> None:
    public = {path for _, path, access in walk(hub) if access.entrance is Entrance.PUBLIC}
    assert public == PUBLIC_PATHS


@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer("wrong"),
        bearer("a.b.c"),
        basic(seed.INFOBASE, "wrong"),
        basic("", ""),
        {"Authorization": "Bearer"},
        {"Authorization": "Digest x"},
    ],
    ids=["nothing", "bearer", "jwt", "basic", "empty", "bare", "digest"],
)
def test_every_other_route_answers_401_to_strangers(hub: Hub, headers: dict[str, str]) -> None:
    closed = [(method, path) for method, path, access in walk(hub) if access.entrance is not Entrance.PUBLIC]
    far = {"X-Forwarded-For": "203.0.113.7"}
    answers = {path: call(hub, method, path, headers | far, str(new_id()))[0] for method, path in closed}
    assert set(answers.values()) == {401}, answers
    assert len(answers) >= 9


def test_a_patient_meets_403_on_routes_of_staff_and_services(hub: Hub) -> None:
    own = PERMISSIONS[Role.PATIENT]
    others = [
        (method, path)
        for method, path, access in walk(hub)
        if access.permissions and not own & set(access.permissions)
    ]
    answers = {path: call(hub, method, path, hub.patient(), str(new_id()))[0] for method, path in others}
    assert set(answers.values()) == {403}, answers
    assert len(answers) >= 7


def test_anothers_account_and_an_unknown_one_are_the_same_404_to_a_patient(hub: Hub) -> None:
    for path in ("/api/loyalty/balance/{}", "/api/loyalty/transactions/{}"):
        told = [
            hub.http.get(path.format(given), headers=hub.patient(), params={})
            for given in (hub.andrey_id, new_id(), "nonsense")
        ]
        assert {answer.status_code for answer in told} == {404}
        bodies = [
            {key: part for key, part in answer.json().items() if key not in {"instance", "correlation_id"}}
            for answer in told
        ]
        assert bodies[0] == bodies[1] == bodies[2]


def test_a_service_of_no_infobase_reads_accounts_but_not_the_exchange(hub: Hub) -> None:
    for headers in (basic("till", SERVICE_SECRET), bearer(SERVICE_SECRET)):
        balance = hub.http.get(f"/api/loyalty/balance/{hub.maria_id}", headers=headers)
        assert balance.status_code == 200
        assert hub.http.get("/api/1c/v1/exchange/state", headers=headers).status_code == 403
        assert hub.http.get("/api/me", headers=headers).status_code == 403


def test_a_token_of_another_key_algorithm_type_or_audience_is_refused(hub: Hub) -> None:
    good = tokens.issue_access(hub.maria_id, ["patient"])
    claims = jwt.decode(good, options={"verify_signature": False})
    header = {"typ": "at+jwt", "kid": jwt.get_unverified_header(good)["kid"]}
    forged = [
        jwt.encode(claims, "secret-of-somebody-else-long-enough!", algorithm="HS256", headers=header),
        jwt.encode(claims, "", algorithm="none", headers=header),
        good[:-8] + "AAAAAAAA",
        tokens.issue_choice([hub.maria_id]),
    ]
    for token in forged:
        answer = hub.http.get("/api/me", headers=bearer(token))
        assert (answer.status_code, answer.json()["code"]) == (401, "token-invalid"), token


def test_a_token_ends_after_fifteen_minutes(hub: Hub) -> None:
    with clock.frozen(clock.now() - tokens.ACCESS_LIFETIME):
        token = tokens.issue_access(hub.maria_id, ["patient"])
    answer = hub.http.get("/api/me", headers=bearer(token))
    assert (answer.status_code, answer.json()["code"]) == (401, "token-expired")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_with_an_unknown_role_is_refused(hub: Hub) -> None:
    token = tokens.issue_access(hub.maria_id, ["emperor"])
    assert hub.http.get("/api/me", headers=bearer(token)).json()["code"] == "token-invalid"


def test_no_token_carries_anything_personal(hub: Hub) -> None:
    claims = jwt.decode(tokens.issue_access(hub.maria_id, ["patient"]), options={"verify_signature": False})
    assert set(claims) == {"iss", "aud", "iat", "exp", "jti", "sub", "roles"}
