"""Handing out and taking back the pair of tokens; every way of signing in ends here.

The refresh token travels in a cookie that scripts cannot read and other sites cannot send. Whatever is
done by that cookie alone also has to come from our own pages: SameSite is the browser's promise, this is
ours.
"""

from collections.abc import Sequence
from typing import Annotated, Literal
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Cookie, Request, Response
from sqlalchemy.orm import Session

from api.wire import Told
from hub.domain.devices.rotating import Visitor
from hub.domain.devices.rules import trim_label, truncate_address
from hub.domain.staff.permissions import Role
from hub.flows import entering
from hub.flows.entering import Entered
from hub.kernel import clock, tokens
from hub.kernel.errors import ErrorKind, HubError
from hub.kernel.settings import settings

COOKIE = "refresh"
_COOKIE_PATH = "/api/auth"
Deliver = Literal["cookie", "body"]
"""Where the refresh token goes: the cookie is always set, `body` is for callers without cookies."""
RefreshCookie = Annotated[str | None, Cookie(alias=COOKIE, max_length=200)]


class OriginForeignError(HubError):
    """The call came from a page of another site."""

    code = "origin-foreign"
    kind = ErrorKind.FORBIDDEN


class TokenWire(Told):
    """An access token, good for `expires_in` seconds; the refresh token is in the cookie."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105  # a word of OAuth, no secret
    expires_in: int
    user_id: UUID
    roles: list[Role]
    refresh_token: str | None = None
    """Only with `deliver: "body"`."""


def let_in(
    session: Session,
    request: Request,
    response: Response,
    *,
    user_id: UUID,
    roles: Sequence[Role],
    deliver: Deliver | None = None,
) -> TokenWire:
    """Sign a proven user in on this device: opens its family, sets the cookie, gives the answer.

    Inside the door's transaction; an answer that is not sent takes its cookie along.
    """
    entered = entering.enter(session, user_id=user_id, roles=roles, visitor=read_visitor(request))
    return hand_over(response, entered, deliver)


def hand_over(response: Response, entered: Entered, deliver: Deliver | None) -> TokenWire:
    """Put the refresh token into the cookie and the rest into the answer."""
    response.headers["Cache-Control"] = "no-store"
    response.set_cookie(
        COOKIE,
        entered.refresh_token,
        max_age=round((entered.refresh_expires_at - clock.now()).total_seconds()),
        path=_COOKIE_PATH,
        secure=is_secure(),
        httponly=True,
        samesite="strict",
    )
    return TokenWire(
        access_token=entered.access_token,
        expires_in=int(tokens.ACCESS_LIFETIME.total_seconds()),
        user_id=entered.user_id,
        roles=list(entered.roles),
        refresh_token=entered.refresh_token if deliver == "body" else None,
    )


def clear_cookie(response: Response) -> None:
    """Take the cookie back."""
    response.delete_cookie(COOKIE, path=_COOKIE_PATH, secure=is_secure(), httponly=True, samesite="strict")


def take_token(request: Request, cookie: str | None, given: str | None) -> str | None:
    """Give the refresh token that was sent: the body's goes before the cookie's.

    Raises: OriginForeignError when only the cookie speaks, and on a foreign page's behalf.
    """
    if given is None and cookie is not None:
        require_own_page(request)
    return given or cookie


def require_own_page(request: Request) -> None:
    """Refuse a browser's call from another site. Callers that are no browsers send neither header.

    Raises: OriginForeignError.
    """
    fetch_site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if fetch_site is not None:
        if fetch_site != "same-origin":
            raise OriginForeignError
    elif origin is not None and urlsplit(origin).netloc not in _own_hosts(request):
        raise OriginForeignError


def read_visitor(request: Request) -> Visitor:
    """Say how little is remembered of where a call came from."""
    address = request.client.host if request.client else ""
    return Visitor(label=trim_label(request.headers.get("user-agent", "")), network=truncate_address(address))


def _own_hosts(request: Request) -> set[str]:
    return {urlsplit(settings().public_url).netloc, request.headers.get("host", "")} - {""}


def is_secure() -> bool:
    """Only a demo over plain HTTP does without: a browser would not send the cookie back."""
    return not (settings().is_demo and settings().public_url.startswith("http://"))
