"""Auditors read who did what, with its place in the chain; nobody else does."""

from datetime import timedelta
from typing import Any

import pytest

from hub.audit.sealing import seal_batch
from hub.audit.trail import Action, record_action
from hub.db.transaction import transaction
from hub.domain.staff.permissions import Role
from hub.kernel import clock, tokens
from hub.kernel.ids import new_id
from tests.api.conftest import Hub, bearer

AUDIT = "/api/admin/audit"


@pytest.fixture
def told(hub: Hub) -> Hub:
    """Three actions of two people, the first two sealed."""
    with transaction() as session:
        record_action(
            session,
            Action(
                "staff:1",
                "rate.changed",
                "rate",
                "a",
                before={"bp": 1},
                after={"bp": 2},
                reason="Просьба Иры",
            ),
            Action("staff:2", "rate.changed", "rate", "b", on_behalf_of="patient:7"),
        )
    with transaction() as session:
        seal_batch(session, limit=100)
    with transaction() as session:
        record_action(session, Action("staff:1", "word.sent", "word", "a"))
    return hub


def auditor() -> dict[str, str]:
    """Somebody with the role, without a sign-in, which the trail would tell of."""
    return bearer(tokens.issue_access(new_id(), [Role.AUDITOR]))


def ask(hub: Hub, **params: Any) -> Any:
    answer = hub.http.get(AUDIT, headers=auditor(), params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_newest_action_comes_first_with_all_that_is_known_of_it(told: Hub) -> None:
    newest, second, first = ask(told)["items"][:3]
    assert (first["before"], first["after"], first["reason"]) == ({"bp": 1}, {"bp": 2}, "Просьба Иры")
    assert (second["on_behalf_of"], second["reason"], second["before"]) == ("patient:7", None, None)
    assert (first["seq"], newest["seq"]) == (second["seq"] - 1, None)
    assert (len(first["hash"]), newest["hash"]) == (64, None)


def test_pages_follow_one_another_without_a_gap(told: Hub) -> None:
    whole = [item["id"] for item in ask(told)["items"]]
    seen, cursor = [], None
    while True:
        page = ask(told, limit=1, **({"cursor": cursor} if cursor else {}))
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == whole


def test_each_filter_narrows(told: Hub) -> None:
    def objects(**params: Any) -> list[str]:
        return [item["object_id"] for item in ask(told, **params)["items"]]

    assert objects(actor="staff:1") == ["a", "a"]
    assert objects(action="rate.changed") == ["b", "a"]
    assert objects(object_type="rate", object_id="a") == ["a"]
    assert objects(action="'; DROP TABLE audit_record; --") == []
    soon = (clock.now() + timedelta(hours=1)).isoformat()
    assert (objects(since=soon), objects(until=soon, actor="staff:2")) == ([], ["b"])


def test_a_naive_instant_and_a_broken_cursor_are_refused(told: Hub) -> None:
    for params in ({"since": "2026-01-01T00:00:00"}, {"cursor": "x"}):
        answer = told.http.get(AUDIT, headers=auditor(), params=params)
        assert answer.status_code == 422, answer.text


def test_the_chain_tells_how_far_it_has_come(told: Hub) -> None:
    state = told.http.get(f"{AUDIT}/chain", headers=auditor()).json()
    sealed = ask(told)["items"][1]["seq"]
    assert (state["seq"], state["head_seq"], state["exported_seq"], state["exported_at"]) == (
        *(sealed, 0, 0),
        None,
    )
    assert state["sealed_at"].endswith("Z")


def test_only_auditors_and_administrators_read_the_trail(told: Hub) -> None:
    statuses = {
        login: told.http.get(AUDIT, headers=told.staff(login)).status_code
        for login in ("admin", "auditor", "cashier", "senior", "marketer", "accountant")
    }
    assert {login for login, status in statuses.items() if status == 200} == {"admin", "auditor"}
    assert set(statuses.values()) == {200, 403}
