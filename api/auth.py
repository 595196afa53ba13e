"""Signing in: patients by a code on their phone, staff by login and password.

Refusals are counted by the flow's own transaction, so they are raised after it has committed.
"""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from fastapi import Request, Response
from pydantic import Field

from api.access import SIGN_IN, Door, sign_in_by
from api.entering import Deliver, TokenWire, let_in, read_visitor
from api.second_step import SetupWire, write_setup
from api.wire import Asked, Told
from hub.db.transaction import transaction
from hub.domain.patients.queries import ProfileBrief
from hub.domain.staff.authentication import Candidate
from hub.domain.staff.permissions import Role
from hub.domain.staff.queries import StaffIdentity
from hub.flows import sign_in
from hub.flows.sign_in import Offer
from hub.kernel import tokens
from hub.kernel.errors import HubError
from hub.kernel.ids import find_uuid

door = Door("/api/auth", tag="auth")


class CodeRequest(Asked):
    """Whose phone gets a code."""

    phone: str = Field(min_length=1, max_length=64)


class CodeSent(Told):
    """The same for every phone."""

    status: Literal["accepted"] = "accepted"


@door.post("/code", sign_in_by("phone"), status_code=202)
def request_code(body: CodeRequest) -> CodeSent:
    """Send a one-time code by SMS: six digits, good for five minutes and five tries."""
    with transaction() as session:
        sign_in.request_code(session, body.phone)
    return CodeSent()


class CodeProof(Asked):
    """A phone and the code that came to it."""

    phone: str = Field(min_length=1, max_length=64)
    code: str = Field(min_length=1, max_length=16)
    deliver: Deliver | None = None


class ProfileChoice(Told):
    """One of the family."""

    profile_id: UUID
    first_name: str
    birth_year: int | None


class ProfilesWire(Told):
    """Several people share the phone: choose one with `/auth/choose`."""

    profiles: list[ProfileChoice]
    choose_token: str


class EnrolWire(Told):
    """Nobody is known by the phone: join with `/auth/enrol`, within 15 minutes."""

    enrol_token: str


@door.post("/token", sign_in_by("phone"))
def exchange_code(
    body: CodeProof, request: Request, response: Response
) -> TokenWire | ProfilesWire | EnrolWire:
    """Exchange a code for a pair of tokens, the choice among the phone's profiles, or an enrolment."""
    response.headers["Cache-Control"] = "no-store"
    with transaction() as session:
        outcome = sign_in.prove_phone(session, body.phone, body.code)
        if isinstance(outcome, Sequence) and len(outcome) == 1:
            user_id, roles = outcome[0].patient_id, [Role.PATIENT]
            return let_in(session, request, response, user_id=user_id, roles=roles, deliver=body.deliver)
    if isinstance(outcome, HubError):
        raise outcome
    return EnrolWire(enrol_token=outcome.enrol_token) if isinstance(outcome, Offer) else _offer(outcome)


class ProfileChosen(Asked):
    """Which profile."""

    choose_token: str = Field(min_length=1, max_length=8_000)
    profile_id: str = Field(min_length=1, max_length=64)
    deliver: Deliver | None = None


@door.post("/choose", SIGN_IN)
def choose_profile(body: ProfileChosen, request: Request, response: Response) -> TokenWire:
    """Become one of the profiles that `/auth/token` offered."""
    allowed = tokens.read_choice(body.choose_token)
    with transaction() as session:
        user_id = sign_in.choose_profile(session, allowed, find_uuid(body.profile_id))
        roles = [Role.PATIENT]
        return let_in(session, request, response, user_id=user_id, roles=roles, deliver=body.deliver)


class PasswordProof(Asked):
    """A staff login or a patient's e-mail, and the password."""

    login: str = Field(min_length=1, max_length=200)
    password: str = Field(min_length=1, max_length=1_000)
    totp: str | None = Field(default=None, max_length=64)
    """A code from the phone or a recovery code; asked for by 401 `totp-required`."""
    deliver: Deliver | None = None


@door.post("/password", sign_in_by("login"))
def enter_by_password(body: PasswordProof, request: Request, response: Response) -> TokenWire | SetupWire:
    """Let staff in, or a patient; ten failures in a row lock the login there for a quarter of an hour."""
    place = read_visitor(request).network
    with transaction() as session:
        outcome = sign_in.enter_by_password(session, body.login, body.password, body.totp, place=place)
        if isinstance(outcome, StaffIdentity | Candidate):
            user_id, roles = _who(outcome)
            return let_in(session, request, response, user_id=user_id, roles=roles, deliver=body.deliver)
    if isinstance(outcome, HubError):
        raise outcome
    response.headers["Cache-Control"] = "no-store"
    return write_setup(outcome.staff_id, outcome.setup)


def _who(found: StaffIdentity | Candidate) -> tuple[UUID, Sequence[Role]]:
    if isinstance(found, StaffIdentity):
        return found.staff_id, found.roles
    return found.user_id, [Role.PATIENT]


def _offer(profiles: Sequence[ProfileBrief]) -> ProfilesWire:
    return ProfilesWire(
        profiles=[
            ProfileChoice(
                profile_id=profile.patient_id, first_name=profile.first_name, birth_year=profile.birth_year
            )
            for profile in profiles
        ],
        choose_token=tokens.issue_choice([profile.patient_id for profile in profiles]),
    )
