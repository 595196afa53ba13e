"""The second step of staff's sign-in."""

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from hub.db.transaction import transaction
from hub.domain.staff.second_step import RECOVERY_CODES
from hub.kernel import clock, tokens, totp
from hub.kernel.settings import settings
from tests.api.conftest import Hub, bearer
from tools import enlist


def enter(hub: Hub, code: str | None = None, login: str = "admin", **more: Any) -> httpx.Response:
    body = {"login": login, "password": f"demo-{login}", **more}
    return hub.http.post("/api/auth/password", json=body | ({"totp": code} if code else {}))


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def show(setup: dict[str, str], steps: int = 0) -> str:
    """Read the phone, some steps from now: the next one is good too, whenever the test comes to it."""
    at = clock.now() + timedelta(seconds=30 * steps)
    return totp.code_of(base64.b32decode(setup["secret"]), totp.step_at(at))


def finish(hub: Hub, setup: dict[str, str], code: str | None = None) -> httpx.Response:
    body = {"setup_token": setup["setup_token"], "code": code or show(setup)}
    return hub.http.post("/api/auth/totp/enrol", json=body)


@pytest.fixture
def strict(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A hub whose administrators need a second step, as in production."""
    production = settings().model_copy(update={"env": "production"})
    monkeypatch.setattr("hub.flows.second_step.settings", lambda: production)
    return hub


def test_in_production_an_administrator_sets_the_second_step_up_before_coming_in(strict: Hub) -> None:
    answer = enter(strict)
    setup = answer.json()
    assert (answer.status_code, set(setup)) == (200, {"setup_token", "secret", "uri"})
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert setup["uri"].startswith("otpauth://totp/")
    assert told(finish(strict, setup, "000000")) == (401, "totp-wrong")
    enrolled = finish(strict, setup)
    assert enrolled.status_code == 200, enrolled.text
    assert (enrolled.json()["roles"], len(enrolled.json()["recovery_codes"])) == (["admin"], RECOVERY_CODES)
    headers = bearer(enrolled.json()["access_token"])
    assert strict.http.get("/api/me", headers=headers).status_code == 200
    assert told(finish(strict, setup)) == (409, "totp-enrolled")


def test_from_then_on_the_password_alone_lets_nobody_in(strict: Hub) -> None:
    setup = enter(strict).json()
    finish(strict, setup)
    assert told(enter(strict)) == (401, "totp-required")
    assert told(enter(strict, "12345")) == (401, "totp-wrong")
    assert enter(strict, show(setup, 1)).status_code == 200


def test_a_code_works_once_even_for_many_at_once(strict: Hub) -> None:
    setup = enter(strict).json()
    finish(strict, setup)
    code = show(setup, 1)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: enter(strict, code), range(4)))
    assert sorted(told(answer) for answer in answers) == [(200, ""), *[(401, "totp-wrong")] * 3]
    assert told(enter(strict, code)) == (401, "totp-wrong")
    assert told(enter(strict, show(setup, -1))) == (401, "totp-wrong")


def test_a_recovery_code_works_once_however_it_is_typed(strict: Hub) -> None:
    codes = finish(strict, enter(strict).json()).json()["recovery_codes"]
    assert len(set(codes)) == RECOVERY_CODES
    typed = codes[0].lower().replace("-", " ")
    assert enter(strict, typed).status_code == 200
    assert told(enter(strict, codes[0])) == (401, "totp-wrong")
    assert enter(strict, codes[1]).status_code == 200


def test_codes_cannot_be_guessed_for_long(strict: Hub) -> None:
    setup = enter(strict).json()
    finish(strict, setup)
    answers = [told(enter(strict, "000000")) for _ in range(11)]
    assert answers == [(401, "totp-wrong")] * 10 + [(429, "rate-limited")]
    assert told(enter(strict, show(setup, 1))) == (429, "rate-limited")


def test_a_wrong_password_is_told_like_ever_and_no_code_is_asked(strict: Hub) -> None:
    setup = enter(strict).json()
    finish(strict, setup)
    answer = enter(strict, show(setup, 1), password="wrong-password")
    assert told(answer) == (401, "sign-in-failed")
    assert enter(strict, show(setup, 1)).status_code == 200


def test_others_come_in_without_and_so_does_the_demo(strict: Hub) -> None:
    assert enter(strict, login="cashier").json()["roles"] == ["cashier"]


def test_in_the_demo_nobody_is_asked(hub: Hub) -> None:
    assert enter(hub).json()["roles"] == ["admin"]


def test_any_member_of_staff_may_have_a_second_step(hub: Hub) -> None:
    headers = hub.staff("cashier")
    answer = hub.http.post("/api/me/totp", headers=headers)
    assert answer.status_code == 200, answer.text
    assert enter(hub, login="cashier").status_code == 200
    assert finish(hub, answer.json()).status_code == 200
    assert told(enter(hub, login="cashier")) == (401, "totp-required")
    assert told(hub.http.post("/api/me/totp", headers=headers)) == (409, "totp-enrolled")


def test_patients_have_none(hub: Hub) -> None:
    assert hub.http.post("/api/me/totp", headers=hub.patient()).status_code == 403


def test_a_token_of_another_kind_or_too_old_finishes_nothing(strict: Hub) -> None:
    setup = enter(strict).json()
    access = enter(strict, login="cashier").json()["access_token"]
    assert told(finish(strict, {**setup, "setup_token": access})) == (401, "token-invalid")
    headers = bearer(setup["setup_token"])
    assert told(strict.http.get("/api/me", headers=headers)) == (401, "token-invalid")
    staff_id = tokens.read_setup(setup["setup_token"])
    with clock.frozen(clock.now() - tokens.CHOICE_LIFETIME):
        late = tokens.issue_setup(staff_id)
    assert told(finish(strict, {**setup, "setup_token": late})) == (401, "token-expired")


def test_a_lost_phone_is_forgotten_by_the_console(strict: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    finish(strict, enter(strict).json())
    assert enlist.main(["totp", "--login", "admin"]) in (None, 0)
    assert "admin" in capsys.readouterr().out
    assert set(enter(strict).json()) == {"setup_token", "secret", "uri"}


def test_the_database_knows_neither_secret_nor_codes(strict: Hub) -> None:
    setup = enter(strict).json()
    codes = finish(strict, setup).json()["recovery_codes"]
    with transaction() as session:
        dumped = str(
            session.scalar(
                text(
                    "SELECT string_agg(t::text, '') || (SELECT string_agg(r::text, '') FROM recovery_code r)"
                    " FROM staff_totp t"
                )
            )
        )
    assert base64.b32decode(setup["secret"]).hex() not in dumped
    assert setup["secret"] not in dumped
    assert not [code for code in codes if code.replace("-", "").encode().hex() in dumped]
