"""Two administrators change a colleague's roles at the door: one asks, the other decides."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from hub.db.transaction import transaction
from hub.domain.staff.models import Staff
from hub.domain.staff.permissions import Role
from hub.kernel import tokens
from hub.kernel.ids import new_id
from tests.api.conftest import Hub, bearer

APPROVALS = "/api/admin/approvals"
REASON = "Переведена по приказу, Иванова просила"


def admin(user_id: UUID | None = None) -> dict[str, str]:
    return bearer(tokens.issue_access(user_id or new_id(), [Role.ADMIN]))


@pytest.fixture
def cashier_id(hub: Hub) -> UUID:
    with transaction() as session:
        return session.scalars(select(Staff.id).where(Staff.login == "cashier")).one()


def post(hub: Hub, path: str, body: Any, headers: dict[str, str]) -> Any:
    return hub.http.post(path, json=body, headers=headers)


def ask(hub: Hub, cashier_id: UUID, headers: dict[str, str], roles: tuple[str, ...] = ("accountant",)) -> Any:
    body = {"roles": list(roles), "reason": REASON}
    return post(hub, f"/api/admin/staff/{cashier_id}/roles", body, headers)


def test_one_asks_another_sees_it_and_agrees(hub: Hub, cashier_id: UUID) -> None:
    anna, boris = admin(), admin()
    asked = ask(hub, cashier_id, anna)
    assert (asked.status_code, asked.json()["state"]) == (202, "pending")
    [seen] = hub.http.get(APPROVALS, headers=boris, params={"state": "pending"}).json()["items"]
    assert seen == asked.json()
    assert (seen["reason"], seen["payload"]) == (REASON, {"roles": "accountant", "former": "cashier"})
    own = post(hub, f"{APPROVALS}/{seen['id']}/approve", {"reason": "Сама себе"}, anna)
    assert (own.status_code, own.json()["code"]) == (403, "approval-own")
    done = post(hub, f"{APPROVALS}/{seen['id']}/approve", {"reason": "Приказ видел"}, boris)
    assert (done.status_code, done.json()["state"]) == (200, "approved")
    assert done.json()["decider"].startswith("staff:")
    entered = hub.http.post("/api/auth/password", json={"login": "cashier", "password": "demo-cashier"})
    roles = tokens.read_access(entered.json()["access_token"]).roles
    assert roles == ("accountant",)


def test_a_repeated_decision_under_a_key_gives_the_first_answer_and_without_one_409(
    hub: Hub, cashier_id: UUID
) -> None:
    boris = admin()
    path = f"{APPROVALS}/{ask(hub, cashier_id, admin()).json()['id']}/reject"
    first, again = (
        post(hub, path, {"reason": "Нет приказа"}, {**boris, "Idempotency-Key": "k-1"}) for _ in range(2)
    )
    assert (first.status_code, again.content, again.headers["Idempotency-Replayed"]) == (
        *(200, first.content),
        "true",
    )
    late = post(hub, path, {"reason": "Нет приказа"}, boris)
    assert (late.status_code, late.json()["code"], late.json()["state"]) == (
        409,
        "approval-closed",
        "rejected",
    )


def test_a_request_without_reason_roles_or_object_is_refused(hub: Hub, cashier_id: UUID) -> None:
    anna = admin()
    for body in (
        {"roles": ["admin"]},
        {"roles": [], "reason": REASON},
        {"roles": ["tsar"], "reason": REASON},
    ):
        assert post(hub, f"/api/admin/staff/{cashier_id}/roles", body, anna).status_code == 422, body
    assert ask(hub, cashier_id, anna, ("patient",)).status_code == 422
    assert ask(hub, new_id(), anna).status_code == 404
    assert (
        post(hub, f"{APPROVALS}/{new_id()}/approve", {"reason": "Почему бы и нет"}, anna).status_code == 404
    )
    assert hub.http.get(f"{APPROVALS}/nonsense", headers=anna).status_code == 404
    assert hub.http.get(APPROVALS, headers=anna, params={"cursor": "x"}).status_code == 422


def test_pages_follow_one_another(hub: Hub, cashier_id: UUID) -> None:
    asked = [ask(hub, cashier_id, admin()).json()["id"]]
    post(hub, f"{APPROVALS}/{asked[0]}/reject", {"reason": "Нет приказа"}, admin())
    asked.append(ask(hub, cashier_id, admin()).json()["id"])
    first = hub.http.get(APPROVALS, headers=admin(), params={"limit": 1}).json()
    second = hub.http.get(
        APPROVALS, headers=admin(), params={"limit": 1, "cursor": first["next_cursor"]}
    ).json()
    assert [first["items"][0]["id"], second["items"][0]["id"]] == asked[::-1]
    assert second["next_cursor"] is None


def test_the_auditor_sees_and_does_not_decide(hub: Hub, cashier_id: UUID) -> None:
    approval_id = ask(hub, cashier_id, admin()).json()["id"]
    auditor = hub.staff("auditor")
    assert hub.http.get(f"{APPROVALS}/{approval_id}", headers=auditor).json()["reason"] == REASON
    for act in ("approve", "reject"):
        assert post(hub, f"{APPROVALS}/{approval_id}/{act}", {"reason": REASON}, auditor).status_code == 403
