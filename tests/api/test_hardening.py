"""The door against rough hands: addresses, origins, slow and large bodies, and SQL in every parameter."""

import json
import socket
import time
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest

from api.middleware import CrossOrigin
from hub.db.transaction import transaction
from hub.domain.staff.rotating import restrict_networks
from hub.kernel.errors import FieldInvalidError
from hub.kernel.settings import Settings, settings
from tests.api.conftest import Hub
from tools import seed

INJECTIONS = [
    "' OR '1'='1",
    "1; DROP TABLE patient; --",
    "' UNION SELECT login, password_hash FROM staff --",
    '") OR 1=1 --',
    "\\'; SELECT pg_sleep(10); --",
    "%' OR 'x' LIKE '%",
    "id DESC; SELECT 1",
    "{$ne: null}",
    "\x00' OR 1=1",
    "１＇ OR 1=1",
]
READERS = ("admin", "auditor", "accountant")


def parameters(hub: Hub) -> Iterator[tuple[str, str, str]]:
    """Give path, place and name of every parameter of every GET that the description knows."""
    for path, item in hub.http.get("/api/openapi.json").json()["paths"].items():
        for parameter in item.get("get", {}).get("parameters", []):
            if parameter["in"] in {"query", "path"}:
                yield path, parameter["in"], parameter["name"]


def find_fault(hub: Hub, path: str, place: str, name: str, injection: str, headers: dict[str, str]) -> str:
    """Ask with SQL in one parameter; say what is wrong with the answer."""
    url = path.replace(f"{{{name}}}", quote(injection, safe=""))
    for other in ("user_id", "given_id"):
        url = url.replace(f"{{{other}}}", str(hub.maria_id))
    began_s = time.monotonic()
    answer = hub.http.get(url, params={name: injection} if place == "query" else {}, headers=headers)
    if answer.status_code >= 500 or time.monotonic() - began_s > 5:
        return f"{answer.status_code} in {time.monotonic() - began_s:.1f} s"
    if "$argon2" in answer.text:
        return "secrets"
    is_list = answer.status_code == 200 and isinstance(answer.json(), dict)
    return "rows" if is_list and answer.json().get("items") else ""


def test_sql_in_any_parameter_of_any_reading_route_is_a_value_or_a_refusal(hub: Hub) -> None:
    """Never a 5xx, never slow, and never rows: what nothing matches finds nothing."""
    callers = [hub.staff(login) for login in READERS] + [hub.onec, hub.patient()]
    tried = list(parameters(hub))
    assert len(tried) >= 20
    faults = {
        (path, name, injection): fault
        for path, place, name in tried
        for injection in INJECTIONS
        for headers in callers
        if (fault := find_fault(hub, path, place, name, injection, headers))
    }
    assert faults == {}


def test_a_sign_that_the_database_cannot_keep_is_the_callers_fault(hub: Hub) -> None:
    answer = hub.http.post("/api/auth/password", json={"login": "a\x00b", "password": "c\x00d"})
    assert answer.status_code in {401, 422}
    listed = hub.http.get("/api/admin/events", params={"topic": "a\x00"}, headers=hub.staff("admin"))
    assert (listed.status_code, listed.json()["code"]) == (422, "validation-failed")


