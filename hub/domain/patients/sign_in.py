"""One-time codes prove that somebody holds a phone. They live in the database: sign-in needs no Redis.

The code itself is known to the message alone; here is its keyed hash. Tries are counted in the door's
transaction, so a wrong code is an answer, not an error: the door commits.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from hub.db.locks import lock_names
from hub.domain.patients.models import OneTimeCode
from hub.kernel import clock
from hub.kernel.crypto import same
from hub.kernel.ids import new_id
from hub.kernel.settings import vault

CODE_DIGITS = 6
LIFETIME = timedelta(minutes=5)
PAUSE = timedelta(seconds=60)
TRIES_MAX = 5
# Five tries a minute all day would be 0.7 % of all codes; fifty wrong ones a day is 0.005 %.
WRONG_TRIES_MAX = 50
WRONG_TRIES_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """A code to be sent. `code` is in clear here and nowhere else."""

    code_id: UUID
    code: str = field(repr=False)
    expires_at: datetime


def request_code(session: Session, phone: str) -> IssuedCode | None:
    """Make a code of six digits for an E.164 phone, good for 5 minutes; the former one dies.

    None: asked again within 60 seconds, or too many wrong codes were tried on this phone in a day.
    Nothing is sent then, and the caller's answer stays the same.
    """
    index = _phone_index(phone)
    lock_names(session, [f"one-time-code:{index.hex()}"])
    at = clock.now()
    past = session.execute(
        select(
            func.max(OneTimeCode.created_at).label("latest_at"),
            func.coalesce(func.sum(OneTimeCode.tries) - func.count(OneTimeCode.used_at), 0).label("wrong"),
        ).where(OneTimeCode.phone_index == index, OneTimeCode.created_at > at - WRONG_TRIES_WITHIN)
    ).one()
    if past.wrong >= WRONG_TRIES_MAX or (past.latest_at is not None and at < past.latest_at + PAUSE):
        return None
    issued = IssuedCode(new_id(), f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}", at + LIFETIME)
    session.execute(
        insert(OneTimeCode).values(
            id=issued.code_id,
            phone_index=index,
            code_hash=_code_hash(issued.code_id, issued.code),
            created_at=at,
            expires_at=issued.expires_at,
        )
    )
    return issued


def check_code(session: Session, phone: str, code: str) -> bool:
    """Tell whether this is the phone's newest code, alive and unused; use it up when it is.

    Each call is a try, and after five the code is dead; commit in both cases. The right code a second
    time is refused.
    """
    newest = session.execute(
        select(OneTimeCode)
        .where(OneTimeCode.phone_index == _phone_index(phone))
        .order_by(OneTimeCode.created_at.desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    at = clock.now()
    if newest is None or newest.used_at is not None or at >= newest.expires_at or newest.tries >= TRIES_MAX:
        return False
    is_right = same(_code_hash(newest.id, code), newest.code_hash)
    session.execute(
        update(OneTimeCode)
        .where(OneTimeCode.id == newest.id)
        .values(tries=newest.tries + 1, used_at=at if is_right else None)
    )
    return is_right


def _phone_index(phone: str) -> bytes:
    """Index apart from the profiles': these rows do not say whose phone it is."""
    return vault().blind_index("one-time-code.phone", phone)


def _code_hash(code_id: UUID, code: str) -> bytes:
    return vault().blind_index(f"one-time-code:{code_id}", code)
