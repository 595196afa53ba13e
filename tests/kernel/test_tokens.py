"""Signed tokens: ours alone, of their type, in their time, by the present key or a former one."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Generator
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from hub.kernel import clock, tokens
from hub.kernel.crypto import read_key
from hub.kernel.ids import new_id
from hub.kernel.tokens import TokenExpiredError, TokenInvalidError
from tests.conftest import random_key

USER = new_id()


class Keys:
    """Settings of which only the keys of tokens are asked."""

    def __init__(self, *seeds: str) -> None:
        self.token_keys = seeds


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Generator[Callable[..., None]]:
    """Let the hub sign with the first of these seeds and accept them all."""

    def choose(*seeds: str) -> None:
        tokens._keys.cache_clear()
        monkeypatch.setattr(tokens, "settings", lambda: Keys(*seeds))

    yield choose
    tokens._keys.cache_clear()


def forge(seed: str, *, kid: str | None = None, typ: str = "at+jwt", **changes: Any) -> str:
    """Sign with our own key what we would never sign."""
    at = int(clock.now().timestamp())
    claims: dict[str, Any] = {
        "iss": "loyalty-hub",
        "aud": "loyalty-hub-api",
        "iat": at,
        "exp": at + 900,
        "jti": "1",
        "sub": str(USER),
        "roles": ["admin"],
        **changes,
    }
    known = {name: value for name, value in claims.items() if value is not None}
    key = Ed25519PrivateKey.from_private_bytes(read_key(seed))
    own = kid or jwt.get_unverified_header(tokens.issue_access(USER, []))["kid"]
    return jwt.encode(known, key, algorithm="EdDSA", headers={"typ": typ, "kid": own})


def test_a_token_of_a_former_key_is_good_until_that_key_is_taken_away(use: Callable[..., None]) -> None:
    old, new = random_key(), random_key()
    use(old)
    token = tokens.issue_access(USER, ["admin"])
    use(new, old)
    assert tokens.read_access(token).user_id == USER
    fresh = tokens.issue_access(USER, ["admin"])
    assert jwt.get_unverified_header(fresh)["kid"] != jwt.get_unverified_header(token)["kid"]
    use(new)
    assert tokens.read_access(fresh).user_id == USER
    with pytest.raises(TokenInvalidError):
        tokens.read_access(token)


def test_a_key_id_does_not_lend_its_name_to_another_key(use: Callable[..., None]) -> None:
    current, former, foreign = random_key(), random_key(), random_key()
    use(current, former)
    for seed in (former, foreign):
        with pytest.raises(TokenInvalidError):
            tokens.read_access(forge(seed))
    assert tokens.read_access(forge(current)).roles == ("admin",)


@pytest.mark.parametrize(
    "changes",
    [
        {"kid": "unknown"},
        {"typ": "JWT"},
        {"typ": "choice+jwt"},
        {"iss": "somebody-else"},
        {"aud": "another-api"},
        {"aud": ["loyalty-hub-api", "another-api"]},
        pytest.param({"iat": int(clock.now().timestamp()) + 3_600}, id="issued in an hour"),
        {"iat": "now"},
        {"iat": True},
        {"exp": "later"},
        {"exp": None},
        {"iat": None},
        {"jti": None},
        {"aud": None},
        {"iss": None},
        {"sub": None},
        {"sub": "nobody"},
        {"roles": None},
        {"roles": "admin"},
    ],
    ids=str,
)
def test_what_we_would_not_say_is_refused_even_with_our_signature(
    use: Callable[..., None], changes: dict[str, Any]
) -> None:
    seed = random_key()
    use(seed)
    assert tokens.read_access(forge(seed)).user_id == USER
    with pytest.raises(TokenInvalidError):
        tokens.read_access(forge(seed, **changes))


@pytest.mark.parametrize("algorithm", ["none", "HS256", "EdDSA", "Ed25519", ""])
def test_an_unsigned_token_is_refused_whatever_algorithm_it_names(
    use: Callable[..., None], algorithm: str
) -> None:
    seed = random_key()
    use(seed)
    header, claims, _ = forge(seed).split(".")
    kid = jwt.get_unverified_header(forge(seed))["kid"]
    renamed = json.dumps({"alg": algorithm, "typ": "at+jwt", "kid": kid}).encode()
    header = urlsafe_b64encode(renamed).decode().rstrip("=")
    for signature in ("", "AAAA"):
        with pytest.raises(TokenInvalidError):
            tokens.read_access(f"{header}.{claims}.{signature}")


def test_our_public_key_is_no_secret_to_sign_with(use: Callable[..., None]) -> None:
    seed = random_key()
    use(seed)
    public = Ed25519PrivateKey.from_private_bytes(read_key(seed)).public_key().public_bytes_raw()
    claims = jwt.decode(forge(seed), options={"verify_signature": False})
    headers = {"typ": "at+jwt", "kid": jwt.get_unverified_header(forge(seed))["kid"]}
    with pytest.raises(TokenInvalidError):
        tokens.read_access(jwt.encode(claims, public, algorithm="HS256", headers=headers))


def test_a_clock_that_is_a_little_off_is_forgiven(use: Callable[..., None]) -> None:
    use(random_key())
    with clock.frozen(clock.now() + timedelta(seconds=20)):
        early = tokens.issue_access(USER, [])
    assert tokens.read_access(early).user_id == USER
    with clock.frozen(clock.now() + timedelta(minutes=5)):
        future = tokens.issue_access(USER, [])
    with pytest.raises(TokenInvalidError):
        tokens.read_access(future)


def test_a_token_ends_to_the_second(use: Callable[..., None]) -> None:
    use(random_key())
    start = clock.now().replace(microsecond=0)
    with clock.frozen(start):
        token = tokens.issue_access(USER, [])
    with clock.frozen(start + tokens.ACCESS_LIFETIME - timedelta(seconds=1)):
        assert tokens.read_access(token).user_id == USER
    with clock.frozen(start + tokens.ACCESS_LIFETIME), pytest.raises(TokenExpiredError):
        tokens.read_access(token)


@given(st.text(max_size=200) | st.lists(st.text("AZaz09-_=", max_size=60), max_size=5).map(".".join))
def test_nonsense_is_refused_and_breaks_nothing(nonsense: str) -> None:
    tokens._keys.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "settings", lambda: Keys(random_key()))
        with pytest.raises(TokenInvalidError):
            tokens.read_access(nonsense)
    tokens._keys.cache_clear()


@given(st.recursive(st.none() | st.booleans() | st.text(max_size=9), st.lists, max_leaves=3))
def test_a_header_of_any_shape_is_refused(value: object) -> None:
    tokens._keys.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "settings", lambda: Keys(random_key()))
        for header in ({"alg": value, "kid": value, "typ": value}, {"alg": "EdDSA", "kid": value}, value):
            encoded = urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
            with pytest.raises(TokenInvalidError):
                tokens.read_access(f"{encoded}.e30.AAAA")
    tokens._keys.cache_clear()
