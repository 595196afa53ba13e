"""Group commit: a receipt only after the commit, one bad caller fails alone, a full queue says so at once."""

import threading
import time
from collections.abc import Generator
from concurrent.futures import Future
from pathlib import Path

import pytest
import structlog
from alembic import command
from alembic.config import Config
from sqlalchemy.orm import Session

from hub.db import engine as engines
from hub.inbox.intake import Intake, IntakeFullError
from hub.inbox.store import Receipt
from hub.kernel import settings as configuration
from hub.kernel.errors import BusyError
from tests.conftest import ROOT, Servers
from tests.inbox.arrivals import arrival, rows, run_in_threads
from tools.stack.postgres import Postgres

PATIENCE_S = 20


def quiet(_session: Session) -> None:
    return


@pytest.fixture(autouse=True)
def captured_log() -> Generator[None]:
    """Tracebacks drawn for people cost seconds."""
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
def intake(clean: Servers) -> Generator[Intake]:
    writer = Intake(queue_max=1_000, on_kept=quiet)
    writer.start()
    yield writer
    writer.stop()


class Gate:
    """Holds the writer inside its transaction until told, so that others queue up behind it."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.opened = threading.Event()
        self.transactions = 0

    def __call__(self, _session: Session) -> None:
        self.transactions += 1
        self.entered.set()
        assert self.opened.wait(PATIENCE_S)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def held(clean: Servers, gate: Gate) -> Generator[Intake]:
    """A writer that is busy with a first event, with room for three callers more."""
    writer = Intake(queue_max=3, on_kept=gate)
    writer.start()
    writer.submit([arrival("first")])
    assert gate.entered.wait(PATIENCE_S)
    yield writer
    gate.opened.set()
    writer.stop()


def test_a_hundred_copies_in_twenty_threads_are_one_row(clean: Servers, intake: Intake) -> None:
    def submit_five() -> list[Receipt]:
        return [intake.submit([arrival("same")]).result(PATIENCE_S)[0] for _ in range(5)]

    results = run_in_threads(*[submit_five] * 20)
    receipts = [receipt for some in results if isinstance(some, list) for receipt in some]
    assert len(receipts) == 100
    assert len({receipt.public_id for receipt in receipts}) == 1
    assert sum(not receipt.is_duplicate for receipt in receipts) == 1
    assert len(rows(clean)) == 1


def test_every_caller_gets_its_own_receipts_in_its_own_order(intake: Intake) -> None:
    calls = [[f"{caller}-{number}" for number in range(caller % 4)] for caller in range(40)]
    futures = [intake.submit([arrival(event_id) for event_id in call]) for call in calls]
    for call, future in zip(calls, futures, strict=True):
        assert [receipt.event_id for receipt in future.result(PATIENCE_S)] == call


def test_what_queues_up_behind_a_commit_is_committed_together(held: Intake, gate: Gate) -> None:
    futures = [held.submit([arrival()]) for _ in range(3)]
    gate.opened.set()
    for future in futures:
        future.result(PATIENCE_S)
    assert gate.transactions == 2


def test_no_receipt_is_given_before_the_commit(clean: Servers, gate: Gate) -> None:
    writer = Intake(queue_max=3, on_kept=gate)
    writer.start()
    future = writer.submit([arrival()])
    assert gate.entered.wait(PATIENCE_S)
    assert not future.done()
    assert rows(clean) == []
    gate.opened.set()
    assert future.result(PATIENCE_S)
    assert len(rows(clean)) == 1
    writer.stop()


def test_a_full_queue_refuses_at_once(held: Intake) -> None:
    for _ in range(3):
        held.submit([arrival()])
    with pytest.raises(IntakeFullError) as caught:
        held.submit([arrival("one too many")])
    assert isinstance(caught.value, BusyError)


def test_stop_keeps_what_is_queued(clean: Servers, held: Intake, gate: Gate) -> None:
    futures = [held.submit([arrival(f"queued-{number}")]) for number in range(3)]
    stopper = threading.Thread(target=held.stop)
    stopper.start()
    gate.opened.set()
    stopper.join(PATIENCE_S)
    assert all(future.done() for future in futures)
    assert len(rows(clean)) == 4


def test_a_stopped_intake_refuses_at_once(clean: Servers) -> None:
    writer = Intake(queue_max=3, on_kept=quiet)
    writer.start()
    writer.stop()
    with pytest.raises(BusyError):
        writer.submit([arrival()])
    writer.stop()


def test_one_bad_caller_fails_alone(clean: Servers, held: Intake, gate: Gate) -> None:
    good = held.submit([arrival("good-1")])
    bad = held.submit([arrival("fine"), arrival("bad", topic="visit.\x00")])
    other = held.submit([arrival("good-2")])
    gate.opened.set()
    assert [good.result(PATIENCE_S)[0].event_id, other.result(PATIENCE_S)[0].event_id] == ["good-1", "good-2"]
    assert bad.exception(PATIENCE_S) is not None
    assert {row["event_id"] for row in rows(clean)} == {"first", "good-1", "good-2"}


def test_a_caller_that_hung_up_does_not_hurt_the_others(clean: Servers, held: Intake, gate: Gate) -> None:
    gone, here = held.submit([arrival("gone")]), held.submit([arrival("here")])
    assert gone.cancel()
    gate.opened.set()
    assert here.result(PATIENCE_S)[0].event_id == "here"


def test_when_asking_for_a_nudge_fails_the_caller_is_told(clean: Servers) -> None:
    def fail(_session: Session) -> None:
        raise RuntimeError

    writer = Intake(queue_max=3, on_kept=fail)
    writer.start()
    assert isinstance(writer.submit([arrival()]).exception(PATIENCE_S), RuntimeError)
    assert rows(clean) == []
    writer.stop()


@pytest.fixture
def own_postgres(
    database: Servers, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Generator[Postgres]:
    """A server of this test alone, migrated, and the application turned to it."""
    home: Path = tmp_path_factory.mktemp("own")
    home.chmod(0o755)
    postgres = Postgres(home / "postgres")
    postgres.start()
    monkeypatch.setenv("HUB_DATABASE_URL", postgres.url("hub_app"))
    monkeypatch.setenv("HUB_DATABASE_OWNER_URL", postgres.url("hub_owner"))
    command.upgrade(Config(str(ROOT / "alembic.ini")), "heads")
    turn()
    yield postgres
    turn()
    postgres.stop(immediate=True)


def turn() -> None:
    """Settings and engine are read afresh by whoever needs them next."""
    engines.engine().dispose()
    engines.engine.cache_clear()
    configuration.settings.cache_clear()


@pytest.fixture
def turned_back(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Entered before, so left after, the environment's own undoing."""
    yield
    monkeypatch.undo()
    turn()


def submit_again(writer: Intake, event_id: str) -> Receipt:
    """As a sender does: until it is accepted."""
    deadline_s = time.monotonic() + PATIENCE_S
    while True:
        future: Future[list[Receipt]] = writer.submit([arrival(event_id)])
        try:
            return future.result(PATIENCE_S)[0]
        except BusyError:
            assert time.monotonic() < deadline_s


@pytest.mark.usefixtures("turned_back")
def test_without_postgres_callers_are_told_busy_and_it_recovers_by_itself(own_postgres: Postgres) -> None:
    writer = Intake(queue_max=100, on_kept=quiet)
    writer.start()
    kept = submit_again(writer, "before")
    own_postgres.stop(immediate=True)
    futures = [writer.submit([arrival(f"during-{number}")]) for number in range(5)]
    for future in futures:
        assert isinstance(future.exception(PATIENCE_S), BusyError)
    own_postgres.start()
    assert submit_again(writer, "before") == Receipt(
        kept.public_id, "before", is_duplicate=True, received_no=0
    )
    assert not submit_again(writer, "during-0").is_duplicate
    writer.stop()
