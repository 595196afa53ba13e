"""Signed tokens: who signed in (15 minutes), and who may choose among a family's profiles (5 minutes).

Ed25519 only, whatever the header claims; a token of one type never passes for the other. The key is
found by its id among the present one and those that signed before. Nothing personal is inside: ids and
roles.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hub.kernel import clock
from hub.kernel.crypto import read_key
from hub.kernel.errors import ErrorKind, HubError
from hub.kernel.ids import find_uuid, new_id
from hub.kernel.settings import settings

ACCESS_LIFETIME = timedelta(minutes=15)
CHOICE_LIFETIME = timedelta(minutes=5)
_ALGORITHM = "EdDSA"
_ISSUER = "loyalty-hub"
_AUDIENCE = "loyalty-hub-api"
_ACCESS_TYPE = "at+jwt"
_CHOICE_TYPE = "choice+jwt"
_SETUP_TYPE = "totp-setup+jwt"
_KEY_ID_LENGTH = 16
# Two processes of one hub may disagree about the time by so much, no more.
_SKEW_S = 30
_CLAIMS = ["iss", "aud", "exp", "iat", "jti"]


class TokenInvalidError(HubError):
    """The token was not made by this hub for this purpose."""

    code = "token-invalid"
    kind = ErrorKind.UNAUTHENTICATED


class TokenExpiredError(HubError):
    """The token was good once; its time is over."""

    code = "token-expired"
    kind = ErrorKind.UNAUTHENTICATED


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """Who the bearer is, as of sign-in."""

    user_id: UUID
    roles: tuple[str, ...]
    device_id: UUID | None = None
    """Where they signed in."""


def issue_access(user_id: UUID, roles: Sequence[str], *, device_id: UUID | None = None) -> str:
    """Sign an access token. Each call gives another one."""
    place = {"sid": str(device_id)} if device_id is not None else {}
    return _issue(_ACCESS_TYPE, ACCESS_LIFETIME, {"sub": str(user_id), "roles": list(roles), **place})


def read_access(token: str) -> AccessClaims:
    """Read an access token. Raises: TokenInvalidError, TokenExpiredError."""
    claims = _read(_ACCESS_TYPE, token)
    user_id, roles = find_uuid(str(claims.get("sub"))), claims.get("roles")
    if user_id is None or not isinstance(roles, list):
        raise TokenInvalidError
    device_id = find_uuid(str(claims["sid"])) if "sid" in claims else None
    return AccessClaims(user_id, tuple(str(role) for role in roles), device_id)


def issue_choice(profile_ids: Sequence[UUID]) -> str:
    """Sign that the bearer holds the phone of these profiles and may become one of them."""
    return _issue(_CHOICE_TYPE, CHOICE_LIFETIME, {"profiles": [str(profile) for profile in profile_ids]})


def read_choice(token: str) -> tuple[UUID, ...]:
    """Read which profiles may be chosen. Raises: TokenInvalidError, TokenExpiredError."""
    profiles = _read(_CHOICE_TYPE, token).get("profiles")
    if not isinstance(profiles, list):
        raise TokenInvalidError
    return tuple(UUID(str(profile)) for profile in profiles)


def issue_setup(staff_id: UUID) -> str:
    """Sign that the bearer knew the password of this member of staff and may finish the second step."""
    return _issue(_SETUP_TYPE, CHOICE_LIFETIME, {"sub": str(staff_id)})


def read_setup(token: str) -> UUID:
    """Read whose second step may be finished. Raises: TokenInvalidError, TokenExpiredError."""
    staff_id = find_uuid(str(_read(_SETUP_TYPE, token).get("sub")))
    if staff_id is None:
        raise TokenInvalidError
    return staff_id


@dataclass(frozen=True, slots=True)
class _Keys:
    """The one that signs, and every one whose tokens are good, by key id."""

    private: Ed25519PrivateKey
    key_id: str
    public: Mapping[str, Ed25519PublicKey]


def _issue(token_type: str, lifetime: timedelta, claims: dict[str, Any]) -> str:
    at = clock.now()
    stamped = {
        "iss": _ISSUER,
        "aud": _AUDIENCE,
        "iat": _seconds(at),
        "exp": _seconds(at + lifetime),
        "jti": str(new_id()),
    }
    keys = _keys()
    headers = {"typ": token_type, "kid": keys.key_id}
    return jwt.encode(claims | stamped, keys.private, algorithm=_ALGORITHM, headers=headers)


def _read(token_type: str, token: str) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(token)
        public = _keys().public.get(str(header.get("kid")))
        if public is None or header.get("typ") != token_type:
            raise TokenInvalidError
        claims = jwt.decode(
            token,
            public,
            algorithms=[_ALGORITHM],
            issuer=_ISSUER,
            audience=_AUDIENCE,
            options={
                "require": _CLAIMS,
                "strict_aud": True,
                # The hub's own clock judges, below.
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except jwt.InvalidTokenError as error:
        raise TokenInvalidError from error
    issued, expires, at = claims["iat"], claims["exp"], _seconds(clock.now())
    if type(issued) is not int or type(expires) is not int or issued > at + _SKEW_S:
        raise TokenInvalidError
    if expires <= at:
        raise TokenExpiredError
    return dict(claims)


@cache
def _keys() -> _Keys:
    private = [Ed25519PrivateKey.from_private_bytes(read_key(seed)) for seed in settings().token_keys]
    public = {_key_id(key.public_key()): key.public_key() for key in private}
    return _Keys(private[0], _key_id(private[0].public_key()), public)


def _key_id(public: Ed25519PublicKey) -> str:
    digest = hashlib.sha256(public.public_bytes_raw()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:_KEY_ID_LENGTH]


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
