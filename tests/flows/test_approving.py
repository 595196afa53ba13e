"""What one person asks for another one decides, once, in time, and neither gains by it."""

import threading
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from hub.db.transaction import transaction
from hub.domain.approvals.errors import ApprovalClosedError, ApprovalPendingError, OwnApprovalError
from hub.domain.approvals.rules import LIFETIME, ApprovalState
from hub.domain.staff.adding import add_staff
from hub.domain.staff.granting import get_roles
from hub.domain.staff.permissions import PERMISSIONS, Permission, Role
from hub.flows.approving import EXECUTORS, approve, expire_approvals, reject
from hub.flows.staff_roles import request_roles
from hub.kernel import clock
from hub.kernel.errors import FieldInvalidError, ForbiddenError, HubError, NotFoundError
from hub.kernel.ids import new_id
from tests.conftest import Servers
from tests.inbox.arrivals import rows

ANNA, BORIS = f"staff:{new_id()}", f"staff:{new_id()}"
ADMIN = (Role.ADMIN,)
ACTIONS = "SELECT actor, action, object_type, before, after, on_behalf_of FROM audit_record ORDER BY id"


@pytest.fixture
def colleague(clean: Servers) -> UUID:
    with transaction() as session:
        return add_staff(session, login="vera", name="Вера", roles=[Role.CASHIER], password=None)


def ask(colleague: UUID, *, by: str = ANNA, roles: tuple[Role, ...] = (Role.ADMIN, Role.AUDITOR)) -> UUID:
    with transaction() as session:
        return request_roles(session, staff_id=colleague, roles=roles, by=by, reason="Новая должность")


def agree(approval_id: UUID, *, by: str = BORIS, roles: tuple[Role, ...] = ADMIN) -> ApprovalState:
    with transaction() as session:
        return approve(session, approval_id, by=by, roles=roles, reason="Согласовано").state


def refuse(approval_id: UUID, *, by: str = BORIS) -> ApprovalState:
    with transaction() as session:
        return reject(session, approval_id, by=by, roles=ADMIN, reason="Не нужно").state


def roles_of(colleague: UUID) -> set[Role]:
    with transaction() as session:
        return set(get_roles(session, colleague))


def test_what_is_asked_for_happens_when_another_agrees_and_not_before(
    clean: Servers, colleague: UUID
) -> None:
    approval_id = ask(colleague)
    assert roles_of(colleague) == {Role.CASHIER}
    assert agree(approval_id) is ApprovalState.APPROVED
    assert roles_of(colleague) == {Role.ADMIN, Role.AUDITOR}
    asked, agreed, changed = rows(clean, ACTIONS)
    assert (asked["actor"], asked["action"]) == (ANNA, "approval.requested")
    assert (agreed["actor"], agreed["action"]) == (BORIS, "approval.approved")
    assert (changed["action"], changed["before"], changed["after"]) == (
        "staff.roles-changed",
        {"roles": "cashier"},
        {"roles": "admin,auditor"},
    )
    assert (changed["actor"], changed["on_behalf_of"]) == (BORIS, ANNA)
    assert len(rows(clean, "SELECT record_id FROM audit_note")) == 2


def test_what_is_rejected_never_happens(clean: Servers, colleague: UUID) -> None:
    approval_id = ask(colleague)
    assert refuse(approval_id) is ApprovalState.REJECTED
    with pytest.raises(ApprovalClosedError) as refused:
        agree(approval_id)
    assert refused.value.facts == {"state": "rejected"}
    assert roles_of(colleague) == {Role.CASHIER}


def test_nobody_decides_what_he_asked_for_or_gains_by(colleague: UUID) -> None:
    approval_id = ask(colleague)
    for decider in (ANNA, f"staff:{colleague}"):
        for decide in (agree, refuse):
            with pytest.raises(OwnApprovalError):
                decide(approval_id, by=decider)
    assert roles_of(colleague) == {Role.CASHIER}
    assert agree(approval_id) is ApprovalState.APPROVED


def test_nobody_asks_for_himself(clean: Servers, colleague: UUID) -> None:
    with pytest.raises(OwnApprovalError):
        ask(colleague, by=f"staff:{colleague}")
    assert rows(clean, "SELECT id FROM approval") == []


