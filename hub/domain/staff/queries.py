"""Who a member of staff is now, and the credentials that services call with."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hub.domain.clinics.models import Infobase
from hub.domain.staff.models import Credential, Staff
from hub.domain.staff.permissions import Role
from hub.domain.staff.sealing import open_name, open_signing_secret
from hub.kernel.crypto import same, secret_hash


@dataclass(frozen=True, slots=True)
class StaffIdentity:
    """Somebody who was let in, and as whom."""

    staff_id: UUID
    login: str
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class StaffProfile:
    """A member of staff as screens show them."""

    staff_id: UUID
    login: str
    name: str = field(repr=False)
    roles: tuple[Role, ...]
    is_active: bool


@dataclass(frozen=True, slots=True)
class ServiceCredential:
    """What the door needs to know a service; kept in its memory, so it holds hashes."""

    credential_id: UUID
    login: str
    secret_hashes: tuple[bytes, ...] = field(repr=False)
    infobase: str | None
    roles: tuple[Role, ...]
    signing_secret: bytes | None = field(repr=False)
    is_signature_required: bool
    """By the credential itself or by its infobase."""
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Where it may call from; empty: from anywhere."""

    def accepts(self, secret: str) -> bool:
        """Tell in constant time whether the secret is one of the valid ones."""
        given = secret_hash(secret)
        fits = [same(given, known) for known in self.secret_hashes]
        return any(fits)

    def may_call_from(self, address: str) -> bool:
        """Tell whether this address is in one of its networks; what is no address is in none."""
        try:
            given = ip_address(address)
        except ValueError:
            return not self.networks
        return not self.networks or any(given in network for network in self.networks)


def find_staff(session: Session, staff_id: UUID) -> StaffProfile | None:
    """Find a member of staff with the name unsealed, switched off or not."""
    member = session.get(Staff, staff_id, populate_existing=True)
    if member is None:
        return None
    return StaffProfile(
        staff_id=member.id,
        login=member.login,
        name=open_name(member.id, member.name),
        roles=_roles(member.roles),
        is_active=member.is_active,
    )


def find_staff_id(session: Session, login: str) -> UUID | None:
    """Find whose login this is, as normalised."""
    return session.scalar(select(Staff.id).where(Staff.login == login))


def list_credentials(session: Session) -> list[ServiceCredential]:
    """Give every credential that may be used now: active, and so is its infobase."""
    rows = session.execute(
        select(Credential, Infobase.is_signature_required)
        .outerjoin(Infobase, Infobase.code == Credential.infobase)
        .where(Credential.is_active, or_(Credential.infobase.is_(None), Infobase.is_active))
        .order_by(Credential.login)
    )
    return [_credential(row, is_signature_required=bool(by_infobase)) for row, by_infobase in rows]


def identify(member: Staff) -> StaffIdentity:
    """Say who a row is."""
    return StaffIdentity(member.id, member.login, _roles(member.roles))


def _credential(row: Credential, *, is_signature_required: bool) -> ServiceCredential:
    hashes = (row.secret_hash, row.secret_hash_next)
    return ServiceCredential(
        credential_id=row.id,
        login=row.login,
        secret_hashes=tuple(known for known in hashes if known is not None),
        infobase=row.infobase,
        roles=_roles(row.roles),
        signing_secret=open_signing_secret(row.login, row.signing_secret) if row.signing_secret else None,
        is_signature_required=is_signature_required or row.is_signature_required,
        networks=tuple(ip_network(network) for network in row.networks),
    )


def _roles(names: list[str]) -> tuple[Role, ...]:
    return tuple(Role(name) for name in names)
