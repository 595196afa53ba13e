"""Staff come in through their portal: the whole way against the sandbox portal, a process of its own."""

from collections.abc import Generator
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import func, select

from hub.audit.models import AuditRecord
from hub.db.transaction import transaction
from hub.domain.staff import portal as identities
from hub.domain.staff.models import PortalIdentity
from hub.domain.staff.queries import find_staff_id
from hub.flows import staff_sso
from hub.kernel import settings as configuration
from tests.api.conftest import Hub, bearer
from tests.sandbox.stranger_process import running_stranger
from workers.app import app as workers

MEMBER = "b" * 32
SECRET, HOOK = "key-of-the-application", "1/hook-of-the-hub"
CHECK_STAFF = "staff.check"


@dataclass(frozen=True)
class Scene:
    """The hub, the portal, and a browser between them."""

    hub: Hub
    portal: httpx.Client

    def leave(self) -> tuple[httpx.Response, str]:
        """Begin at the hub; gives its answer and the state that travels."""
        answer = self.hub.http.get("/api/auth/bitrix24/login")
        assert answer.status_code == 302
        self.hub.http.cookies.clear()  # the test itself brings cookies, or leaves them out
        return answer, parse_qs(urlsplit(answer.headers["Location"]).query)["state"][0]

    def agree(self, location: str, employee: int) -> str:
        """Choose who enters, at the portal; gives where it sends the browser back."""
        answer = self.portal.get(f"{location}&_as={employee}")
        assert answer.status_code == 302, answer.text
        back: str = answer.headers["Location"]
        return back

    def come_back(self, back: str, cookie: str | None, **headers: str) -> httpx.Response:
        url = f"{urlsplit(back).path}?{urlsplit(back).query}"
        given = {"Cookie": f"sso_state={cookie}"} if cookie else {}
        return self.hub.http.get(url, headers={**given, **headers})

    def enter(self, employee: int = 2, **headers: str) -> httpx.Response:
        """Go the whole way as a browser would."""
        left, _ = self.leave()
        return self.come_back(self.agree(left.headers["Location"], employee), state_cookie(left), **headers)


def state_cookie(answer: httpx.Response) -> str:
    return SimpleCookie(answer.headers["Set-Cookie"])["sso_state"].value


def refresh_cookie(answer: httpx.Response) -> str:
    found = [SimpleCookie(line) for line in answer.headers.get_list("Set-Cookie")]
    return next(cookie["refresh"].value for cookie in found if "refresh" in cookie)


def refresh(scene: Scene, token: str) -> httpx.Response:
    return scene.hub.http.post("/api/auth/refresh", json={"refresh_token": token})


