"""Settings refuse what is missing or weak by name, and tell no secret while doing so."""

import os
import re

import pytest
from pydantic import ValidationError

from hub.kernel.rates import RateClass
from hub.kernel.settings import Settings
from tests.conftest import ROOT, random_key

OF_THE_STACK = {"HUB_STATE_DIR", "HUB_PORT", "HUB_PORT_OFFSET"}
"""Read by tools/stack, which runs before there are settings."""
SECRETS = [
    *("HUB_DATABASE_URL", "HUB_REDIS_URL", "HUB_DATA_KEYS", "HUB_INDEX_KEY"),
    *("HUB_TOKEN_KEY", "HUB_AUDIT_KEYS", "HUB_SMS_TOKEN"),
]
WEAK_KEY = "QUFB" * 10 + "QUE="
GOOD_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A complete environment of a production, to be spoilt by the test."""
    for name in list(os.environ):
        if name.startswith("HUB_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HUB_DATABASE_URL", "postgresql://hub_app:database-password@db/hub")
    monkeypatch.setenv("HUB_REDIS_URL", "redis://:redis-password@redis/0")
    monkeypatch.setenv("HUB_DATA_KEYS", f"k2:{random_key()},k1:{random_key()}")
    monkeypatch.setenv("HUB_INDEX_KEY", random_key())
    monkeypatch.setenv("HUB_TOKEN_KEY", random_key())
    monkeypatch.setenv("HUB_AUDIT_KEYS", f"{random_key()},{random_key()}")
    monkeypatch.setenv("HUB_SMS_TOKEN", "a-token-of-some-length")
    return monkeypatch


def refusal() -> str:
    with pytest.raises(ValidationError) as caught:
        Settings()
    return str(caught.value)


@pytest.mark.usefixtures("production")
def test_a_complete_environment_is_a_production() -> None:
    chosen = Settings()
    assert not chosen.is_demo
    assert chosen.celery_broker_url == "redis://:redis-password@redis/0"


@pytest.mark.parametrize("name", SECRETS)
def test_a_missing_secret_is_named(production: pytest.MonkeyPatch, name: str) -> None:
    production.delenv(name)
    assert name.removeprefix("HUB_").lower() in refusal().lower()


@pytest.mark.parametrize("name", SECRETS)
def test_an_empty_secret_is_a_missing_one(production: pytest.MonkeyPatch, name: str) -> None:
    production.setenv(name, "")
    assert f"{name.removeprefix('HUB_').lower()}\n  Field required" in refusal()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("HUB_INDEX_KEY", value) for value in ("changeme", WEAK_KEY, "ключ")),
        *(("HUB_TOKEN_KEY", value) for value in ("changeme", WEAK_KEY)),
        *(("HUB_TOKEN_KEYS_OLD", value) for value in ("changeme", f"{GOOD_KEY},{WEAK_KEY}", f"{GOOD_KEY},")),
        *(("HUB_AUDIT_KEYS", value) for value in ("changeme", f"{GOOD_KEY},{WEAK_KEY}", f"{GOOD_KEY},")),
        *(("HUB_DATA_KEYS", value) for value in ("k1", f"k1:{WEAK_KEY}", f":{GOOD_KEY}", "k1:x,")),
        ("HUB_DATA_KEYS", f"k1:{GOOD_KEY},k2:short"),
        ("HUB_SMS_TOKEN", "short"),
        ("HUB_METRICS_TOKEN", "short"),
    ],
)
def test_a_weak_secret_is_refused_by_name(production: pytest.MonkeyPatch, name: str, value: str) -> None:
    production.setenv(name, value)
    assert name in refusal()


@pytest.mark.parametrize("url", ["smtp://mail.example", "http://mail.example", "mail.example"])
def test_letters_of_a_production_never_go_in_the_clear(production: pytest.MonkeyPatch, url: str) -> None:
    production.setenv("HUB_MAIL_URL", url)
    assert "HUB_MAIL_URL" in refusal()
    production.setenv("HUB_MAIL_URL", "smtp+starttls://mail.example")
    assert "HUB_MAIL_FROM" in refusal()
    production.setenv("HUB_MAIL_FROM", "Клиника <hub@clinic.example>")
    assert Settings().mail_url is not None


@pytest.mark.parametrize("url", ["pop3://mail.example", "imaps://mail.example"])
def test_the_box_of_a_production_is_read_by_tls_only(production: pytest.MonkeyPatch, url: str) -> None:
    production.setenv("HUB_MAIL_BOUNCES_URL", url)
    assert "HUB_MAIL_BOUNCES_URL" in refusal()
    production.setenv("HUB_MAIL_BOUNCES_URL", "pop3s://mail.example")
    assert Settings().mail_bounces_url is not None


def test_a_demo_may_send_letters_in_the_clear(production: pytest.MonkeyPatch) -> None:
    production.setenv("HUB_ENV", "demo")
    production.setenv("HUB_MAIL_URL", "smtp://127.0.0.1:8125")
    assert Settings().mail_url is not None


@pytest.mark.parametrize("mailbox", ["Клиника", "Клиника <>", "<a@b> <c@d>", "a@b\nBcc: c@d"])
@pytest.mark.parametrize("name", ["HUB_MAIL_FROM", "HUB_MAIL_REPLY_TO"])
def test_a_mailbox_that_is_none_is_refused_by_name(
    production: pytest.MonkeyPatch, name: str, mailbox: str
) -> None:
    production.setenv(name, "Клиника <hub@clinic.example>")
    assert Settings()
    production.setenv(name, mailbox)
    assert name in refusal()


def test_an_empty_optional_setting_is_not_given(production: pytest.MonkeyPatch) -> None:
    production.setenv("HUB_METRICS_TOKEN", "")
    production.setenv("HUB_POINTS_TTL_DAYS", "")
    assert (Settings().metrics_token, Settings().points_ttl_days) == (None, 365)


def test_a_refusal_tells_no_secret(production: pytest.MonkeyPatch) -> None:
    production.setenv("HUB_INDEX_KEY", "hand-typed-secret")
    said = refusal()
    assert "hand-typed-secret" not in said
    assert "password" not in said


@pytest.mark.usefixtures("production")
def test_settings_shown_tell_no_secret() -> None:
    said = repr(Settings())
    assert "password" not in said
    assert "a-token-of-some-length" not in said


def test_a_demo_may_have_a_short_token(production: pytest.MonkeyPatch) -> None:
    production.setenv("HUB_ENV", "demo")
    production.setenv("HUB_SMS_TOKEN", "short")
    assert Settings().is_demo


def test_an_unknown_environment_is_refused(production: pytest.MonkeyPatch) -> None:
    production.setenv("HUB_ENV", "prod")
    assert "env" in refusal()


def test_env_example_lists_exactly_the_settings() -> None:
    listed = re.findall(r"^#? ?(HUB_[A-Z0-9_]+)=", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE)
    known = {f"HUB_{name.upper()}" for name in Settings.model_fields}
    assert len(listed) == len(set(listed))
    assert set(listed) - OF_THE_STACK == known


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HUB_RATES", "sign-in=0"),
        ("HUB_RATES", "door=5"),
        ("HUB_TRUSTED_PROXIES", "10.0.0.0/8,nginx"),
        ("HUB_TRUSTED_PROXIES", "*"),
        ("HUB_CORS_ORIGINS", "*"),
        ("HUB_CORS_ORIGINS", "https://clinic.example.org/"),
        ("HUB_CORS_ORIGINS", "http://clinic.example.org"),
        ("HUB_CORS_ORIGINS", "https://a@clinic.example.org"),
        ("HUB_CORS_ORIGINS", "null"),
    ],
)
def test_an_odd_setting_of_the_door_is_named(production: pytest.MonkeyPatch, name: str, value: str) -> None:
    production.setenv(name, value)
    assert name in refusal()


def test_the_doors_settings_are_read(production: pytest.MonkeyPatch) -> None:
    production.setenv("HUB_RATES", "till=9, sign-in=8")
    production.setenv("HUB_CORS_ORIGINS", "https://clinic.example.org, https://app.example.org")
    production.setenv("HUB_TRUSTED_PROXIES", "10.0.0.0/8, 2001:db8::/32")
    assert Settings().rate(RateClass.TILL) == 9


@pytest.fixture
def portal(production: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A complete portal, to be spoilt by the test."""
    production.setenv("HUB_BITRIX24_URL", "https://clinic.bitrix24.ru")
    for name in ("CLIENT_ID", "CLIENT_SECRET", "MEMBER_ID", "HOOK"):
        production.setenv(f"HUB_BITRIX24_{name}", "of-the-portal")
    return production


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HUB_BITRIX24_URL", "http://clinic.bitrix24.ru"),
        ("HUB_BITRIX24_URL", "https://clinic.bitrix24.ru/"),
        ("HUB_BITRIX24_URL", "https://a@clinic.bitrix24.ru"),
        ("HUB_BITRIX24_OAUTH_URL", "https://oauth.evil.example"),
        ("HUB_BITRIX24_OAUTH_URL", "http://oauth.bitrix24.tech"),
        ("HUB_BITRIX24_CLIENT_ID", ""),
        ("HUB_BITRIX24_CLIENT_SECRET", ""),
        ("HUB_BITRIX24_MEMBER_ID", ""),
        ("HUB_BITRIX24_HOOK", ""),
    ],
)
def test_half_a_portal_and_a_foreign_oauth_server_are_named(
    portal: pytest.MonkeyPatch, name: str, value: str
) -> None:
    assert Settings().bitrix24_url == "https://clinic.bitrix24.ru"
    portal.setenv(name, value)
    assert name in refusal()
