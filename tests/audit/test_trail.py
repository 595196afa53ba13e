"""The trail is written with the change or not at all, and nobody rewrites it."""

import psycopg
import pytest
import structlog
from sqlalchemy import text

from hub.audit.trail import Action, record_action
from hub.db.transaction import transaction
from hub.kernel.logging import bind_correlation
from tests.conftest import Servers
from tests.db.failing import FailedError, fail_after
from tests.inbox.arrivals import rows

ALL = "SELECT * FROM audit_record ORDER BY id"


def action(**changes: str) -> Action:
    facts = {"actor": "staff:1", "action": "points.accrued", "object_type": "patient", "object_id": "p1"}
    return Action(**{**facts, **changes}, details={"amount": 500, "is_new": True, "reason": None})


def record(*actions: Action) -> None:
    with transaction() as session:
        record_action(session, *actions)


def test_who_did_what_to_which_object_is_kept(clean: Servers) -> None:
    record(action(correlation_id="c-00000001"))
    [row] = rows(clean, ALL)
    assert (row["actor"], row["action"], row["object_type"], row["object_id"], row["correlation_id"]) == (
        *("staff:1", "points.accrued", "patient", "p1", "c-00000001"),
    )
    assert row["details"] == {"amount": 500, "is_new": True, "reason": None}
    assert row["at"].utcoffset() is not None


def test_an_action_without_a_correlation_of_its_own_has_the_current_one(clean: Servers) -> None:
    bind_correlation("call-of-the-test")
    record(action(), action(correlation_id="c-00000002"))
    structlog.contextvars.clear_contextvars()
    assert [row["correlation_id"] for row in rows(clean, ALL)] == ["call-of-the-test", "c-00000002"]


def test_several_actions_keep_their_order(clean: Servers) -> None:
    record(*(action(object_id=f"p{number}") for number in range(20)))
    assert [row["object_id"] for row in rows(clean, ALL)] == [f"p{number}" for number in range(20)]


def test_recording_nothing_is_nothing(clean: Servers) -> None:
    record()
    assert rows(clean, ALL) == []


def test_a_change_that_did_not_happen_leaves_no_trace(clean: Servers) -> None:
    with pytest.raises(FailedError):
        fail_after(lambda session: record_action(session, action()))
    assert rows(clean, ALL) == []


STATEMENTS = [
    "UPDATE audit_record SET actor = 'x'",
    "DELETE FROM audit_record",
    "TRUNCATE audit_record CASCADE",
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_application_has_no_right_to_change_the_trail(clean: Servers, statement: str) -> None:
    record(action())
    with pytest.raises(Exception, match="permission denied"), transaction() as session:
        session.execute(text(statement))
    assert len(rows(clean, ALL)) == 1


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("role", ["hub_owner", "postgres"])
def test_even_its_owner_is_refused_by_the_table_itself(clean: Servers, role: str, statement: str) -> None:
    record(action())
    conninfo = clean.postgres.url(role).replace("+psycopg", "", 1)  # type: ignore[arg-type]
    with psycopg.connect(conninfo) as connection, pytest.raises(psycopg.Error, match="append-only"):
        connection.execute(statement.encode())
    assert [row["actor"] for row in rows(clean, ALL)] == ["staff:1"]