@pytest.fixture(scope="module")
def portal(address: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[httpx.Client]:
    options = (
        *("--handler", f"{address}/api/auth/bitrix24/callback", "--client-id", "local.test"),
        *("--client-secret", SECRET, "--member-id", MEMBER, "--hook", HOOK),
    )
    log_path = tmp_path_factory.mktemp("portal") / "log"
    with running_stranger("sandbox.bitrix24", "/_sim/state", Path(log_path), *options) as client:
        yield client


@pytest.fixture
def scene(hub: Hub, portal: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> Generator[Scene]:
    """The hub knows the portal, and the cashier is employee 2 of it."""
    port = portal.base_url.port
    for name, value in {
        "URL": f"http://127.0.0.1:{port}",
        "OAUTH_URL": f"http://localhost:{port}",
        "CLIENT_ID": "local.test",
        "CLIENT_SECRET": SECRET,
        "MEMBER_ID": MEMBER,
        "HOOK": HOOK,
    }.items():
        monkeypatch.setenv(f"HUB_BITRIX24_{name}", value)
    configuration.settings.cache_clear()
    portal.post("/_sim/faults", json={"mode": "ok"})
    portal.post("/_sim/users/2/restore")
    with transaction() as session:
        staff_id = find_staff_id(session, "cashier")
        assert staff_id
        identities.link(session, member_id=MEMBER, portal_user_id=2, staff_id=staff_id)
    yield Scene(hub, portal)
    monkeypatch.undo()
    configuration.settings.cache_clear()


def test_an_employee_comes_in_with_the_hubs_own_roles(scene: Scene) -> None:
    answer = scene.enter()
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin")
    told = refresh(scene, refresh_cookie(answer)).json()
    assert told["roles"] == ["cashier"]
    assert scene.hub.http.get("/api/me/devices", headers=bearer(told["access_token"])).status_code == 200
    assert any(line.startswith('sso_state=""') for line in answer.headers.get_list("Set-Cookie"))


def test_the_state_is_in_a_cookie_no_script_reads_and_another_site_only_brings_back(scene: Scene) -> None:
    left, state = scene.leave()
    cookie = left.headers["Set-Cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "max-age=300" in cookie
    assert "path=/api/auth/bitrix24" in cookie
    assert len(state) >= 43
    assert left.headers["Location"].startswith(f"{str(scene.portal.base_url).rstrip('/')}/oauth/authorize/")


@pytest.mark.parametrize("cookie", [None, "x", "a.b.c", "a.9999999999.c", "..", "a.99999999999999999999.c"])
def test_a_return_that_this_browser_did_not_begin_is_refused(scene: Scene, cookie: str | None) -> None:
    left, _ = scene.leave()
    answer = scene.come_back(scene.agree(left.headers["Location"], 2), cookie)
    assert (answer.status_code, answer.json()["code"]) == (403, "sso-state-invalid")


def test_a_state_of_another_browser_and_an_old_one_are_refused(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, _ = scene.leave()
    theirs, _ = scene.leave()
    back = scene.agree(theirs.headers["Location"], 2)
    assert scene.come_back(back, state_cookie(mine)).json()["code"] == "sso-state-invalid"
    monkeypatch.setattr("api.staff_sso._LIFETIME_S", -1)
    late, _ = scene.leave()
    back = scene.agree(late.headers["Location"], 2)
    assert scene.come_back(back, state_cookie(late)).json()["code"] == "sso-state-invalid"


@pytest.mark.parametrize(
    ("name", "value"),
    [("domain", "evil.example"), ("member_id", "f" * 32), ("server_domain", "evil.example"), ("state", "x")],
)
def test_a_return_that_names_a_foreign_place_is_refused_and_nothing_is_called(
    scene: Scene, name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, _ = scene.leave()
    back = httpx.URL(scene.agree(left.headers["Location"], 2)).copy_set_param(name, value)
    called: list[str] = []
    monkeypatch.setattr(staff_sso, "prove_employee", called.append)
    answer = scene.come_back(str(back), state_cookie(left))
    assert (answer.status_code, answer.json()["code"], called) == (403, "sso-state-invalid", [])


def test_a_code_is_good_once(scene: Scene) -> None:
    left, _ = scene.leave()
    back = scene.agree(left.headers["Location"], 2)
    assert scene.come_back(back, state_cookie(left)).status_code == 302
    again = scene.come_back(back, state_cookie(left))
    assert (again.status_code, again.json()["code"]) == (401, "sso-refused")


def test_a_code_older_than_half_a_minute_is_refused(scene: Scene) -> None:
    left, _ = scene.leave()
    back = scene.agree(left.headers["Location"], 2)
    scene.portal.post("/_sim/clock/advance", json={"seconds": 31})
    assert scene.come_back(back, state_cookie(left)).json()["code"] == "sso-refused"


def test_tokens_of_another_portal_let_nobody_in(scene: Scene) -> None:
    left, _ = scene.leave()
    back = scene.agree(left.headers["Location"], 2)
    scene.portal.post("/_sim/faults", json={"mode": "foreign", "count": 1})
    assert scene.come_back(back, state_cookie(left)).json()["code"] == "sso-refused"


@pytest.mark.parametrize("mode", ["down", "limit"])
def test_a_portal_that_is_away_is_503_and_the_password_still_works(scene: Scene, mode: str) -> None:
    left, _ = scene.leave()
    back = scene.agree(left.headers["Location"], 2)
    scene.portal.post("/_sim/faults", json={"mode": mode, "count": 1})
    answer = scene.come_back(back, state_cookie(left))
    assert (answer.status_code, answer.json()["code"]) == (503, "portal-unreachable")
    assert scene.hub.staff("cashier")


def test_a_newcomer_is_remembered_and_refused_until_linked(scene: Scene) -> None:
    refused = scene.enter(4)
    assert (refused.status_code, refused.json()["code"]) == (403, "staff-not-granted")
    with transaction() as session:
        known = session.get(PortalIdentity, (MEMBER, 4))
        assert known is not None
        assert known.staff_id is None
        staff_id = find_staff_id(session, "marketer")
        assert staff_id
        identities.link(session, member_id=MEMBER, portal_user_id=4, staff_id=staff_id)
    assert scene.enter(4).status_code == 302


def test_a_browser_is_told_on_a_page(scene: Scene) -> None:
    page = scene.enter(4, Accept="text/html")
    assert page.status_code == 403
    assert page.headers["Content-Type"].startswith("text/html")
    assert "Обратитесь к администратору" in page.text
    assert "/api/auth/bitrix24/login" in page.text


def test_whoever_the_portal_dismissed_is_out_everywhere_and_stays_out(scene: Scene) -> None:
    token = refresh_cookie(scene.enter())
    scene.portal.post("/_sim/users/2/dismiss")
    assert workers.tasks[CHECK_STAFF].run("") == {"dismissed": 1}

    assert refresh(scene, token).status_code == 401
    answer = scene.hub.http.post("/api/auth/password", json={"login": "cashier", "password": "demo-cashier"})
    assert answer.status_code == 401
    scene.portal.post("/_sim/users/2/restore")
    assert scene.enter().json()["code"] == "staff-not-granted"
    assert workers.tasks[CHECK_STAFF].run("") == {"dismissed": 0}
    with transaction() as session:
        dismissed = select(func.count()).where(AuditRecord.action == "staff.dismissed")
        assert session.scalar(dismissed) == 1


@pytest.mark.parametrize("mode", ["down", "limit", "expired", "foreign"])
def test_a_portal_that_is_silent_or_odd_dismisses_nobody(scene: Scene, mode: str) -> None:
    scene.portal.post("/_sim/users/2/dismiss")
    scene.portal.post("/_sim/faults", json={"mode": mode, "count": 1})
    assert workers.tasks[CHECK_STAFF].run("") == {"dismissed": 0}
    assert scene.hub.staff("cashier")


def test_one_employee_is_one_member_of_staff(scene: Scene) -> None:
    with transaction() as session:
        admin = find_staff_id(session, "admin")
        cashier = find_staff_id(session, "cashier")
        assert admin
        assert cashier
        for number, staff_id in ((2, admin), (3, cashier)):
            with pytest.raises(identities.FieldInvalidError):
                identities.link(session, member_id=MEMBER, portal_user_id=number, staff_id=staff_id)


def test_without_a_portal_there_is_no_such_door(hub: Hub) -> None:
    assert hub.http.get("/api/auth/bitrix24/login").status_code == 404
    answer = hub.http.get("/api/auth/bitrix24/callback?code=x&state=y&domain=&member_id=&server_domain=")
    assert (answer.status_code, answer.json()["code"]) == (403, "sso-state-invalid")
