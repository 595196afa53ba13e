"""Requests that wait for a second pair of eyes: what one person asked for, another one decides."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import Field

from api.access import CallerHere, Door, permitted
from api.callers import Caller
from api.idempotency import OptionalKey, answer_once
from api.wire import LIMIT, Asked, Cursor, GivenId, Limit, Told
from hub.db.transaction import transaction
from hub.domain.approvals.queries import ApprovalView, get_approval, list_approvals
from hub.domain.approvals.rules import ApprovalState
from hub.domain.staff.permissions import Permission, Role
from hub.flows.approving import approve, reject
from hub.flows.staff_roles import request_roles
from hub.kernel.errors import NotFoundError
from hub.kernel.ids import find_uuid

door = Door("/api/admin", tag="admin")
_READ = permitted(Permission.READ_APPROVALS)
_DECIDE = permitted(Permission.DECIDE_APPROVALS)
_REASON_MAX = 500
Reason = Annotated[str, Field(min_length=3, max_length=_REASON_MAX)]


class ApprovalWire(Told):
    """One request. `permission` is what its decider must be allowed; `payload` holds ids and units."""

    id: UUID
    kind: str
    object_type: str
    object_id: str
    payload: dict[str, Any]
    reason: str
    permission: str
    requester: str
    beneficiary: str | None
    state: ApprovalState
    decider: str | None
    requested_at: datetime
    expires_at: datetime
    closed_at: datetime | None


class ApprovalPage(Told):
    """A page, newest first."""

    items: list[ApprovalWire]
    next_cursor: str | None


class Decision(Asked):
    """Why it is decided so."""

    reason: Reason


class RolesWanted(Asked):
    """The roles somebody is to have, all others ending, and why."""

    roles: list[Annotated[Role, Field(strict=False)]] = Field(min_length=1, max_length=7)
    reason: Reason


@door.get("/approvals", _READ)
def list_requests(
    state: Annotated[ApprovalState | None, Query()] = None, cursor: Cursor = None, limit: Limit = LIMIT
) -> ApprovalPage:
    """List requests, newest first."""
    with transaction() as session:
        page = list_approvals(session, state=state, cursor=cursor, limit=limit)
    return ApprovalPage(items=[_write(one) for one in page.items], next_cursor=page.next_cursor)


@door.get("/approvals/{given_id}", _READ)
def get_request(given_id: GivenId) -> ApprovalWire:
    """Show one request."""
    with transaction() as session:
        return _write(get_approval(session, _read_id(given_id)))


@door.post("/approvals/{given_id}/approve", _DECIDE, response_model=ApprovalWire)
def approve_request(
    request: Request, given_id: GivenId, decision: Decision, caller: CallerHere, key: OptionalKey = None
) -> Response:
    """Agree: what was asked for is done at once."""
    with transaction() as session:
        return answer_once(
            *(session, request),
            **_once(caller, key, decision, 200),
            act=lambda: _write(
                approve(
                    session,
                    _read_id(given_id),
                    by=caller.actor,
                    roles=caller.roles,
                    reason=decision.reason,
                )
            ),
        )


@door.post("/approvals/{given_id}/reject", _DECIDE, response_model=ApprovalWire)
def reject_request(
    request: Request, given_id: GivenId, decision: Decision, caller: CallerHere, key: OptionalKey = None
) -> Response:
    """Disagree: nothing of what was asked for happens."""
    with transaction() as session:
        return answer_once(
            *(session, request),
            **_once(caller, key, decision, 200),
            act=lambda: _write(
                reject(
                    session,
                    _read_id(given_id),
                    by=caller.actor,
                    roles=caller.roles,
                    reason=decision.reason,
                )
            ),
        )


@door.post(
    "/staff/{given_id}/roles",
    permitted(Permission.MANAGE_STAFF),
    response_model=ApprovalWire,
    status_code=202,
)
def ask_for_roles(
    request: Request, given_id: GivenId, wanted: RolesWanted, caller: CallerHere, key: OptionalKey = None
) -> Response:
    """Ask that a colleague has these roles; somebody else has to agree."""

    def act() -> ApprovalWire:
        approval_id = request_roles(
            session,
            staff_id=_read_id(given_id),
            roles=wanted.roles,
            by=caller.actor,
            reason=wanted.reason,
        )
        return _write(get_approval(session, approval_id))

    with transaction() as session:
        return answer_once(session, request, **_once(caller, key, wanted, 202), act=act)


def _once(caller: Caller, key: str | None, body: Asked, status: int) -> dict[str, Any]:
    return {"caller": caller, "key": key, "body": body, "status": status}


def _read_id(given_id: str) -> UUID:
    found = find_uuid(given_id)
    if found is None:
        raise NotFoundError
    return found


def _write(one: ApprovalView) -> ApprovalWire:
    return ApprovalWire(
        id=one.approval_id,
        kind=one.kind,
        object_type=one.object_type,
        object_id=one.object_id,
        payload=one.payload,
        reason=one.reason,
        permission=one.permission,
        requester=one.requester,
        beneficiary=one.beneficiary,
        state=one.state,
        decider=one.decider,
        requested_at=one.requested_at,
        expires_at=one.expires_at,
        closed_at=one.closed_at,
    )
