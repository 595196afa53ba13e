"""A patient's own password: set in the cabinet, forgotten, set anew by a letter."""

from pydantic import Field

from api.access import PATIENT, SIGN_IN, CallerHere, Door, sign_in_by
from api.owners import get_own_patient_id
from api.people import Email
from api.wire import Asked, Told
from hub.db.transaction import transaction
from hub.flows import passwords

door = Door("/api/auth/password", tag="auth")
own_door = Door("/api/me", tag="me")
_PASSWORD_MAX = 1_000


class PasswordForgotten(Asked):
    """Under which e-mail the password was forgotten."""

    email: Email


class LetterSent(Told):
    """The same for every e-mail."""

    status: str = "accepted"


class PasswordReset(Asked):
    """The token from the letter, and the new password."""

    token: str = Field(min_length=1, max_length=200)
    password: str = Field(min_length=1, max_length=_PASSWORD_MAX)


class PasswordAsked(Asked):
    """A new password. The first one comes with an e-mail, each next one with the present password."""

    password: str = Field(min_length=1, max_length=_PASSWORD_MAX)
    email: Email | None = None
    current_password: str | None = Field(default=None, max_length=_PASSWORD_MAX)


class MailboxProof(Asked):
    """The token from the letter that asks to confirm a mailbox."""

    token: str = Field(min_length=1, max_length=200)


@door.post("/forgot", sign_in_by("email"), status_code=202)
def forget(body: PasswordForgotten) -> LetterSent:
    """Send a letter with a link that is good for half an hour, once; the answer is always the same."""
    with transaction() as session:
        passwords.forgot(session, body.email)
    return LetterSent()


@door.post("/reset", SIGN_IN, status_code=204)
def reset(body: PasswordReset) -> None:
    """Set the password anew by the token from the letter; every device is signed out."""
    with transaction() as session:
        passwords.reset(session, body.token, body.password)


@own_door.post("/password", PATIENT, status_code=204)
def change_own(caller: CallerHere, body: PasswordAsked) -> None:
    """Set or change the caller's password; other devices are signed out, a new e-mail gets a letter."""
    patient_id = get_own_patient_id(caller)
    with transaction() as session:
        refusal = passwords.change_own(
            session,
            patient_id,
            email=body.email,
            password=body.password,
            current=body.current_password,
            device_id=caller.device_id,
        )
    if refusal is not None:
        raise refusal


@own_door.post("/email/confirm", PATIENT, status_code=204)
def confirm_own(caller: CallerHere, body: MailboxProof) -> None:
    """Confirm by the token from the letter that the mailbox is the caller's own."""
    patient_id = get_own_patient_id(caller)
    with transaction() as session:
        passwords.confirm_mailbox(session, patient_id, body.token)
