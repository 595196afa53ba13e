"""Staff come in through the portal where they work, and are out when they work there no more.

The portal says who came; what they may do here is the hub's own word. A newcomer is remembered and refused
until an administrator links them. Every quarter of an hour the portal is asked about all who are linked:
whom it calls dismissed is switched off and signed out everywhere. A portal that is silent changes nothing.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy.orm import Session

from hub.audit.trail import Action, record_action
from hub.domain.staff import portal as identities
from hub.domain.staff.queries import StaffIdentity
from hub.flows.entering import close_account
from hub.integrations.bitrix24.client import PHASE_TIMEOUT_S, Employee, Portal, PortalKeys
from hub.integrations.bitrix24.errors import PortalRefusedError, PortalUnreachableError
from hub.integrations.http import make_client
from hub.kernel.errors import ErrorKind, HubError, NotFoundError
from hub.kernel.settings import settings

_ACTOR = "bitrix24"
log = structlog.get_logger(__name__)


class StaffNotGrantedError(HubError):
    """The employee is known to the portal and has no role here yet."""

    code = "staff-not-granted"
    kind = ErrorKind.FORBIDDEN


@contextmanager
def _open_portal() -> Iterator[Portal]:
    """Connect to the portal of the settings for a few calls. Raises: NotFoundError when none is set."""
    chosen = settings()
    if chosen.bitrix24_url is None or chosen.bitrix24_client_secret is None or chosen.bitrix24_hook is None:
        raise NotFoundError
    keys = PortalKeys(
        client_id=chosen.bitrix24_client_id or "",
        client_secret=chosen.bitrix24_client_secret.get_secret_value(),
        member_id=chosen.bitrix24_member_id or "",
        hook=chosen.bitrix24_hook.get_secret_value(),
    )
    with (
        make_client(base_url=chosen.bitrix24_url, timeout_s=PHASE_TIMEOUT_S) as portal,
        make_client(base_url=chosen.bitrix24_oauth_url, timeout_s=PHASE_TIMEOUT_S) as oauth,
    ):
        yield Portal(portal, oauth, keys)


def prove_employee(code: str) -> Employee:
    """Ask the portal who came with this code; outside any transaction: a code lives half a minute.

    Raises: NotFoundError; PortalRefusedError; PortalUnreachableError.
    """
    with _open_portal() as portal:
        employee = portal.prove_employee(code)
    if not employee.is_active:
        raise PortalRefusedError
    return employee


def recognise(session: Session, employee: Employee) -> StaffIdentity | StaffNotGrantedError:
    """Give who of the staff this is, or give back (not raise) that nobody is; commit in both cases."""
    known = identities.recognise(session, member_id=employee.member_id, portal_user_id=employee.user_id)
    return known or StaffNotGrantedError()


def list_working(session: Session) -> set[int]:
    """Give whom the portal has to be asked about; nobody when no portal is set."""
    member_id = settings().bitrix24_member_id
    return identities.list_working(session, member_id=member_id) if member_id else set()


def find_dismissed(working: Collection[int]) -> set[int]:
    """Ask the portal who of these was dismissed; nobody while it does not answer."""
    if not working:
        return set()
    try:
        with _open_portal() as portal:
            told = portal.list_activity(working)
    except (PortalRefusedError, PortalUnreachableError, NotFoundError) as error:
        log.warning("portal_not_asked", code=error.code)
        return set()
    return {user_id for user_id, is_active in told.items() if not is_active}


def dismiss(session: Session, dismissed: Collection[int]) -> dict[str, int]:
    """Switch off and sign out whom the portal dismissed. Repeating changes nothing."""
    member_id = settings().bitrix24_member_id or ""
    ended = identities.dismiss(session, member_id=member_id, portal_user_ids=dismissed)
    for staff_id in ended:
        record_action(session, Action(_ACTOR, "staff.dismissed", "staff", str(staff_id)))
        close_account(session, staff_id)
    return {"dismissed": len(ended)}
