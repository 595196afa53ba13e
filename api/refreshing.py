"""Staying in and leaving: the next pair of tokens for a refresh token, and signing out.

A refusal may have ended a family, so it is raised after that has committed.
"""

from fastapi import Request, Response
from pydantic import Field

from api.access import SIGN_IN, SIGNED_IN, CallerHere, Door
from api.callers import UnauthenticatedError
from api.entering import (
    Deliver,
    RefreshCookie,
    TokenWire,
    clear_cookie,
    hand_over,
    read_visitor,
    take_token,
)
from api.wire import Asked
from hub.db.transaction import transaction
from hub.flows import entering
from hub.kernel.errors import HubError

door = Door("/api/auth", tag="auth")


class RefreshAsked(Asked):
    """A refresh token, from callers that keep no cookies; they get the next one in the body too."""

    refresh_token: str | None = Field(default=None, min_length=1, max_length=200)
    deliver: Deliver | None = None


@door.post("/refresh", SIGN_IN)
def refresh(
    request: Request, response: Response, body: RefreshAsked | None = None, cookie: RefreshCookie = None
) -> TokenWire:
    """Exchange a refresh token for the next pair; one that was used before signs its device out."""
    asked = body or RefreshAsked()
    token = take_token(request, cookie, asked.refresh_token)
    if token is None:
        raise UnauthenticatedError
    with transaction() as session:
        outcome = entering.refresh(session, token, read_visitor(request))
    if isinstance(outcome, HubError):
        raise outcome
    return hand_over(response, outcome, "body" if asked.refresh_token else asked.deliver)


@door.post("/logout", SIGN_IN, status_code=204)
def log_out(
    request: Request, response: Response, body: RefreshAsked | None = None, cookie: RefreshCookie = None
) -> None:
    """Sign this device out; without a token, or with one that is over, nothing is left to do."""
    token = take_token(request, cookie, body.refresh_token if body else None)
    if token is not None:
        with transaction() as session:
            entering.leave(session, token)
    clear_cookie(response)


@door.post("/logout-everywhere", SIGNED_IN, status_code=204)
def log_out_everywhere(caller: CallerHere, response: Response) -> None:
    """Sign the caller out on every device; access tokens that are out live to their end."""
    if caller.user_id is None:
        raise UnauthenticatedError
    with transaction() as session:
        entering.leave_everywhere(session, user_id=caller.user_id, roles=caller.roles)
    clear_cookie(response)
