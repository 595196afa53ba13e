"""Setting up the second step: a secret for the phone, a code to prove it arrived, recovery codes once."""

from uuid import UUID

from fastapi import Request, Response
from pydantic import Field

from api.access import SIGN_IN, SIGNED_IN, CallerHere, Door
from api.callers import UnauthenticatedError
from api.entering import Deliver, TokenWire, let_in
from api.wire import Asked, Told
from hub.db.transaction import transaction
from hub.domain.staff.second_step import Setup
from hub.flows import second_step
from hub.kernel import tokens
from hub.kernel.errors import ForbiddenError, HubError

door = Door("/api/auth/totp", tag="auth")
own_door = Door("/api/me/totp", tag="me")


class SetupWire(Told):
    """Put `uri` (as a QR code) or `secret` into an authenticator, then send a code to `/auth/totp/enrol`."""

    setup_token: str
    secret: str
    uri: str


class SetupProof(Asked):
    """The token of the set-up, within 5 minutes, and a code from the phone."""

    setup_token: str = Field(min_length=1, max_length=8_000)
    code: str = Field(min_length=1, max_length=64)
    deliver: Deliver | None = None


class EnrolledWire(TokenWire):
    """Signed in, with the recovery codes: they are shown this once, each works once."""

    recovery_codes: list[str]


@door.post("/enrol", SIGN_IN)
def enrol(body: SetupProof, request: Request, response: Response) -> EnrolledWire:
    """Finish the second step by a code from the phone, and sign in."""
    with transaction() as session:
        outcome = second_step.finish(session, body.setup_token, body.code)
        if not isinstance(outcome, HubError):
            member, codes = outcome
            user_id, roles = member.staff_id, member.roles
            pair = let_in(session, request, response, user_id=user_id, roles=roles, deliver=body.deliver)
            return EnrolledWire(**dict(pair), recovery_codes=codes)
    raise outcome


@own_door.post("", SIGNED_IN)
def set_up_own(caller: CallerHere, response: Response) -> SetupWire:
    """Start the second step of the caller's own sign-in by password; for staff."""
    if caller.user_id is None:
        raise UnauthenticatedError
    if not caller.is_staff:
        raise ForbiddenError
    response.headers["Cache-Control"] = "no-store"
    with transaction() as session:
        return write_setup(caller.user_id, second_step.set_up_own(session, caller.user_id))


def write_setup(staff_id: UUID, setup: Setup) -> SetupWire:
    """Write what the authenticator needs, with a token that only finishes this set-up."""
    return SetupWire(setup_token=tokens.issue_setup(staff_id), secret=setup.secret, uri=setup.uri)
