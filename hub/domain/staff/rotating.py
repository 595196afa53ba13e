"""A service's secret is changed without an hour of refusals: two are valid while the new one spreads."""

from collections.abc import Sequence
from ipaddress import ip_network

from sqlalchemy import update
from sqlalchemy.orm import Session

from hub.domain.staff.adding import SECRET_LENGTH_MIN
from hub.domain.staff.models import Credential
from hub.kernel.crypto import secret_hash
from hub.kernel.errors import FieldInvalidError, NotFoundError


def begin_rotation(session: Session, *, login: str, secret: str) -> None:
    """Make `secret` valid beside the current one; it replaces a next one that was not finished.

    Raises: FieldInvalidError when it is short; NotFoundError. Repeating changes nothing.
    """
    if len(secret) < SECRET_LENGTH_MIN:
        raise FieldInvalidError(field="secret")
    changed = session.scalar(
        update(Credential)
        .where(Credential.login == login)
        .values(secret_hash_next=secret_hash(secret))
        .returning(Credential.id)
    )
    if changed is None:
        raise NotFoundError


def finish_rotation(session: Session, *, login: str) -> None:
    """Let only the next secret be valid. Raises: NotFoundError when none is rolled out, so on repetition."""
    changed = session.scalar(
        update(Credential)
        .where(Credential.login == login, Credential.secret_hash_next.is_not(None))
        .values(secret_hash=Credential.secret_hash_next, secret_hash_next=None)
        .returning(Credential.id)
    )
    if changed is None:
        raise NotFoundError


def restrict_networks(session: Session, *, login: str, networks: Sequence[str]) -> None:
    """Let a service call from these networks only, none named: from anywhere. Repeating changes nothing.

    Raises: FieldInvalidError when one is no network; NotFoundError.
    """
    try:
        written = sorted({str(ip_network(network)) for network in networks})
    except ValueError as error:
        raise FieldInvalidError(field="network") from error
    changed = session.scalar(
        update(Credential).where(Credential.login == login).values(networks=written).returning(Credential.id)
    )
    if changed is None:
        raise NotFoundError
