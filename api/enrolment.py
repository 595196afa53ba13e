"""Joining: whoever proved a phone that no patient has says who they are, and is in."""

from datetime import date
from typing import Annotated

from fastapi import Request, Response
from pydantic import Field

from api.access import SIGN_IN, Door
from api.consents import ConsentAsked, read_address, read_decisions
from api.entering import Deliver, TokenWire, let_in
from api.people import Name
from api.wire import Asked
from hub.db.transaction import transaction
from hub.domain.patients.consent_texts import Purpose
from hub.domain.staff.permissions import Role
from hub.flows.enrolment import Newcomer, enrol
from hub.kernel import clock
from hub.kernel.errors import FieldInvalidError

door = Door("/api/auth", tag="auth")
_BORN_SINCE = date(1900, 1, 1)
_CONSENTS_MAX = 20
_REFERRAL_CODE = r"^[0-9A-Za-zА-Яа-яЁё_-]{3,40}$"


class EnrolmentAsked(Asked):
    """Who joins. `consents`: purposes, or objects that say yes or no to one."""

    enrol_token: str = Field(min_length=1, max_length=200)
    first_name: Name
    last_name: Name
    birth_date: str = Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
    consents: list[ConsentAsked | Annotated[Purpose, Field(strict=False)]] = Field(max_length=_CONSENTS_MAX)
    referral_code: str | None = Field(default=None, pattern=_REFERRAL_CODE)
    deliver: Deliver | None = None


@door.post("/enrol", SIGN_IN)
def enrol_newcomer(body: EnrolmentAsked, request: Request, response: Response) -> TokenWire:
    """Make whoever holds the token of `/auth/token` a patient, and sign them in. The token works once."""
    newcomer = Newcomer(
        first_name=body.first_name,
        last_name=body.last_name,
        birth_date=_read_birth_date(body.birth_date),
        decisions=read_decisions(
            one if isinstance(one, ConsentAsked) else ConsentAsked(purpose=one) for one in body.consents
        ),
        referral_code=body.referral_code or "",
        address=read_address(request),
    )
    with transaction() as session:
        user_id, roles = enrol(session, body.enrol_token, newcomer), [Role.PATIENT]
        return let_in(session, request, response, user_id=user_id, roles=roles, deliver=body.deliver)


def _read_birth_date(text: str) -> date:
    """Read a day that somebody alive may be born on. Raises: FieldInvalidError."""
    try:
        born_on = date.fromisoformat(text)
    except ValueError as error:
        raise FieldInvalidError(field="birth_date") from error
    if not _BORN_SINCE <= born_on <= clock.now().date():
        raise FieldInvalidError(field="birth_date")
    return born_on