def test_the_table_itself_refuses_one_person_in_two_parts(clean: Servers, colleague: UUID) -> None:
    ask(colleague)
    for statement in (
        "UPDATE approval SET state = 'approved', closed_at = now(), decider = requester",
        "UPDATE approval SET state = 'approved', closed_at = now(), decider = beneficiary",
        "UPDATE approval SET beneficiary = requester",
    ):
        with (
            psycopg.connect(clean.superuser_conninfo) as connection,
            pytest.raises(psycopg.Error, match="own"),
        ):
            connection.execute(statement.encode())


def test_the_decider_needs_the_right_that_the_request_names(colleague: UUID) -> None:
    approval_id = ask(colleague)
    for role in set(Role) - {Role.ADMIN}:
        assert Permission.MANAGE_STAFF not in PERMISSIONS[role]
        with pytest.raises(ForbiddenError):
            agree(approval_id, roles=(role,))
    assert roles_of(colleague) == {Role.CASHIER}


def test_of_many_who_decide_at_once_one_does(clean: Servers, colleague: UUID) -> None:
    approval_id = ask(colleague)
    ready = threading.Barrier(6)
    endings: list[object] = []

    def decide(number: int) -> None:
        ready.wait()
        try:
            ending: object = (agree if number % 2 else refuse)(approval_id, by=f"staff:{new_id()}")
        except HubError as error:
            ending = error.code
        endings.append(ending)

    threads = [threading.Thread(target=decide, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert endings.count("approval-closed") == 5
    [row] = rows(clean, "SELECT state FROM approval")
    assert row["state"] in endings
    assert (roles_of(colleague) == {Role.CASHIER}) == (row["state"] == "rejected")


def test_the_same_is_asked_for_once_at_a_time(clean: Servers, colleague: UUID) -> None:
    first = ask(colleague)
    with pytest.raises(ApprovalPendingError) as refused:
        ask(colleague, by=BORIS)
    assert refused.value.facts == {"approval_id": str(first)}
    refuse(first)
    assert ask(colleague) != first


def test_a_request_ends_with_its_time_swept_or_not(clean: Servers, colleague: UUID) -> None:
    approval_id = ask(colleague)
    with clock.frozen(clock.now() + LIFETIME + timedelta(seconds=1)):
        with pytest.raises(ApprovalClosedError) as refused:
            agree(approval_id)
        assert refused.value.facts == {"state": "expired"}
        newer = ask(colleague)
    assert newer != approval_id
    with clock.frozen(clock.now() + 2 * LIFETIME + timedelta(seconds=1)):
        for expected in (1, 0):
            with transaction() as session:
                assert expire_approvals(session) == {"expired": expected, "more": 0}
    states = rows(clean, "SELECT state, decider FROM approval")
    assert [(row["state"], row["decider"]) for row in states] == [("expired", None)] * 2
    assert roles_of(colleague) == {Role.CASHIER}
    assert [row["action"] for row in rows(clean, ACTIONS) if row["actor"] == "clock"] == ["approval.expired"]


def test_when_it_cannot_be_done_nothing_is_decided(clean: Servers, colleague: UUID) -> None:
    approval_id = ask(colleague)
    with psycopg.connect(clean.superuser_conninfo) as connection:
        connection.execute("DELETE FROM staff")
    with pytest.raises(NotFoundError):
        agree(approval_id)
    assert [row["state"] for row in rows(clean, "SELECT state FROM approval")] == ["pending"]


def test_an_unknown_colleague_and_impossible_roles_are_refused(colleague: UUID) -> None:
    with pytest.raises(NotFoundError):
        ask(new_id())
    for roles in ((), (Role.PATIENT,), (Role.ADMIN, Role.SERVICE)):
        with pytest.raises(FieldInvalidError):
            ask(colleague, roles=roles)


def test_whatever_may_be_asked_for_has_somebody_who_may_decide_it(clean: Servers, colleague: UUID) -> None:
    ask(colleague)
    asked = rows(clean, "SELECT kind, permission FROM approval")
    assert {row["kind"] for row in asked} <= set(EXECUTORS)
    for row in asked:
        needed = {Permission(row["permission"]), Permission.DECIDE_APPROVALS}
        assert any(needed <= allowed for allowed in PERMISSIONS.values())
