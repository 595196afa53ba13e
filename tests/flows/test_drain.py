"""A batch is one commit; what goes wrong in it ends one event alone."""

from collections.abc import Sequence
from typing import Any

import pytest
from psycopg.errors import DeadlockDetected
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from hub.contracts.facts import VisitSnapshot
from hub.flows.ending import Ending
from hub.flows.visit_snapshot import record_visits
from hub.kernel import backoff
from hub.kernel.errors import ErrorKind, HubError
from tests.conftest import Servers
from tests.flows.conftest import Road
from tests.flows.visits import (
    CASHBACK,
    POISON,
    PoisonError,
    TellBy,
    has_poison,
    poisonous,
    row_of,
    send_with_patient,
    states,
    visit,
)
from tests.inbox.arrivals import arrival, keep, make_due, rows

pytestmark = pytest.mark.usefixtures("patience")


def test_an_empty_queue_is_nothing_done(road: Road) -> None:
    assert road.drain() == {"claimed": 0, "done": 0, "postponed": 0, "buried": 0, "more": 0}


def test_a_poison_event_among_a_hundred_is_postponed_alone(
    road: Road, clean: Servers, told_by: TellBy
) -> None:
    poison = visit(POISON)
    send_with_patient(road, *[visit() for _ in range(50)], poison, *[visit() for _ in range(49)])
    told_by(poisonous)
    assert road.drain() == {"claimed": 100, "done": 99, "postponed": 1, "buried": 0, "more": 0}
    assert road.cashback() == 99 * CASHBACK
    assert row_of(clean, poison)["state"] == "ready"


def test_a_poison_event_is_buried_after_its_schedule(road: Road, clean: Servers, told_by: TellBy) -> None:
    poison = visit(POISON)
    send_with_patient(road, poison)
    told_by(poisonous)
    for attempts in range(1, len(backoff.INBOX) + 1):
        assert road.drain()["postponed"] == 1
        row = row_of(clean, poison)
        assert (row["state"], row["attempts"], row["crashes"]) == ("ready", attempts, 0)
        assert road.drain()["claimed"] == 0
        make_due(clean)
    assert road.drain()["buried"] == 1
    assert row_of(clean, poison)["state"] == "buried"
    assert road.cashback() == 0


def test_the_text_of_an_unknown_error_never_reaches_the_row(
    road: Road, clean: Servers, told_by: TellBy
) -> None:
    poison = visit(POISON)
    send_with_patient(road, poison)
    told_by(poisonous)
    road.drain()
    row = row_of(clean, poison)
    assert (row["reason_code"], row["reason"]) == ("unexpected", "PoisonError")
    assert "9000000001" not in repr(row)


def test_after_the_bug_is_gone_the_postponed_event_counts_once(
    road: Road, clean: Servers, monkeypatch: pytest.MonkeyPatch, told_by: TellBy
) -> None:
    send_with_patient(road, visit(POISON), visit())
    told_by(poisonous)
    road.drain()
    told_by(record_visits)
    make_due(clean)
    assert road.drain()["done"] == 1
    assert road.cashback() == 2 * CASHBACK


@pytest.mark.parametrize("kind", [ErrorKind.REFUSED, ErrorKind.INVALID, ErrorKind.NOT_FOUND])
def test_what_time_cannot_cure_is_buried_at_once_with_code_and_facts(
    road: Road, clean: Servers, told_by: TellBy, kind: ErrorKind
) -> None:
    class WrongError(HubError):
        """It is wrong."""

        code = "certainly-wrong"

    WrongError.kind = kind

    def refuse(session: Session, snapshots: Sequence[VisitSnapshot]) -> list[Ending]:
        if has_poison(snapshots):
            raise WrongError(line=3, other=None)
        return record_visits(session, snapshots)

    poison = visit(POISON)
    send_with_patient(road, poison, visit())
    told_by(refuse)
    assert road.drain() == {"claimed": 2, "done": 1, "postponed": 0, "buried": 1, "more": 0}
    row = row_of(clean, poison)
    assert (row["reason_code"], row["reason"]) == ("certainly-wrong", "line: 3")


def test_a_deadlock_is_tried_again_at_once_and_costs_no_attempt(
    road: Road, clean: Servers, told_by: TellBy
) -> None:
    calls: list[int] = []

    def collide(session: Session, snapshots: Sequence[VisitSnapshot]) -> list[Ending]:
        calls.append(len(snapshots))
        if len(calls) < 3:
            raise OperationalError("", {}, DeadlockDetected())
        return record_visits(session, snapshots)

    send_with_patient(road, visit(), visit())
    told_by(collide)
    assert road.drain()["done"] == 2
    assert calls == [2, 2, 2]
    assert {row["attempts"] for row in rows(clean)} == {1}


