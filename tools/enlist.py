"""First people and places of a real installation, and their secrets: `python -m tools.enlist --help`.

Secrets are made here and shown once; the database keeps hashes. Everything is written into the audit
trail under the actor `console`. Repeating a command for a known login or code changes no secret.
"""

import argparse
import secrets
import sys
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from hub.audit.trail import Action, record_action
from hub.contracts.parties import Source
from hub.db.transaction import transaction
from hub.domain.clinics.adding import add_clinic, add_infobase, restart_numbering
from hub.domain.clinics.models import ZONE_DEFAULT
from hub.domain.clinics.queries import get_infobase
from hub.domain.devices.revoking import revoke_all
from hub.domain.devices.rules import Revocation
from hub.domain.staff.adding import add_credential, add_staff
from hub.domain.staff.authentication import normalise_login, set_password
from hub.domain.staff.permissions import STAFF_ROLES, Role
from hub.domain.staff.portal import link
from hub.domain.staff.queries import find_staff_id, list_credentials
from hub.domain.staff.rotating import begin_rotation, finish_rotation, restrict_networks
from hub.domain.staff.second_step import remove_second_step
from hub.inbox.sequences import forget
from hub.kernel.errors import HubError, NotFoundError
from hub.kernel.settings import settings

ACTOR = "console"


def main(words: Sequence[str] | None = None) -> None:
    """Do one command in one transaction; exits with a sentence when it is refused."""
    wanted = _parser().parse_args(words)
    try:
        with transaction() as session:
            told = wanted.act(session, wanted)
    except HubError as error:
        sys.exit(f"Не вышло / refused: {error.code} {error.facts}")
    print(told)


def enlist_staff(session: Session, wanted: argparse.Namespace) -> str:
    """Add a member of staff with a made password."""
    if find_staff_id(session, normalise_login(wanted.login)):
        return f"{wanted.login}: уже есть, ничего не изменено / known already, nothing changed"
    password = secrets.token_urlsafe(12)
    roles = [Role(role) for role in wanted.role]
    staff_id = add_staff(session, login=wanted.login, name=wanted.name, roles=roles, password=password)
    record_action(
        session, Action(ACTOR, "staff.added", "staff", str(staff_id), {"roles": ",".join(wanted.role)})
    )
    return f"{wanted.login}: пароль / password {password}"


def enlist_infobase(session: Session, wanted: argparse.Namespace) -> str:
    """Let a 1C base in, with a made secret for its Basic or Bearer login."""
    add_infobase(session, code=wanted.code, name=wanted.name, timezone=wanted.timezone)
    if wanted.code in {credential.login for credential in list_credentials(session)}:
        return f"{wanted.code}: уже есть, секрет прежний / known already, the secret stays"
    secret = secrets.token_urlsafe(32)
    add_credential(session, login=wanted.code, secret=secret, infobase=wanted.code)
    record_action(session, Action(ACTOR, "infobase.added", "infobase", wanted.code))
    return f"{wanted.code}: секрет / secret {secret}"


def enlist_clinic(session: Session, wanted: argparse.Namespace) -> str:
    """Add a clinic and what a 1C base calls it. Raises: NotFoundError for an unknown base."""
    get_infobase(session, wanted.infobase)
    refs = {wanted.infobase: wanted.ref}
    clinic_id = add_clinic(session, code=wanted.code, name=wanted.name, timezone=wanted.timezone, refs=refs)
    record_action(session, Action(ACTOR, "clinic.added", "clinic", str(clinic_id)))
    return f"{wanted.code}: {wanted.name}, {wanted.timezone}"


def renew_password(session: Session, wanted: argparse.Namespace) -> str:
    """Give a member of staff a made password, and end the lock of the login. Raises: NotFoundError."""
    staff_id = find_staff_id(session, normalise_login(wanted.login))
    if staff_id is None:
        raise NotFoundError
    password = secrets.token_urlsafe(12)
    set_password(session, staff_id=staff_id, password=password)
    revoke_all(session, staff_id, because=Revocation.PASSWORD)
    record_action(session, Action(ACTOR, "staff.password-renewed", "staff", str(staff_id)))
    return f"{wanted.login}: пароль / password {password}"


def remove_totp(session: Session, wanted: argparse.Namespace) -> str:
    """Forget the second step of a member of staff: the phone is lost. Raises: NotFoundError."""
    staff_id = find_staff_id(session, normalise_login(wanted.login))
    if staff_id is None:
        raise NotFoundError
    remove_second_step(session, staff_id)
    revoke_all(session, staff_id, because=Revocation.PASSWORD)
    record_action(session, Action(ACTOR, "staff.second-step-removed", "staff", str(staff_id)))
    return f"{wanted.login}: второй шаг снят / the second step is removed"