def test_an_address_is_believed_from_our_proxies_only(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr("api.limiting.read_network", lambda request: seen.append(request.client.host) or "x")
    hub.http.post("/api/auth/code", json={"phone": "1"}, headers={"X-Forwarded-For": "203.0.113.7"})
    hub.http.post(
        "/api/auth/code", json={"phone": "1"}, headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.7"}
    )
    assert seen == ["203.0.113.7", "203.0.113.7"]


def test_a_stranger_cannot_invent_its_address(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the proxies elsewhere, our own test client is a stranger."""
    middleware = find_middleware(hub, "TrustedProxies")
    monkeypatch.setattr(middleware, "_reading", None)
    elsewhere = settings().model_copy(update={"trusted_proxies": "10.0.0.0/8"})
    monkeypatch.setattr("api.middleware.settings", lambda: elsewhere)
    seen = []
    monkeypatch.setattr("api.limiting.read_network", lambda request: seen.append(request.client.host) or "x")
    hub.http.post("/api/auth/code", json={"phone": "1"}, headers={"X-Forwarded-For": "203.0.113.7"})
    assert seen == ["127.0.0.1"]


def find_middleware(hub: Hub, name: str) -> object:
    layer: object = hub.app.middleware_stack
    while type(layer).__name__ != name:
        layer = getattr(layer, "_app", None) or getattr(layer, "app", None)
        assert layer is not None, name
    return layer


def allow(hub: Hub, monkeypatch: pytest.MonkeyPatch, origins: str) -> None:
    layer = find_middleware(hub, "CrossOrigin")
    assert isinstance(layer, CrossOrigin)
    monkeypatch.setattr(layer, "_allowing", None)
    chosen: Settings = settings().model_copy(update={"cors_origins": origins})
    monkeypatch.setattr("api.middleware.settings", lambda: chosen)


def test_only_configured_origins_may_call_and_no_cookie_travels(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(hub, monkeypatch, "https://clinic.example.org")
    ask = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    own = hub.http.options("/api/me", headers={"Origin": "https://clinic.example.org", **ask})
    foreign = hub.http.options("/api/me", headers={"Origin": "https://evil.example.org", **ask})

    assert own.headers["Access-Control-Allow-Origin"] == "https://clinic.example.org"
    assert "Access-Control-Allow-Credentials" not in own.headers
    assert "Access-Control-Allow-Origin" not in foreign.headers


@pytest.mark.parametrize("path", ["/", "/api/livez", "/api/nothing", "/api/static/docs.js", "/api/me"])
def test_no_answer_may_be_framed_sniffed_or_given_devices(hub: Hub, path: str) -> None:
    headers = hub.http.get(path).headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert "geolocation=()" in headers["Permissions-Policy"]


@pytest.mark.parametrize("path", ["/", "/admin", "/api/docs"])
def test_our_pages_hold_no_inline_script_or_style(hub: Hub, path: str) -> None:
    page = hub.http.get(path).text
    for tag in page.split("<script")[1:]:
        assert "src=" in tag.partition(">")[0]
        assert tag.partition(">")[2].startswith("</script>")
    assert "<style" not in page
    assert " style=" not in page
    assert " onclick=" not in page


def test_a_form_is_smaller_than_what_a_base_pushes(hub: Hub) -> None:
    body = json.dumps({"phone": "1", "padding": "x" * 256 * 1024}).encode()
    answer = hub.http.post("/api/auth/code", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    pushed = hub.http.post("/api/1c/v1/events", content=b"[" + b" " * 300_000 + b"]", headers=hub.onec)
    assert pushed.status_code == 202


def test_a_body_that_trickles_in_is_not_waited_for(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.middleware._BODY_WITHIN_S", 0.3)
    address = urlsplit(str(hub.http.base_url))
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as wire:
        wire.sendall(
            b"POST /api/auth/code HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\n"
            b'Content-Length: 100\r\n\r\n{"phone"'
        )
        answer = wire.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_secret_is_worth_nothing_outside_its_networks(hub: Hub) -> None:
    def ask(address: str) -> int:
        headers = {**hub.onec, "X-Forwarded-For": address}
        return hub.http.get("/api/1c/v1/exchange/state", headers=headers).status_code

    def restrict(*networks: str) -> None:
        with transaction() as session:
            restrict_networks(session, login=seed.INFOBASE, networks=networks)
        hub.app.state.credentials.reload()

    restrict("10.1.0.0/16", "2001:db8::/32")
    assert [ask(place) for place in ("10.1.2.3", "2001:db8::7")] == [200, 200]
    assert [ask(place) for place in ("10.2.0.1", "203.0.113.7", "2001:db9::1")] == [401, 401, 401]
    with pytest.raises(FieldInvalidError):
        restrict("10.1.2.3/16")
    restrict()
    assert ask("203.0.113.7") == 200
