"""Members of staff and service credentials are added here; secrets are kept as hashes only."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from hub.domain.staff.authentication import normalise_login
from hub.domain.staff.models import Credential, Staff
from hub.domain.staff.passwords import hash_password
from hub.domain.staff.permissions import STAFF_ROLES, Role
from hub.domain.staff.sealing import seal_name, seal_signing_secret
from hub.kernel.crypto import secret_hash
from hub.kernel.errors import FieldInvalidError
from hub.kernel.ids import new_id

SECRET_LENGTH_MIN = 12


def add_staff(
    session: Session, *, login: str, name: str, roles: Collection[Role], password: str | None
) -> UUID:
    """Add a member of staff; gives the id. Without a password only SSO lets them in.

    Raises: FieldInvalidError. Repeating with the same login gives the first id and changes nothing.
    """
    login = normalise_login(login)
    if not login:
        raise FieldInvalidError(field="login")
    if not roles or not set(roles) <= set(STAFF_ROLES):
        raise FieldInvalidError(field="roles")
    known = session.scalar(select(Staff.id).where(Staff.login == login))
    if known is not None:
        return known
    staff_id = new_id()
    session.execute(
        insert(Staff)
        .values(
            id=staff_id,
            login=login,
            name=seal_name(staff_id, name),
            password_hash=hash_password(password) if password is not None else None,
            roles=sorted(set(roles)),
        )
        .on_conflict_do_nothing(index_elements=["login"])
    )
    return session.execute(select(Staff.id).where(Staff.login == login)).scalar_one()


def add_credential(
    session: Session,
    *,
    login: str,
    secret: str,
    infobase: str | None,
    signing_secret: str | None = None,
    is_signature_required: bool = False,
) -> UUID:
    """Add a service's credential, or bring the one of this login to these values; gives its id.

    Raises: FieldInvalidError when the secret is short, or a signature is required and has no secret.
    Repeating changes nothing; a secret that is being rolled out stays valid.
    """
    if len(secret) < SECRET_LENGTH_MIN:
        raise FieldInvalidError(field="secret")
    if is_signature_required and not signing_secret:
        raise FieldInvalidError(field="signing_secret")
    known = session.scalar(select(Credential.id).where(Credential.login == login))
    credential_id = known or new_id()
    adding = insert(Credential).values(
        id=credential_id,
        login=login,
        secret_hash=secret_hash(secret),
        infobase=infobase,
        roles=[Role.SERVICE],
        signing_secret=seal_signing_secret(login, signing_secret) if signing_secret else None,
        is_signature_required=is_signature_required,
    )
    changed = {
        column: adding.excluded[column]
        for column in ("secret_hash", "infobase", "signing_secret", "is_signature_required")
    }
    return session.execute(
        adding.on_conflict_do_update(index_elements=["login"], set_=changed).returning(Credential.id)
    ).scalar_one()