def link_portal(session: Session, wanted: argparse.Namespace) -> str:
    """Let an employee of the portal in as a member of staff. Raises: NotFoundError; FieldInvalidError."""
    staff_id = find_staff_id(session, normalise_login(wanted.login))
    member_id = settings().bitrix24_member_id
    if staff_id is None or member_id is None:
        raise NotFoundError
    link(session, member_id=member_id, portal_user_id=wanted.number, staff_id=staff_id)
    details = {"portal_user_id": wanted.number}
    record_action(session, Action(ACTOR, "staff.portal-linked", "staff", str(staff_id), details))
    return f"{wanted.login}: сотрудник портала / employee of the portal {wanted.number}"


def restrict_service(session: Session, wanted: argparse.Namespace) -> str:
    """Let a service call from these networks only. Raises: NotFoundError; FieldInvalidError."""
    restrict_networks(session, login=wanted.code, networks=wanted.network)
    details = {"networks": ",".join(wanted.network)}
    record_action(session, Action(ACTOR, "service.networks-set", "service", wanted.code, details))
    return f"{wanted.code}: {', '.join(wanted.network) or 'откуда угодно / from anywhere'}"


def renew_secret(session: Session, wanted: argparse.Namespace) -> str:
    """Make a second secret valid for a 1C base; with --finish the first one ends. Raises: NotFoundError."""
    if wanted.finish:
        finish_rotation(session, login=wanted.code)
        record_action(session, Action(ACTOR, "infobase.secret-replaced", "infobase", wanted.code))
        return f"{wanted.code}: прежний секрет больше не действует / the former secret has ended"
    secret = secrets.token_urlsafe(32)
    begin_rotation(session, login=wanted.code, secret=secret)
    record_action(session, Action(ACTOR, "infobase.secret-added", "infobase", wanted.code))
    return f"{wanted.code}: второй секрет / second secret {secret}"


def renew_numbering(session: Session, wanted: argparse.Namespace) -> str:
    """Tell that a 1C base began to number its messages anew, after a backup. Raises: NotFoundError."""
    numbering = restart_numbering(session, code=wanted.code)
    forget(session, Source.ONEC, wanted.code)
    record_action(
        session,
        Action(ACTOR, "infobase.numbering-restarted", "infobase", wanted.code, {"numbering": numbering}),
    )
    return f"{wanted.code}: нумерация сообщений начата заново / messages are numbered anew ({numbering})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.enlist", description=__doc__)
    commands = parser.add_subparsers(
        required=True, metavar="staff|infobase|clinic|password|totp|portal|networks|secret|numbering"
    )
    staff = commands.add_parser("staff", help="сотрудник / a member of staff")
    staff.add_argument("--login", required=True)
    staff.add_argument("--name", required=True)
    staff.add_argument("--role", required=True, action="append", choices=[role.value for role in STAFF_ROLES])
    staff.set_defaults(act=enlist_staff)
    infobase = commands.add_parser("infobase", help="база 1С / a 1C base")
    infobase.set_defaults(act=enlist_infobase)
    clinic = commands.add_parser("clinic", help="клиника / a clinic")
    clinic.add_argument("--infobase", required=True)
    clinic.add_argument("--ref", required=True, type=UUID)
    clinic.set_defaults(act=enlist_clinic)
    password = commands.add_parser("password", help="новый пароль сотрудника / a new password for staff")
    password.add_argument("--login", required=True)
    password.set_defaults(act=renew_password)
    totp = commands.add_parser("totp", help="снять второй шаг входа / remove the second step of a sign-in")
    totp.add_argument("--login", required=True)
    totp.set_defaults(act=remove_totp)
    portal = commands.add_parser("portal", help="вход через Битрикс24 / sign-in through Bitrix24")
    portal.add_argument("--login", required=True)
    portal.add_argument(
        "--number", required=True, type=int, help="номер сотрудника на портале / number there"
    )
    portal.set_defaults(act=link_portal)
    networks = commands.add_parser("networks", help="откуда может звать база / where a base may call from")
    networks.add_argument("--code", required=True)
    networks.add_argument("--network", action="append", default=[], help="10.0.0.0/8; без них откуда угодно")
    networks.set_defaults(act=restrict_service)
    secret = commands.add_parser("secret", help="смена секрета базы 1С / change the secret of a 1C base")
    secret.add_argument("--code", required=True)
    secret.add_argument("--finish", action="store_true", help="прежний больше не нужен / end the former one")
    secret.set_defaults(act=renew_secret)
    numbering = commands.add_parser(
        "numbering", help="база 1С нумерует сообщения заново / a 1C base numbers its messages anew"
    )
    numbering.add_argument("--code", required=True)
    numbering.set_defaults(act=renew_numbering)
    for place in (infobase, clinic):
        place.add_argument("--code", required=True)
        place.add_argument("--name", required=True)
        place.add_argument("--timezone", default=ZONE_DEFAULT)
    return parser


if __name__ == "__main__":
    main()
