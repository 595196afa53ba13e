"""Settings from the environment, prefix HUB_. `.env.example` lists them all (a test compares).

No secret has a default: the demo stack makes its own, production must bring them, and start-up
refuses missing or weak ones by name.
"""

import re
from functools import cache
from ipaddress import ip_network
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from hub.kernel.crypto import KEY_BYTES, Vault, make_vault, read_key
from hub.kernel.rates import RateClass, read_rates

Days = Annotated[int, Field(ge=0, le=3_650)]
OAUTH_HOSTS = frozenset({"oauth.bitrix24.tech", "oauth.bitrix.info"})
"""The OAuth servers of Bitrix24; a key is sent to no other host."""
_SECRET_LENGTH_MIN = 16
_DISTINCT_BYTES_MIN = 8
_NOBODY = "hub@localhost"
_MAIL_SCHEMES = ("smtps://", "smtp+starttls://")
_MAILBOX = re.compile(r"(?:[^<>\x00-\x1f]*<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)")


class Settings(BaseSettings):
    """Everything an installation may choose."""

    model_config = SettingsConfigDict(
        env_prefix="HUB_", env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    env: Literal["demo", "production"] = "production"
    """`demo` allows the sandbox, demo logins and plain HTTP; anything else is production."""
    database_url: SecretStr
    """PostgreSQL of the application's role (no UPDATE or DELETE on append-only tables)."""
    database_owner_url: SecretStr | None = None
    """PostgreSQL of the owner's role, for migrations only; default: database_url."""
    redis_url: SecretStr
    """Redis or Valkey; nothing in it is irreplaceable."""
    broker_url: SecretStr | None = None
    """Celery's broker, redis:// or amqp://; default: redis_url."""
    data_keys: SecretStr
    """`id:base64url,…`, AES-256 keys of data at rest; the first one seals, all open."""
    index_key: SecretStr
    """base64url, 32 bytes: HMAC key of blind indexes. Changing it means re-indexing."""
    token_key: SecretStr
    """base64url, 32 bytes: Ed25519 seed that signs access tokens."""
    token_keys_old: SecretStr | None = None
    """`base64url,…`: seeds that signed before; their tokens are still good."""
    audit_keys: SecretStr
    """`base64url,…`: Ed25519 seeds of the audit chain's heads; the first one signs, all of them check."""
    audit_dir: str | None = None
    """Folder that gets a copy of each signed head of the audit chain; none: heads stay in the database."""
    public_url: str = "http://127.0.0.1:8000"
    """Where people reach the hub; links in letters start with it."""
    flower_url: str = "http://127.0.0.1:5555/flower"
    """Where operators reach Flower."""
    sms_provider: Literal["gateway", "smsc"] = "gateway"
    """What the SMS gateway speaks: a plain JSON gateway, or SMSC.ru."""
    sms_url: str = "http://127.0.0.1:8103"
    """SMS gateway; of SMSC.ru https://smsc.ru."""
    sms_login: str | None = None
    """Login at SMSC.ru; without one the token is its API key."""
    sms_token: SecretStr
    """Bearer token for the SMS gateway; of SMSC.ru the password or the API key."""
    sms_sender: str | None = None
    """Name that texts of SMSC.ru come from, as agreed with it."""
    mail_url: SecretStr | None = None
    """Mail server, smtps:// or smtp+starttls://, with login and password; plain smtp:// in the demo only."""
    mail_from: str = _NOBODY
    """`Name <address>` that letters come from; its domain ends every Message-ID."""
    mail_reply_to: str | None = None
    """`Name <address>` for answers."""
    mail_bounces_url: SecretStr | None = None
    """Box of its own that letters come back to, pop3s:// with login and password; what is read is deleted."""
    admin_totp: Literal["required", "optional"] = "required"
    """Second step of administrators who sign in by password; never required in the demo."""
    bitrix24_url: str | None = None
    """The portal where staff work, https://….bitrix24.ru; none: no sign-in through it."""
    bitrix24_oauth_url: str = "https://oauth.bitrix24.tech"
    """The portal's OAuth server: this one, https://oauth.bitrix.info, or the sandbox's in the demo."""
    bitrix24_client_id: str | None = None
    """Our local application's id."""
    bitrix24_client_secret: SecretStr | None = None
    """Its key."""
    bitrix24_member_id: str | None = None
    """The portal's own id: an employee's number means something together with it only."""
    bitrix24_hook: SecretStr | None = None
    """`USER/CODE` of an incoming webhook with the right `user_basic`: it asks who was dismissed."""
    metrics_token: SecretStr | None = None
    """Bearer token for /metrics; without one only direct loopback callers may read it."""
    accrual_pending_days: Days = 14
    """Days before cashback of a visit becomes spendable; 0 = at once."""
    points_ttl_days: Annotated[int, Field(ge=1, le=3_650)] = 365
    """Days that points and cashback live after they become spendable."""
    intake_queue_max: Annotated[int, Field(ge=1, le=100_000)] = 2_000
    """Webhooks that may wait for the group commit; beyond it the door answers 503."""
    rates: str = ""
    """`class=calls a minute,…`: sign-in, look-up, cabinet, staff, till; others keep their defaults."""
    trusted_proxies: str = "127.0.0.1/32,::1/128"
    """Networks whose X-Forwarded-For is believed; everybody else's is theirs to invent."""
    cors_origins: str = ""
    """`https://…,…`: pages of other origins that may call the API; none by default."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Least level that is written."""
    log_json: bool = True
    """JSON lines; false writes lines for people."""

    @property
    def is_demo(self) -> bool:
        """Whether demo comforts are allowed."""
        return self.env == "demo"

    @property
    def is_admin_totp_required(self) -> bool:
        """Whether an administrator needs a second step."""
        return self.admin_totp == "required" and not self.is_demo

    @property
    def celery_broker_url(self) -> str:
        """The broker's address, wherever it was given."""
        return (self.broker_url or self.redis_url).get_secret_value()

    @property
    def token_keys(self) -> tuple[str, ...]:
        """Every seed whose tokens are good; the first one signs."""
        old = self.token_keys_old.get_secret_value().split(",") if self.token_keys_old else []
        return (self.token_key.get_secret_value(), *(part.strip() for part in old))

    def rate(self, rate_class: RateClass) -> int:
        """How many calls a minute a class of routes allows."""
        return read_rates(self.rates)[rate_class]

    @model_validator(mode="after")
    def refuse_odd_networks(self) -> Self:
        """Say which setting of the door cannot be read."""
        try:
            read_rates(self.rates)
        except ValueError as error:
            raise ValueError(f"HUB_RATES: {error}") from error
        for network in split_list(self.trusted_proxies):
            try:
                ip_network(network)
            except ValueError as error:
                raise ValueError("HUB_TRUSTED_PROXIES: each part is a network, 10.0.0.0/8") from error
        for origin in split_list(self.cors_origins):
            _check_origin(origin, is_demo=self.is_demo)
        return self

    @model_validator(mode="after")
    def refuse_half_a_portal(self) -> Self:
        """Say what a portal lacks; in production it is spoken to by HTTPS, its keys go to Bitrix24 alone."""
        if self.bitrix24_url is None:
            return self
        for name in ("client_id", "client_secret", "member_id", "hook"):
            if not getattr(self, f"bitrix24_{name}"):
                raise ValueError(f"HUB_BITRIX24_{name.upper()}: needed with HUB_BITRIX24_URL")
        for name, url in (("URL", self.bitrix24_url), ("OAUTH_URL", self.bitrix24_oauth_url)):
            parts = urlsplit(url)
            if url != f"{parts.scheme}://{parts.netloc}" or "@" in parts.netloc:
                raise ValueError(f"HUB_BITRIX24_{name}: https://host")
            if parts.scheme != "https" and not self.is_demo:
                raise ValueError(f"HUB_BITRIX24_{name}: only https:// in production")
        if not self.is_demo and urlsplit(self.bitrix24_oauth_url).netloc not in OAUTH_HOSTS:
            raise ValueError(f"HUB_BITRIX24_OAUTH_URL: one of {', '.join(sorted(OAUTH_HOSTS))}")
        return self

    @model_validator(mode="after")
    def refuse_weak_secrets(self) -> Self:
        """Say which secret is unusable instead of running with it."""
        _check_key("index_key", self.index_key.get_secret_value())
        for number, seed in enumerate(self.token_keys):
            _check_key("token_keys_old" if number else "token_key", seed)
        for part in self.audit_keys.get_secret_value().split(","):
            _check_key("audit_keys", part.strip())
        for part in self.data_keys.get_secret_value().split(","):
            key_id, colon, encoded = part.strip().partition(":")
            if not colon or not 0 < len(key_id) <= _SECRET_LENGTH_MIN:
                raise ValueError("HUB_DATA_KEYS: each part is id:base64url")
            _check_key("data_keys", encoded)
        for name, token in (("SMS", self.sms_token), ("METRICS", self.metrics_token)):
            if not self.is_demo and token and len(token.get_secret_value()) < _SECRET_LENGTH_MIN:
                raise ValueError(f"HUB_{name}_TOKEN: at least {_SECRET_LENGTH_MIN} characters")
        return self

    @model_validator(mode="after")
    def refuse_open_mail(self) -> Self:
        """Letters hold names and balances: in production nothing carries them in the clear."""
        url = self.mail_url.get_secret_value() if self.mail_url else ""
        schemes = _MAIL_SCHEMES if not self.is_demo else (*_MAIL_SCHEMES, "smtp://")
        if url and not url.startswith(schemes):
            raise ValueError(f"HUB_MAIL_URL: {' or '.join(schemes)}…")
        box = self.mail_bounces_url.get_secret_value() if self.mail_bounces_url else ""
        if box and not box.startswith(("pop3s://", "pop3://") if self.is_demo else "pop3s://"):
            raise ValueError("HUB_MAIL_BOUNCES_URL: pop3s://…")
        if url and not self.is_demo and self.mail_from == _NOBODY:
            raise ValueError("HUB_MAIL_FROM: letters need an address that is yours")
        for name, mailbox in (("FROM", self.mail_from), ("REPLY_TO", self.mail_reply_to)):
            if mailbox and not _MAILBOX.fullmatch(mailbox):
                raise ValueError(f"HUB_MAIL_{name}: Name <address>")
        return self


@cache
def settings() -> Settings:
    """Read the environment once per process. Raises: pydantic.ValidationError naming each fault."""
    return Settings()  # the environment is the argument


@cache
def vault() -> Vault:
    """Give the process's keys for data at rest."""
    chosen = settings()
    return make_vault(chosen.data_keys.get_secret_value(), chosen.index_key.get_secret_value())


def split_list(text: str) -> list[str]:
    """Part a list by its commas; blanks around the parts mean nothing."""
    return [part.strip() for part in text.split(",") if part.strip()]


def _check_origin(origin: str, *, is_demo: bool) -> None:
    """Refuse what is no origin, every origin at once, and plain HTTP in production."""
    parts = urlsplit(origin)
    is_origin = parts.scheme in {"https", "http"} and bool(parts.netloc) and "@" not in parts.netloc
    if not is_origin or origin != f"{parts.scheme}://{parts.netloc}":
        raise ValueError("HUB_CORS_ORIGINS: each part is an origin, https://clinic.example.org")
    if parts.scheme == "http" and not is_demo:
        raise ValueError("HUB_CORS_ORIGINS: only https:// in production")


def _check_key(name: str, encoded: str) -> None:
    """Refuse keys that are no keys: wrong size, or a pattern typed by hand."""
    try:
        key = read_key(encoded)
    except ValueError as error:
        raise ValueError(f"HUB_{name.upper()}: {KEY_BYTES} bytes in base64url") from error
    if len(set(key)) < _DISTINCT_BYTES_MIN:
        raise ValueError(f"HUB_{name.upper()}: too weak, make it random")
