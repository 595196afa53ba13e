"""The Bitrix24 stranger: codes and tokens as the real one gives them, its errors, its employees."""

import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

APP = {"client_id": "local.test", "client_secret": "secret-of-the-test"}


@pytest.fixture(autouse=True)
def as_it_was(bitrix24: httpx.Client) -> None:
    assert bitrix24.post("/_sim/faults", json={"mode": "ok"}).is_success
    assert bitrix24.post("/_sim/users/2/restore").is_success


def choose(bitrix24: httpx.Client, employee: int = 2) -> dict[str, str]:
    """Let an employee agree; gives what the hub's callback would read."""
    answer = bitrix24.get(
        "/oauth/authorize/", params={"client_id": "local.test", "state": "s 1", "_as": employee}
    )
    assert answer.status_code == 302
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def ask_token(bitrix24: httpx.Client, host: str = "", **form: str) -> httpx.Response:
    oauth = host or f"localhost:{bitrix24.base_url.port}"
    return bitrix24.post("/oauth/token/", data={**APP, **form}, headers={"Host": oauth})


def enter(bitrix24: httpx.Client, employee: int = 2) -> dict[str, str]:
    code = choose(bitrix24, employee)["code"]
    answer = ask_token(bitrix24, grant_type="authorization_code", code=code)
    assert answer.status_code == 200
    told: dict[str, str] = answer.json()
    return told


def test_the_page_of_consent_names_employees_and_sends_the_chosen_one_back(bitrix24: httpx.Client) -> None:
    page = bitrix24.get("/oauth/authorize/", params={"client_id": "local.test", "state": '"><script>'})
    assert "Кассин" in page.text
    assert "<script>" not in page.text
    told = choose(bitrix24)
    port = bitrix24.base_url.port
    assert told["state"] == "s 1"
    assert (told["domain"], told["server_domain"]) == (f"127.0.0.1:{port}", f"localhost:{port}")
    assert told["member_id"] == "a" * 32


def test_an_unknown_application_is_told_on_a_page_and_never_redirected(bitrix24: httpx.Client) -> None:
    answer = bitrix24.get("/oauth/authorize/", params={"client_id": "other", "_as": 2})
    assert (answer.status_code, "Location" in answer.headers) == (400, False)


def test_a_code_is_good_once_and_for_half_a_minute(bitrix24: httpx.Client) -> None:
    code = choose(bitrix24)["code"]
    assert ask_token(bitrix24, grant_type="authorization_code", code=code).status_code == 200
    again = ask_token(bitrix24, grant_type="authorization_code", code=code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")

    late = choose(bitrix24)["code"]
    bitrix24.post("/_sim/clock/advance", json={"seconds": 31})
    assert ask_token(bitrix24, grant_type="authorization_code", code=late).json()["error"] == "invalid_grant"


def test_the_answer_names_the_oauth_server_where_one_would_look_for_the_portal(
    bitrix24: httpx.Client,
) -> None:
    told = enter(bitrix24)
    port = bitrix24.base_url.port
    assert told["domain"] == f"localhost:{port}"
    assert told["client_endpoint"] == f"http://127.0.0.1:{port}/rest/"
    assert told["expires_in"] == 3600


def test_the_portals_own_host_is_no_oauth_server(bitrix24: httpx.Client) -> None:
    host = f"127.0.0.1:{bitrix24.base_url.port}"
    assert ask_token(bitrix24, host, grant_type="authorization_code", code="x").status_code == 404


def test_wrong_client_comes_with_200_and_a_wrong_secret_with_400(bitrix24: httpx.Client) -> None:
    wrong = ask_token(bitrix24, client_id="other", grant_type="authorization_code", code="x")
    assert (wrong.status_code, wrong.json()["error"]) == (200, "wrong_client")
    secret = ask_token(bitrix24, client_secret="other", grant_type="authorization_code", code="x")
    assert (secret.status_code, secret.json()["error"]) == (400, "invalid_client")
    assert ask_token(bitrix24, grant_type="other").json()["error"] == "invalid_request"


def test_refreshing_ends_the_former_pair(bitrix24: httpx.Client) -> None:
    first = enter(bitrix24)
    second = ask_token(bitrix24, grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    assert second["user_id"] == 2
    old = bitrix24.get("/rest/user.current", params={"auth": first["access_token"]})
    assert (old.status_code, old.json()["error"]) == (401, "invalid_token")
    again = ask_token(bitrix24, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert again.json()["error"] == "invalid_grant"
    assert bitrix24.get("/rest/user.current", params={"auth": second["access_token"]}).is_success


def test_a_token_is_good_for_an_hour(bitrix24: httpx.Client) -> None:
    told = enter(bitrix24)
    mine = bitrix24.post("/rest/user.current.json", json={"auth": told["access_token"]}).json()["result"]
    assert (mine["ID"], mine["ACTIVE"], mine["LAST_NAME"]) == ("2", True, "Кассин")
    bitrix24.post("/_sim/clock/advance", json={"seconds": 3601})
    late = bitrix24.get("/rest/user.current", params={"auth": told["access_token"]})
    assert (late.status_code, late.json()["error"]) == (401, "expired_token")


def test_a_dismissed_employee_neither_enters_nor_asks(bitrix24: httpx.Client) -> None:
    told = enter(bitrix24)
    bitrix24.post("/_sim/users/2/dismiss")
    asked = bitrix24.get("/rest/user.current", params={"auth": told["access_token"]})
    assert (asked.status_code, asked.json()["error"]) == (401, "authorization_error")
    page = bitrix24.get("/oauth/authorize/", params={"client_id": "local.test", "_as": 2})
    assert page.status_code == 403
    [one] = bitrix24.get("/rest/1/hook-of-a-test/user.get", params={"ID": "2"}).json()["result"]
    assert one["ACTIVE"] is False


def test_the_webhook_answers_its_secret_only_and_lists_whom_it_is_asked_for(bitrix24: httpx.Client) -> None:
    assert bitrix24.get("/rest/1/wrong/user.get").json()["error"] == "NO_AUTH_FOUND"
    asked = bitrix24.post("/rest/1/hook-of-a-test/user.get", json={"FILTER": {"ID": [2, 4]}}).json()
    assert [one["ID"] for one in asked["result"]] == ["2", "4"]
    assert bitrix24.get("/rest/1/hook-of-a-test/crm.contact.list").status_code == 404


@pytest.mark.parametrize(
    ("mode", "status", "error"), [("down", 502, ""), ("limit", 503, "QUERY_LIMIT_EXCEEDED")]
)
def test_a_fault_lasts_for_its_count(bitrix24: httpx.Client, mode: str, status: int, error: str) -> None:
    bitrix24.post("/_sim/faults", json={"mode": mode, "count": 1})
    answer = bitrix24.get("/rest/1/hook-of-a-test/user.get")
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert bitrix24.get("/rest/1/hook-of-a-test/user.get").is_success


def test_the_portals_page_is_served_without_inline_code(bitrix24: httpx.Client) -> None:
    page = bitrix24.get("/").text
    for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
        assert bitrix24.get(path).is_success
    assert "Уволить" in bitrix24.get("/static/page.js").text
