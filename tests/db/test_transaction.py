"""One transaction per door: it does not nest, its callbacks wait for a good commit, no network inside."""

import threading
from collections.abc import Generator

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from hub.db.engine import engine
from hub.db.transaction import (
    NetworkInTransactionError,
    TransactionNestedError,
    after_commit,
    assert_no_transaction,
    savepoint,
    transaction,
)
from hub.health.models import Health
from hub.health.signals import list_signals, record_signal
from hub.integrations.http import make_client
from hub.kernel.errors import BusyError
from tests.conftest import Servers
from tests.db.failing import FailedError, Work, commit, fail_after
from tools.stack.ports import pick_free

BROKEN = text(
    "INSERT INTO health_signal (name, status, detail, since, seen_at) VALUES ('b', '?', '', now(), now())"
)
UNBALANCED = text(
    "INSERT INTO ledger_entry (public_id, kind, entry_key, request_hash, reason, occurred_at, posted_at)"
    " VALUES (gen_random_uuid(), 'accrual', 'k', '', '', now(), now())"
)


def names() -> set[str]:
    with transaction() as session:
        return set(list_signals(session))


def note(session: Session, name: str) -> None:
    record_signal(session, name, Health.OK)


def test_the_block_commits_at_its_end(clean: Servers) -> None:
    with transaction() as session:
        note(session, "kept")
    assert names() == {"kept"}


def test_an_error_undoes_the_block_and_comes_out_as_it_is(clean: Servers) -> None:
    with pytest.raises(FailedError):
        fail_after(lambda session: note(session, "lost"))
    assert names() == set()


def test_a_transaction_does_not_nest(clean: Servers) -> None:
    with transaction() as session, pytest.raises(TransactionNestedError), transaction():
        note(session, "never")
    with transaction():
        assert_no_transaction_is_refused()


def assert_no_transaction_is_refused() -> None:
    with pytest.raises(NetworkInTransactionError):
        assert_no_transaction()


def test_another_thread_has_its_own_transaction(clean: Servers) -> None:
    seen: list[set[str]] = []
    with transaction() as session:
        note(session, "mine")
        thread = threading.Thread(target=lambda: seen.append(names()))
        thread.start()
        thread.join()
    assert seen == [set()]


def test_callbacks_run_in_order_after_the_commit_and_outside_of_it(clean: Servers) -> None:
    seen: list[object] = []
    with transaction() as session:
        note(session, "a")
        after_commit(session, lambda: seen.append(names()))
        after_commit(session, lambda: seen.append("second"))
        assert seen == []
    assert seen == [{"a"}, "second"]


def test_callbacks_of_a_failed_block_never_run(clean: Servers) -> None:
    seen: list[str] = []
    with pytest.raises(FailedError):
        fail_after(lambda session: after_commit(session, lambda: seen.append("never")))
    assert seen == []


def test_callbacks_of_a_failed_commit_never_run(clean: Servers) -> None:
    """The deferred zero-sum check refuses at the commit itself."""
    seen: list[str] = []
    with pytest.raises(IntegrityError, match="does not balance"):
        commit(
            lambda session: after_commit(session, lambda: seen.append("never")),
            lambda session: session.execute(UNBALANCED),
        )
    assert seen == []


def break_savepoint(session: Session, *works: Work) -> None:
    with savepoint(session):
        for work in works:
            work(session)
        session.execute(BROKEN)


def test_a_failed_savepoint_undoes_itself_alone_with_its_callbacks(clean: Servers) -> None:
    seen: list[str] = []
    with transaction() as session:
        after_commit(session, lambda: seen.append("before"))
        with pytest.raises(IntegrityError):
            break_savepoint(
                session,
                lambda session: note(session, "undone"),
                lambda session: after_commit(session, lambda: seen.append("undone")),
            )
        with savepoint(session):
            note(session, "kept")
            after_commit(session, lambda: seen.append("kept"))
    assert seen == ["before", "kept"]
    assert names() == {"kept"}


def test_a_savepoint_inside_a_failed_one_is_undone_too(clean: Servers) -> None:
    seen: list[str] = []

    def nest(session: Session) -> None:
        with savepoint(session):
            after_commit(session, lambda: seen.append("inner"))

    with transaction() as session, pytest.raises(IntegrityError):
        break_savepoint(session, nest)
    assert seen == []


def test_the_network_is_refused_inside_a_transaction_and_allowed_after_it(clean: Servers) -> None:
    port = pick_free()
    with make_client(base_url=f"http://127.0.0.1:{port}", timeout_s=2, token="t") as client:
        with transaction(), pytest.raises(NetworkInTransactionError):
            client.get("/")
        with pytest.raises(httpx.ConnectError):
            client.get("/")


@pytest.fixture
def unreachable(database: Servers, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """The application is told of a database where none listens."""
    away = f"postgresql://hub_app:x@127.0.0.1:{pick_free()}/hub"
    monkeypatch.setattr("hub.db.engine.settings", lambda: type("Away", (), {"database_url": Secret(away)}))
    engine().dispose()
    engine.cache_clear()
    yield
    engine().dispose()
    engine.cache_clear()


class Secret:
    def __init__(self, value: str) -> None:
        self.value = value

    def get_secret_value(self) -> str:
        return self.value


@pytest.mark.usefixtures("unreachable")
def test_a_database_that_is_away_is_busy() -> None:
    with pytest.raises(BusyError), transaction() as session:
        note(session, "x")


def cut(session: Session) -> None:
    session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


def test_a_connection_cut_in_mid_work_is_busy_and_the_next_transaction_works(clean: Servers) -> None:
    seen: list[str] = []
    with pytest.raises(BusyError):
        commit(
            lambda session: note(session, "lost"),
            lambda session: after_commit(session, lambda: seen.append("never")),
            cut,
        )
    assert (seen, names()) == ([], set())


def test_a_connection_cut_inside_a_savepoint_is_busy(clean: Servers) -> None:
    with pytest.raises(BusyError), transaction() as session, savepoint(session):
        cut(session)


def test_a_cut_is_busy_already_at_the_savepoint(clean: Servers) -> None:
    """Whoever undoes a savepoint and goes on must not take an outage for the failure of one event."""
    seen: list[Exception] = []

    def work(session: Session) -> None:
        try:
            with savepoint(session):
                cut(session)
        except Exception as error:
            seen.append(error)
            raise

    with pytest.raises(BusyError):
        commit(work)
    assert [type(error) for error in seen] == [BusyError]


def test_a_statement_that_took_too_long_is_an_error_and_not_an_outage(clean: Servers) -> None:
    with pytest.raises(OperationalError, match="statement timeout"):
        commit(
            lambda session: session.execute(text("SET LOCAL statement_timeout = 20")),
            lambda session: session.execute(text("SELECT pg_sleep(5)")),
        )


def test_every_connection_has_its_timeouts_and_utc(clean: Servers) -> None:
    with transaction() as session:
        rows = session.execute(
            text("SELECT current_setting(name) FROM unnest(cast(:names AS text[])) AS name"),
            {"names": [f"{what}_timeout" for what in ("statement", "lock", "idle_in_transaction_session")]},
        ).scalars()
        assert list(rows) == ["30s", "10s", "30s"]
        assert session.scalar(text("SHOW TIME ZONE")) == "UTC"
