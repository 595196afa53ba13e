"""A person whom no clinic has told about yet becomes a patient in the cabinet, once.

Whoever proved a phone gets an offer, which works once. Who is the same person is decided as for a card
of 1C: by phone, birth date and first name together; so the clinic's card finds this patient later.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from hub.db.locks import lock_names
from hub.domain.devices.errors import TokenReusedError
from hub.domain.patients.models import Enrolment
from hub.domain.patients.personal import Personal
from hub.domain.patients.recording import MATCHING_LOCK
from hub.domain.patients.register import open_register_for
from hub.domain.patients.storing import store_register
from hub.kernel import clock
from hub.kernel.crypto import secret_hash
from hub.kernel.settings import vault
from hub.kernel.tokens import TokenExpiredError, TokenInvalidError

OFFER_LIFETIME = timedelta(minutes=15)
SOURCE = "cabinet"
_TOKEN_BYTES = 32
# Long enough to tell a repeated call that its token was used.
_FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Who it is now; `is_new`: nobody knew them before."""

    patient_id: UUID
    is_new: bool


def offer_enrolment(session: Session, phone: str) -> str:
    """Give a token to whoever proved this E.164 phone: 15 minutes, once. Each call gives another.

    Offers of yesterday are forgotten on the way: each holds the phone of somebody, perhaps of no patient.
    """
    at, token = clock.now(), secrets.token_urlsafe(_TOKEN_BYTES)
    session.execute(delete(Enrolment).where(Enrolment.created_at < at - _FORGOTTEN_AFTER))
    token_hash = secret_hash(token)
    session.execute(
        insert(Enrolment).values(
            token_hash=token_hash,
            phone=vault().seal(phone.encode(), context=enrolment_context(token_hash)),
            created_at=at,
            expires_at=at + OFFER_LIFETIME,
        )
    )
    return token


def use_offer(session: Session, token: str) -> str:
    """Use an offer up and give the phone it was made to.

    Raises: TokenInvalidError; TokenExpiredError; TokenReusedError the second time.
    """
    token_hash, at = secret_hash(token), clock.now()
    offer = session.execute(
        select(Enrolment.phone, Enrolment.expires_at, Enrolment.used_at)
        .where(Enrolment.token_hash == token_hash)
        .with_for_update()
    ).one_or_none()
    if offer is None:
        raise TokenInvalidError
    if offer.used_at is not None:
        raise TokenReusedError
    if at >= offer.expires_at:
        raise TokenExpiredError
    session.execute(update(Enrolment).where(Enrolment.token_hash == token_hash).values(used_at=at))
    return vault().open(offer.phone, context=enrolment_context(token_hash)).decode()


def enrol_patient(session: Session, personal: Personal, *, referral_code: str) -> Enrolled:
    """Make a patient of these values, phone and birth date among them, or give the one it already is.

    What is known of a known one stays; gaps are filled. Repeating gives the first one.
    """
    lock_names(session, [MATCHING_LOCK])
    register = open_register_for(session, personal)
    known = register.match(personal, None)
    row = known or register.add_patient()
    learned = personal.overlaid_by(row.personal)
    code = row.referral_code_used or referral_code.strip().upper() or None
    if learned != row.personal or code != row.referral_code_used:
        row.personal, row.referral_code_used, row.is_changed = learned, code, True
    store_register(session, register, consents=(), source=SOURCE)
    return Enrolled(row.patient_id, is_new=known is None)


def enrolment_context(token_hash: bytes) -> str:
    """Bind a sealed phone to its offer."""
    return f"enrolment:{token_hash.hex()}:phone"
