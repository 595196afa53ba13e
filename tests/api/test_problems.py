"""Every refusal in words, by one table."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

import api
import hub as hub_package
from api.languages import prefers_english
from api.problem_texts import PROBLEM_TEXTS
from api.problems import STATUSES
from hub.kernel.errors import BusyError, ErrorKind, HubError
from tests.api.conftest import Hub


def error_classes(base: type[HubError] = HubError) -> Iterator[type[HubError]]:
    for found in base.__subclasses__():
        yield found
        yield from error_classes(found)


def test_every_error_of_the_hub_has_its_words_in_both_languages() -> None:
    for package in (hub_package, api):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    codes = {found.code for found in error_classes() if found.__module__.startswith(("hub.", "api."))}
    assert codes - set(PROBLEM_TEXTS) == set()
    for words in PROBLEM_TEXTS.values():
        assert all(words)


def test_every_kind_has_a_status() -> None:
    assert set(STATUSES) == set(ErrorKind)


def test_a_problem_has_all_the_members_of_the_contract(hub: Hub) -> None:
    answer = hub.http.get("/api/nothing", headers={"X-Correlation-Id": "desk-1-abcdef"})
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:loyalty-hub:problem:not-found",
        "title": "Не найдено",
        "status": 404,
        "detail": "Такого здесь нет.",
        "instance": "/api/nothing",
        "code": "not-found",
        "correlation_id": "desk-1-abcdef",
    }


def test_the_detail_is_english_for_those_who_ask(hub: Hub) -> None:
    answer = hub.http.get("/api/nothing", headers={"Accept-Language": "en-GB,en;q=0.9,ru;q=0.5"})
    assert answer.json()["detail"] == "There is no such thing here."


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", False),
        ("ru", False),
        ("en", True),
        ("ru-RU, en;q=0.8", False),
        ("en-US,en;q=0.9,ru;q=0.8", True),
        ("en;q=0", False),
        ("de", False),
        ("en;q=x", False),
        ("en;q=1.000", True),
    ],
)
def test_english_must_be_wanted_more_than_russian(header: str, expected: bool) -> None:
    assert prefers_english(header) is expected


def test_an_unknown_method_is_405_and_names_the_known_ones(hub: Hub) -> None:
    answer = hub.http.delete("/api/me")
    assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")
    assert answer.headers["Allow"] == "GET"


def test_broken_json_is_400_with_its_position(hub: Hub) -> None:
    answer = hub.http.post(
        "/api/auth/code", content=b'{\n  "phone": oops}', headers={"Content-Type": "application/json"}
    )
    told = answer.json()
    assert (answer.status_code, told["code"], told["line"], told["column"]) == (400, "unparsable", 2, 12)
    assert "Строка 2, столбец 12" in told["detail"]


@pytest.mark.parametrize("body", [b"\xff\xfe{", b"[" * 100_000])
def test_a_body_that_is_no_json_at_all_is_400(hub: Hub, body: bytes) -> None:
    answer = hub.http.post("/api/auth/code", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "unparsable")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded"]
)
def test_a_body_of_another_media_type_is_415(hub: Hub, content_type: str) -> None:
    answer = hub.http.post(
        "/api/auth/code", content=b'{"phone": "1"}', headers={"Content-Type": content_type}
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")


def test_wrong_fields_are_named_in_russian_and_never_quoted(hub: Hub) -> None:
    secret = "super-secret-value"
    answer = hub.http.post("/api/auth/password", json={"login": 5, "passwort": secret})
    told = answer.json()
    assert (answer.status_code, told["code"]) == (422, "validation-failed")
    assert secret not in answer.text
    assert {(one["where"], one["pointer"], one["code"], one["message"]) for one in told["errors"]} == {
        ("body", "/login", "string-type", "Ожидается строка."),
        ("body", "/password", "missing", "Обязательное поле."),
        ("body", "/passwort", "extra-forbidden", "Неизвестное поле."),
    }


@pytest.mark.parametrize(
    "query",
    [
        "limit=101",
        "limit=0",
        "limit=x",
        "cursor=nonsense",
        "asset=roubles",
        "kind=gift",
        "from=2026-01-01T00:00:00",
    ],
)
def test_wrong_queries_are_422(hub: Hub, query: str) -> None:
    answer = hub.http.get(f"/api/loyalty/transactions/me?{query}", headers=hub.patient())
    told = answer.json()
    assert (answer.status_code, told["code"]) == (422, "validation-failed")
    assert [one["pointer"] for one in told["errors"]] == [f"/{query.partition('=')[0]}"]
    assert told["errors"][0]["where"] == "query"


def test_an_error_nobody_foresaw_is_500_without_details(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("with a secret inside")

    monkeypatch.setattr("api.me.get_patient", fail)
    answer = hub.http.get("/api/me", headers=hub.patient())
    told = answer.json()
    assert (answer.status_code, told["code"]) == (500, "internal")
    assert "secret" not in answer.text
    assert answer.headers["X-Correlation-Id"] == told["correlation_id"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_database_that_is_away_is_503_and_says_when_to_come_back(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = hub.patient()

    def fail(*_: object, **__: object) -> None:
        raise BusyError(resource="database")

    monkeypatch.setattr("api.me.transaction", fail)
    answer = hub.http.get("/api/me", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert answer.headers["Retry-After"] == "2"


def test_a_statement_that_takes_too_long_is_503(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def wait(session: Session, *_: object) -> None:
        session.execute(text("SET LOCAL statement_timeout = 10"))
        session.execute(text("SELECT pg_sleep(5)"))

    headers = hub.patient()
    monkeypatch.setattr("api.me.get_patient", wait)
    answer = hub.http.get("/api/me", headers=headers)
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "busy", "2")


def test_a_body_above_the_limit_is_413_as_a_problem(hub: Hub) -> None:
    answer = hub.http.post(
        "/api/auth/code", content=b" " * (2 * 1024 * 1024 + 1), headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("given", ["short", "with blank inside", "x" * 65, "new\tline"])
def test_an_insane_correlation_id_is_replaced(hub: Hub, given: str) -> None:
    answer = hub.http.get("/api/livez", headers={"X-Correlation-Id": given})
    assert answer.headers["X-Correlation-Id"] != given
    assert len(answer.headers["X-Correlation-Id"]) == 36


def test_every_answer_carries_the_security_headers(hub: Hub) -> None:
    for path in ("/", "/api/livez", "/api/nothing", "/api/static/docs.js", "/api/me"):
        headers = hub.http.get(path).headers
        assert "'unsafe-inline'" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "Access-Control-Allow-Origin" not in headers
        assert "Strict-Transport-Security" not in headers
        assert headers["X-Correlation-Id"]
