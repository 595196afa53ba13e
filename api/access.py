"""No endpoint is open by accident: a route exists only through a Door, and a Door asks who may call.

Access is checked before anything of the body is used, on the event loop: it reads memory only. Then the
limit of the route's class is asked, in Redis, without blocking the loop; the intake's door has none.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Request, params

from api.callers import Caller, UnauthenticatedError, identify
from api.limiting import BY_CALLER, Limit
from api.signatures import is_signature_due, verify_signature
from hub.domain.staff.permissions import Permission, Role
from hub.kernel.errors import ErrorKind, ForbiddenError, HubError
from hub.kernel.rates import RateClass

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_FORWARDING = ("x-forwarded-for", "forwarded", "x-real-ip")


class MediaTypeUnsupportedError(HubError):
    """The body is not declared as JSON."""

    code = "unsupported-media-type"
    kind = ErrorKind.UNSUPPORTED


class Entrance(StrEnum):
    """Which kind of caller a route is for."""

    PUBLIC = "public"
    PERSON = "person"
    PATIENT = "patient"
    PERMITTED = "permitted"
    INFOBASE = "infobase"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call a route; as a dependency it lets in, and keeps the caller on the request."""

    entrance: Entrance
    permissions: tuple[Permission, ...] = ()
    """Any of them is enough."""
    limit: Limit | None = None
    """How often; None: other machines ask all day, or another limit holds."""

    async def __call__(self, request: Request) -> None:
        """Raise UnauthenticatedError, ForbiddenError, RateLimitedError, or let in."""
        if self.entrance is not Entrance.PUBLIC:
            await self._admit(request)
        if self.limit is not None:
            await self.limit.spend(request)

    async def _admit(self, request: Request) -> None:
        if self.entrance is Entrance.OPERATOR:
            _admit_operator(request)
            return
        caller = identify(request.headers.get("authorization", ""), request.app.state.credentials)
        address = request.client.host if request.client else ""
        if caller.credential is not None and not caller.credential.may_call_from(address):
            raise UnauthenticatedError
        if self.entrance is Entrance.PERSON and caller.user_id is None:
            raise ForbiddenError
        if self.entrance is Entrance.PATIENT and Role.PATIENT not in caller.roles:
            raise ForbiddenError
        if self.permissions and not any(caller.may(permission) for permission in self.permissions):
            raise ForbiddenError
        if self.entrance is Entrance.INFOBASE and not caller.infobase:
            raise ForbiddenError
        if caller.credential is not None and is_signature_due(caller, request.headers):
            verify_signature(caller, request.headers, await request.body())
        request.state.caller = caller


PUBLIC = Access(Entrance.PUBLIC)
LOOK_UP = Access(Entrance.PUBLIC, limit=Limit(RateClass.LOOK_UP))
SIGN_IN = Access(Entrance.PUBLIC, limit=Limit(RateClass.SIGN_IN))
SIGNED_IN = Access(Entrance.PERSON, limit=BY_CALLER)
PATIENT = Access(Entrance.PATIENT, limit=BY_CALLER)
OPERATOR = Access(Entrance.OPERATOR)
"""A direct caller on this machine, or the bearer of HUB_METRICS_TOKEN."""


def permitted(*permissions: Permission) -> Access:
    """Make the access of anybody, person or service, who has any of these permissions."""
    return Access(Entrance.PERMITTED, permissions, BY_CALLER)


def infobase(permission: Permission, *, limit: Limit | None = BY_CALLER) -> Access:
    """Make the access of 1C bases."""
    return Access(Entrance.INFOBASE, (permission,), limit)


def sign_in_by(field: str) -> Access:
    """Make the access of whoever proves who they are; a phone or a login in the body is counted too."""
    return Access(Entrance.PUBLIC, limit=Limit(RateClass.SIGN_IN, field))


async def _get_caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


CallerHere = Annotated[Caller, Depends(_get_caller)]
"""The caller whom the route's access let in."""


class Door:
    """A router whose routes all name their access."""

    def __init__(self, prefix: str, *, tag: str, is_described: bool = True) -> None:
        self.router = APIRouter(
            prefix=prefix, tags=[tag], include_in_schema=is_described, redirect_slashes=False
        )

    def get(self, path: str, access: Access, **options: Any) -> Callable[[Endpoint], Endpoint]:  # noqa: ANN401  # FastAPI's own options
        """Add a GET route."""
        return self._route("GET", path, [Depends(access)], access, options)

    def post(
        self,
        path: str,
        access: Access,
        *,
        takes_json: bool = True,
        **options: Any,  # noqa: ANN401  # FastAPI's own options
    ) -> Callable[[Endpoint], Endpoint]:
        """Add a POST route; `takes_json` refuses bodies that do not say they are JSON."""
        asked = [Depends(access), Depends(_require_json)] if takes_json else [Depends(access)]
        return self._route("POST", path, asked, access, options)

    def put(self, path: str, access: Access, **options: Any) -> Callable[[Endpoint], Endpoint]:  # noqa: ANN401  # FastAPI's own options
        """Add a PUT route; its body is JSON."""
        return self._route("PUT", path, [Depends(access), Depends(_require_json)], access, options)

    def patch(self, path: str, access: Access, **options: Any) -> Callable[[Endpoint], Endpoint]:  # noqa: ANN401  # FastAPI's own options
        """Add a PATCH route; its body is JSON."""
        return self._route("PATCH", path, [Depends(access), Depends(_require_json)], access, options)

    def delete(self, path: str, access: Access, **options: Any) -> Callable[[Endpoint], Endpoint]:  # noqa: ANN401  # FastAPI's own options
        """Add a DELETE route; it has no body."""
        return self._route("DELETE", path, [Depends(access)], access, options)

    def _route(
        self,
        method: str,
        path: str,
        dependencies: Sequence[params.Depends],
        access: Access,
        options: Mapping[str, Any],
    ) -> Callable[[Endpoint], Endpoint]:
        def add(endpoint: Endpoint) -> Endpoint:
            self.router.add_api_route(
                path,
                endpoint,
                methods=[method],
                dependencies=list(dependencies),
                openapi_extra={"x-access": describe(access), **options.get("openapi_extra", {})},
                **{name: option for name, option in options.items() if name != "openapi_extra"},
            )
            return endpoint

        return add


def describe(access: Access) -> dict[str, Any]:
    """Write an access for the API description, where screens and the access walk read it."""
    return {
        "entrance": access.entrance.value,
        "permissions": [permission.value for permission in access.permissions],
    }


async def _require_json(request: Request) -> None:
    """Refuse a body that does not say it is JSON; for routes that read one."""
    essence = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if essence != "application/json" and not essence.endswith("+json") and await request.body():
        raise MediaTypeUnsupportedError


def _admit_operator(request: Request) -> None:
    client = request.client.host if request.client else ""
    is_direct = client in _LOOPBACK and not any(name in request.headers for name in _FORWARDING)
    if not is_direct and not request.app.state.metrics.accepts(request.headers.get("authorization", "")):
        raise UnauthenticatedError
