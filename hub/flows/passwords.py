"""A patient has a password of their own, and gets back in by a letter when it is forgotten.

They set it in the cabinet, with the e-mail to sign in by; a letter asks them to confirm the mailbox, signed
in, so that a misspelt address opens nothing. Whoever asks for a new password hears the same, account or
not; the letter goes to confirmed mailboxes only. A new password signs every other device out.
"""

from uuid import UUID

from sqlalchemy.orm import Session

from hub.audit.trail import Action, record_action
from hub.contracts.messages import SendEmail
from hub.contracts.parties import DeliveryKind
from hub.domain.devices.revoking import revoke_all
from hub.domain.devices.rules import Revocation
from hub.domain.patients import logins
from hub.domain.patients.logins import Login, MailPurpose
from hub.domain.staff.authentication import Candidate, verify_anybody
from hub.domain.staff.failures import forget_failures
from hub.domain.staff.passwords import hash_password
from hub.kernel import clock
from hub.kernel.errors import ErrorKind, FieldInvalidError, HubError
from hub.kernel.settings import settings
from hub.kernel.tokens import TokenInvalidError
from hub.letters.rendering import Button, render_letter
from hub.outbox.enqueueing import PRIORITY_CODE, Order, enqueue

CONFIRM_PATH, RESET_PATH = "/confirm-email", "/reset-password"
_WORDS = {
    MailPurpose.CONFIRM: (
        "Подтвердите почту",
        (
            "Этот адрес указали для входа в «Моя ❤ скидка». Откройте ссылку там, где вы вошли в кабинет: она"
            " действует сутки. Если это были не вы, просто удалите письмо."
        ),
        "Подтвердить",
        CONFIRM_PATH,
    ),
    MailPurpose.RESET: (
        "Новый пароль",
        (
            "Для входа в «Моя ❤ скидка» попросили новый пароль. Ссылка действует полчаса и один раз."
            " Если это были не вы, просто удалите письмо: пароль останется прежним."
        ),
        "Задать пароль",
        RESET_PATH,
    ),
}


class PasswordWrongError(HubError):
    """The present password was not given, or it is another one."""

    code = "password-wrong"
    kind = ErrorKind.FORBIDDEN


def change_own(
    session: Session,
    patient_id: UUID,
    *,
    email: str | None,
    password: str,
    current: str | None,
    device_id: UUID | None,
) -> HubError | None:
    """Give a patient who is signed in a password; None, or why not: commit in both cases.

    The first one needs an e-mail, each next one the present password. Raises: FieldInvalidError.
    """
    known = logins.find_login(session, patient_id)
    if known is None and email is None:
        raise FieldInvalidError(field="email")
    if known is not None:
        refusal = _refuse_wrong(session, known, current or "")
        if refusal is not None:
            return refusal
    address = email or (known.email if known is not None else "")
    if logins.set_login(session, patient_id, email=address, password_hash=hash_password(password)):
        login = logins.find_login(session, patient_id)
        assert login is not None  # it was set above
        _send(session, login, MailPurpose.CONFIRM)
    revoke_all(session, patient_id, because=Revocation.PASSWORD, but=device_id)
    _note(session, patient_id, "patient.password-changed")
    return None


def confirm_mailbox(session: Session, patient_id: UUID, token: str) -> None:
    """Note that the letter reached the patient who is signed in.

    Raises: TokenInvalidError for another's too; TokenExpiredError; TokenReusedError.
    """
    if logins.use_mail_token(session, token, MailPurpose.CONFIRM) != patient_id:
        raise TokenInvalidError
    logins.confirm_mailbox(session, patient_id)
    _note(session, patient_id, "patient.email-confirmed")


def forgot(session: Session, email: str) -> None:
    """Send a letter to every patient who confirmed this mailbox; nothing within a minute of the last one."""
    for login in logins.find_logins(session, email):
        if login.confirmed_at is not None:
            _send(session, login, MailPurpose.RESET)


def reset(session: Session, token: str, password: str) -> None:
    """Set a password anew by the token from a letter, and sign every device out.

    Raises: FieldInvalidError; TokenInvalidError; TokenExpiredError; TokenReusedError.
    """
    patient_id = logins.use_mail_token(session, token, MailPurpose.RESET)
    logins.set_password_hash(session, patient_id, hash_password(password))
    revoke_all(session, patient_id, because=Revocation.PASSWORD)
    login = logins.find_login(session, patient_id)
    assert login is not None  # the token was of this login
    forget_failures(session, login.email)
    _note(session, patient_id, "patient.password-reset")


def _refuse_wrong(session: Session, login: Login, current: str) -> HubError | None:
    """Check the present password, counted like sign-ins: a stolen access token cannot guess it for long."""
    others = [Candidate(login.patient_id, login.password_hash)]
    name = f"own-password:{login.patient_id}"
    outcome = verify_anybody(session, name, current, others=others, place="")
    if isinstance(outcome, Candidate):
        return None
    if isinstance(outcome, HubError) and outcome.kind is ErrorKind.LIMITED:
        return outcome
    return PasswordWrongError()


def _send(session: Session, login: Login, purpose: MailPurpose) -> None:
    token = logins.issue_mail_token(session, login, purpose)
    if token is None:
        return
    subject, words, label, path = _WORDS[purpose]
    # Behind the #: no server on the way writes it into a log.
    button = Button(label, f"{settings().public_url.rstrip('/')}{path}#token={token}")
    letter = render_letter(subject, subject, [words], button=button)
    enqueue(
        session,
        Order(
            DeliveryKind.EMAIL_LETTER,
            delivery_key=logins.letter_key(purpose),
            message=SendEmail(to=login.email, subject=subject, text=letter.text, html=letter.html),
            about=f"patient:{login.patient_id}",
            priority=PRIORITY_CODE,
            expires_at=clock.now() + logins.LIFETIMES[purpose],
        ),
    )


def _note(session: Session, patient_id: UUID, action: str) -> None:
    record_action(
        session,
        Action(
            actor=f"patient:{patient_id}", action=action, object_type="patient", object_id=str(patient_id)
        ),
    )
