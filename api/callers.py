"""Who calls: a person with a signed token, or a service with a secret. Frozen, made once per request."""

import base64
import binascii
from dataclasses import dataclass, field
from uuid import UUID

from api.credentials import Credentials
from hub.domain.staff.permissions import Permission, Role, has_permission
from hub.domain.staff.queries import ServiceCredential
from hub.kernel import tokens
from hub.kernel.errors import ErrorKind, HubError

_TOKEN_DOTS = 2


class UnauthenticatedError(HubError):
    """Nobody is named by the request, or the secret is not theirs; which is not said."""

    code = "unauthenticated"
    kind = ErrorKind.UNAUTHENTICATED


@dataclass(frozen=True, slots=True)
class Caller:
    """A person (`user_id`) or a service (`credential`), and what they may do."""

    roles: tuple[Role, ...]
    user_id: UUID | None = None
    credential: ServiceCredential | None = None
    device_id: UUID | None = None
    """Where a person signed in."""
    secret: str = field(default="", repr=False)
    """As presented, for a signature made with it; empty for people."""

    @property
    def actor(self) -> str:
        """Name the caller for audit and idempotency."""
        if self.credential is not None:
            place = self.credential.infobase
            return f"onec:{place}" if place else f"service:{self.credential.login}"
        return f"patient:{self.user_id}" if self.roles == (Role.PATIENT,) else f"staff:{self.user_id}"

    @property
    def is_staff(self) -> bool:
        """Whether a member of staff calls."""
        return self.user_id is not None and Role.PATIENT not in self.roles

    @property
    def infobase(self) -> str:
        """The 1C base that calls; empty for everybody else."""
        return (self.credential.infobase or "") if self.credential else ""

    def may(self, permission: Permission) -> bool:
        """Tell whether any role allows it."""
        return has_permission(self.roles, permission)


def identify(authorization: str, credentials: Credentials) -> Caller:
    """Read an Authorization header.

    Raises: UnauthenticatedError; TokenInvalidError; TokenExpiredError; BusyError before the first load of
    the credentials.
    """
    scheme, _, value = authorization.strip().partition(" ")
    value = value.strip()
    if scheme.lower() == "basic":
        login, secret = _read_basic(value)
        return _service(credentials.find_by_login(login, secret), secret)
    if scheme.lower() != "bearer" or not value:
        raise UnauthenticatedError
    if value.count(".") == _TOKEN_DOTS:
        claims = tokens.read_access(value)
        roles = _read_roles(claims.roles)
        return Caller(roles=roles, user_id=claims.user_id, device_id=claims.device_id)
    return _service(credentials.find_by_secret(value), value)


def _read_basic(value: str) -> tuple[str, str]:
    try:
        login, colon, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise UnauthenticatedError from error
    if not colon:
        raise UnauthenticatedError
    return login, secret


def _service(credential: ServiceCredential | None, secret: str) -> Caller:
    if credential is None:
        raise UnauthenticatedError
    return Caller(roles=credential.roles, credential=credential, secret=secret)


def _read_roles(names: tuple[str, ...]) -> tuple[Role, ...]:
    try:
        return tuple(Role(name) for name in names)
    except ValueError as error:
        raise tokens.TokenInvalidError from error
