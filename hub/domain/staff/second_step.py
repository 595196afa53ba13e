"""The second step of a sign-in: a code from the phone, or a recovery code; each works once.

The secret has to be readable to check codes, so it is sealed; recovery codes are kept as keyed hashes.
Wrong codes are counted like wrong passwords. A refusal that counts is given back: the door commits.
"""

import secrets
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from hub.domain.staff.errors import SignInLockedError, TotpEnrolledError, TotpRequiredError, TotpWrongError
from hub.domain.staff.failures import keep_failures, lock_failures
from hub.domain.staff.models import RecoveryCode, StaffTotp
from hub.kernel import clock, totp
from hub.kernel.settings import vault

RECOVERY_CODES = 10
_RECOVERY_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_RECOVERY_LENGTH = 16
_ISSUER = "Моя ❤ скидка"

SecondStepRefusal = TotpRequiredError | TotpWrongError | SignInLockedError


@dataclass(frozen=True, slots=True)
class Setup:
    """What goes into the authenticator; in clear here and nowhere else."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


def is_enrolled(session: Session, staff_id: UUID) -> bool:
    """Tell whether a member of staff has a second step."""
    confirmed = select(StaffTotp.confirmed_at).where(StaffTotp.staff_id == staff_id)
    return session.scalar(confirmed) is not None


def start_setup(session: Session, staff_id: UUID, *, login: str) -> Setup:
    """Make a new secret, good once a code of it was shown. Raises: TotpEnrolledError; never replaces one."""
    if is_enrolled(session, staff_id):
        raise TotpEnrolledError
    secret = secrets.token_bytes(totp.SECRET_BYTES)
    stored = {
        "secret": vault().seal(secret, context=totp_context(staff_id)),
        "created_at": clock.now(),
        "last_step": 0,
    }
    session.execute(
        upsert(StaffTotp)
        .values(staff_id=staff_id, **stored)
        .on_conflict_do_update(
            index_elements=["staff_id"], set_=stored, where=StaffTotp.confirmed_at.is_(None)
        )
    )
    return Setup(totp.write_secret(secret), totp.write_uri(secret, issuer=_ISSUER, account=login))


def finish_setup(session: Session, staff_id: UUID, code: str) -> list[str] | SecondStepRefusal:
    """Confirm the secret by a code of it; gives the recovery codes, or why not: commit in both cases.

    Raises: TotpEnrolledError when it was confirmed before.
    """
    if is_enrolled(session, staff_id):
        raise TotpEnrolledError
    refusal = check_code(session, staff_id, code)
    if refusal is not None:
        return refusal
    session.execute(update(StaffTotp).where(StaffTotp.staff_id == staff_id).values(confirmed_at=clock.now()))
    codes = [
        "".join(secrets.choice(_RECOVERY_ALPHABET) for _ in range(_RECOVERY_LENGTH))
        for _ in range(RECOVERY_CODES)
    ]
    session.execute(
        insert(RecoveryCode).values(
            [{"staff_id": staff_id, "code_hash": _recovery_hash(staff_id, one)} for one in codes]
        )
    )
    return ["-".join(one[at : at + 4] for at in range(0, _RECOVERY_LENGTH, 4)) for one in codes]


def check_code(session: Session, staff_id: UUID, code: str | None) -> SecondStepRefusal | None:
    """Use a code from the phone, or a recovery code, up; None, or why not: commit in both cases."""
    if not code:
        return TotpRequiredError()
    at, name = clock.now(), f"second-step:{staff_id}"
    failures = lock_failures(session, name, "", at)
    locked_until = failures.locked_until(at)
    if locked_until is not None:
        return SignInLockedError(retry_after_s=int((locked_until - at).total_seconds()) + 1)
    is_right = _use_phone_code(session, staff_id, code) or _use_recovery_code(session, staff_id, code)
    keep_failures(session, name, "", failures.without() if is_right else failures.with_failure(at), at)
    return None if is_right else TotpWrongError()


def remove_second_step(session: Session, staff_id: UUID) -> None:
    """Forget secret and recovery codes: a lost phone; for the console. Repeating changes nothing."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff_id))
    session.execute(delete(StaffTotp).where(StaffTotp.staff_id == staff_id))


def totp_context(staff_id: UUID) -> str:
    """Name what a secret is sealed for."""
    return f"staff_totp:{staff_id}:secret"


def _use_phone_code(session: Session, staff_id: UUID, code: str) -> bool:
    row = session.execute(
        select(StaffTotp.secret, StaffTotp.last_step).where(StaffTotp.staff_id == staff_id).with_for_update()
    ).one_or_none()
    if row is None:
        return False
    secret = vault().open(row.secret, context=totp_context(staff_id))
    step = totp.find_step(secret, "".join(code.split()), clock.now(), after=row.last_step)
    if step is None:
        return False
    session.execute(update(StaffTotp).where(StaffTotp.staff_id == staff_id).values(last_step=step))
    return True


def _use_recovery_code(session: Session, staff_id: UUID, code: str) -> bool:
    used = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.staff_id == staff_id,
            RecoveryCode.code_hash == _recovery_hash(staff_id, code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.now())
        .returning(RecoveryCode.staff_id)
    )
    return used.one_or_none() is not None


def _recovery_hash(staff_id: UUID, code: str) -> bytes:
    typed = "".join(sign for sign in code.upper() if sign.isalnum())
    return vault().blind_index(f"recovery-code:{staff_id}", typed)