def test_an_event_that_would_break_the_ledger_hurts_itself_alone(
    road: Road, clean: Servers, told_by: TellBy
) -> None:
    """The balance of an entry is checked at the commit; it must not take the neighbours with it."""

    def unbalanced(session: Session, snapshots: Sequence[VisitSnapshot]) -> list[Ending]:
        endings = record_visits(session, snapshots)
        if has_poison(snapshots):
            session.execute(
                text(
                    "INSERT INTO ledger_entry (public_id, kind, entry_key, request_hash, reason,"
                    " occurred_at, posted_at)"
                    " VALUES (gen_random_uuid(), 'accrual', 'broken', '', '', now(), now())"
                )
            )
        return endings

    poison = visit(POISON)
    send_with_patient(road, *[visit() for _ in range(5)], poison, *[visit() for _ in range(5)])
    told_by(unbalanced)
    counts = road.drain()
    assert (counts["done"], counts["postponed"]) == (10, 1)
    assert row_of(clean, poison)["reason"] == "IntegrityError"
    assert road.cashback() == 10 * CASHBACK


def test_what_is_told_alone_is_committed_before_its_neighbour_is_told(
    road: Road, clean: Servers, told_by: TellBy
) -> None:
    """Else its locks would stand in the way of another worker that goes one by one over the same patients."""
    done_before: list[int] = []

    def watch(session: Session, snapshots: Sequence[VisitSnapshot]) -> list[Ending]:
        done_before.append(states(clean)["processed"])
        return poisonous(session, snapshots)

    send_with_patient(road, visit(), visit(), visit(POISON), visit())
    told_by(watch)
    road.drain()
    together, *alone = done_before
    assert (together, alone) == (1, [1, 2, 3, 3])


def test_callbacks_and_announcements_of_a_failed_event_are_undone_with_it(
    road: Road, clean: Servers, told_by: TellBy
) -> None:
    send_with_patient(road, visit(POISON), visit())
    before = len(rows(clean, "SELECT * FROM outbox_message"))
    told_by(poisonous)
    road.drain()
    announced = rows(clean, "SELECT * FROM outbox_message")[before:]
    recorded = rows(clean, "SELECT * FROM audit_record WHERE object_type = 'visit'")
    assert len(announced) == len(recorded) == 1


def test_a_database_cut_under_a_batch_gives_everything_back_unburnt(
    road: Road, clean: Servers, told_by: TellBy
) -> None:
    def cut(session: Session, snapshots: Sequence[VisitSnapshot]) -> list[Ending]:
        told_by(record_visits)
        session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return record_visits(session, snapshots)

    send_with_patient(road, visit(), visit())
    told_by(cut)
    counts = road.drain()
    assert (counts["postponed"], counts["done"]) == (2, 2)
    assert {(row["attempts"], row["crashes"]) for row in rows(clean)} == {(1, 0)}
    assert road.cashback() == 2 * CASHBACK


def test_a_database_cut_while_events_are_told_alone_is_nobodys_fault(
    road: Road, clean: Servers, told_by: TellBy
) -> None:
    calls: list[int] = []

    def cut_second(session: Session, snapshots: Sequence[VisitSnapshot]) -> list[Ending]:
        calls.append(len(snapshots))
        if len(calls) == 1:
            raise PoisonError
        if len(calls) == 3:
            session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return record_visits(session, snapshots)

    send_with_patient(road, visit(), visit(), visit())
    told_by(cut_second)
    road.drain()
    assert states(clean) == {"processed": 4}
    assert {(row["attempts"], row["crashes"]) for row in rows(clean)} == {(1, 0)}
    assert road.cashback() == 3 * CASHBACK


def test_a_lease_that_was_lost_under_way_commits_nothing(
    road: Road, clean: Servers, told_by: TellBy, log: list[Any]
) -> None:
    def be_slow(session: Session, snapshots: Sequence[VisitSnapshot]) -> list[Ending]:
        told_by(record_visits)
        endings = record_visits(session, snapshots)
        rows(
            clean,
            "UPDATE inbox_event SET state = 'ready', claim_id = NULL, leased_until = NULL"
            " WHERE state = 'running'",
        )
        return endings

    send_with_patient(road, visit(), visit())
    told_by(be_slow)
    road.drain()
    assert [line["event"] for line in log if line["event"] == "lease_lost"] == ["lease_lost"]
    assert road.cashback() == 2 * CASHBACK
    assert len(rows(clean, "SELECT * FROM visit")) == 2


def test_an_event_of_an_infobase_that_nobody_knows_stops_nobody(road: Road, clean: Servers) -> None:
    keep(arrival("stray", sender="nobody"))
    send_with_patient(road, visit())
    road.drain()
    assert road.cashback() == CASHBACK
    [row] = [row for row in rows(clean) if row["event_id"] == "stray"]
    assert (row["state"], row["reason_code"]) == ("ready", "unexpected")
