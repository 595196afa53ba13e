"""A patient's own login: an e-mail and a password, set in the cabinet by whoever is signed in there.

Several may have one e-mail, as families do: the password tells them apart. Letters that open an account
go only to a mailbox which its owner has confirmed while signed in, so a misspelt address opens nothing.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from hub.db.locks import lock_names
from hub.domain.devices.errors import TokenReusedError
from hub.domain.patients.models import MailToken, Patient, PatientLogin, PatientStatus
from hub.domain.patients.rules import normalise_email
from hub.kernel import clock
from hub.kernel.crypto import secret_hash
from hub.kernel.ids import new_id
from hub.kernel.settings import vault
from hub.kernel.tokens import TokenExpiredError, TokenInvalidError

# Each costs a hash when somebody signs in; no family is larger on one mailbox.
SHARERS_MAX = 5
PAUSE = timedelta(seconds=60)
LETTERS_MAX = 5
LETTERS_WITHIN = timedelta(hours=24)
_TOKEN_BYTES = 32


class MailPurpose(StrEnum):
    """What a token from a letter is good for."""

    CONFIRM = "confirm"
    RESET = "reset"


LIFETIMES = {MailPurpose.CONFIRM: timedelta(hours=24), MailPurpose.RESET: timedelta(minutes=30)}


@dataclass(frozen=True, slots=True)
class Login:
    """A patient's login. `confirmed_at`: when they proved that the mailbox is theirs."""

    patient_id: UUID
    email: str = field(repr=False)
    password_hash: str = field(repr=False)
    confirmed_at: datetime | None


def find_login(session: Session, patient_id: UUID) -> Login | None:
    """Find the login of a patient, locked: its changes come one after another."""
    row = session.get(PatientLogin, patient_id, with_for_update=True, populate_existing=True)
    return _login(row) if row is not None else None


def find_logins(session: Session, email: str) -> list[Login]:
    """Find the logins of patients who take part under this e-mail, confirmed ones first."""
    rows = session.scalars(
        select(PatientLogin)
        .join(Patient, Patient.id == PatientLogin.patient_id)
        .where(
            PatientLogin.email_index == _index(normalise_email(email)),
            Patient.status == PatientStatus.ACTIVE,
        )
        .order_by(PatientLogin.confirmed_at.asc().nulls_last(), PatientLogin.patient_id)
        .limit(SHARERS_MAX)
    )
    return [_login(row) for row in rows]


def set_login(session: Session, patient_id: UUID, *, email: str, password_hash: str) -> bool:
    """Give a patient this e-mail and password; whether the mailbox has to be confirmed.

    Another e-mail than before loses the confirmation. Repeating changes nothing but the hash.
    """
    email = normalise_email(email)
    index, at = _index(email), clock.now()
    known = find_login(session, patient_id)
    is_confirmed = known is not None and known.email == email and known.confirmed_at is not None
    stored = {
        "email": vault().seal(email.encode(), context=login_context(patient_id)),
        "email_index": index,
        "password_hash": password_hash,
        "confirmed_at": known.confirmed_at if known is not None and is_confirmed else None,
        "changed_at": at,
    }
    session.execute(
        upsert(PatientLogin)
        .values(patient_id=patient_id, **stored)
        .on_conflict_do_update(index_elements=["patient_id"], set_=stored)
    )
    _void_resets(session, patient_id)
    return not is_confirmed


def set_password_hash(session: Session, patient_id: UUID, password_hash: str) -> None:
    """Give a login another password, and let no token from a letter be good any longer."""
    session.execute(
        update(PatientLogin)
        .where(PatientLogin.patient_id == patient_id)
        .values(password_hash=password_hash, changed_at=clock.now())
    )
    _void_resets(session, patient_id)


def confirm_mailbox(session: Session, patient_id: UUID) -> None:
    """Note that the mailbox is the patient's own."""
    session.execute(
        update(PatientLogin).where(PatientLogin.patient_id == patient_id).values(confirmed_at=clock.now())
    )


def issue_mail_token(session: Session, login: Login, purpose: MailPurpose) -> str | None:
    """Make a token for a letter to the login's mailbox.

    None: the last one to it was asked for within 60 seconds, or the patient had five in a day.
    """
    lock_names(session, [f"mail-token:{login.patient_id}"])
    at, token = clock.now(), secrets.token_urlsafe(_TOKEN_BYTES)
    past = session.execute(
        select(
            func.count().label("letters"),
            func.max(MailToken.created_at)
            .filter(MailToken.email_index == _index(login.email))
            .label("latest_at"),
        ).where(
            MailToken.patient_id == login.patient_id,
            MailToken.purpose == purpose,
            MailToken.created_at > at - LETTERS_WITHIN,
        )
    ).one()
    if past.letters >= LETTERS_MAX or (past.latest_at is not None and at < past.latest_at + PAUSE):
        return None
    session.execute(
        insert(MailToken).values(
            token_hash=secret_hash(token),
            patient_id=login.patient_id,
            purpose=purpose.value,
            email_index=_index(login.email),
            created_at=at,
            expires_at=at + LIFETIMES[purpose],
        )
    )
    return token


def use_mail_token(session: Session, token: str, purpose: MailPurpose) -> UUID:
    """Use a token from a letter up; gives whose it is.

    Raises: TokenInvalidError, also when the login has another e-mail since; TokenExpiredError;
    TokenReusedError the second time.
    """
    token_hash = secret_hash(token)
    given = session.execute(
        select(MailToken.patient_id, MailToken.email_index, MailToken.expires_at, MailToken.used_at)
        .where(MailToken.token_hash == token_hash, MailToken.purpose == purpose)
        .with_for_update()
    ).one_or_none()
    login = find_login(session, given.patient_id) if given is not None else None
    if given is None or login is None or _index(login.email) != given.email_index:
        raise TokenInvalidError
    if given.used_at is not None:
        raise TokenReusedError
    if clock.now() >= given.expires_at:
        raise TokenExpiredError
    session.execute(update(MailToken).where(MailToken.token_hash == token_hash).values(used_at=clock.now()))
    return login.patient_id


def letter_key(purpose: MailPurpose) -> str:
    """Name the delivery of a letter that carries a token; each token has a letter of its own."""
    return f"mail-token:{purpose}:{new_id()}"


def _void_resets(session: Session, patient_id: UUID) -> None:
    """A letter that is still under way must not undo a newer choice."""
    session.execute(
        update(MailToken)
        .where(
            MailToken.patient_id == patient_id,
            MailToken.purpose == MailPurpose.RESET,
            MailToken.used_at.is_(None),
        )
        .values(used_at=clock.now())
    )


def _login(row: PatientLogin) -> Login:
    email = vault().open(row.email, context=login_context(row.patient_id)).decode()
    return Login(row.patient_id, email, row.password_hash, row.confirmed_at)


def _index(email: str) -> bytes:
    """Index apart from the profiles' e-mails, which 1C tells and nobody proves."""
    return vault().blind_index("patient-login.email", email)


def login_context(patient_id: UUID) -> str:
    """Name what an e-mail is sealed for."""
    return f"patient-login:{patient_id}:email"
