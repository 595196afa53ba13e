"""What every connection of the hub is like."""

import contextlib
import threading
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, text

from hub.db import engine as engines
from hub.db.engine import engine, make_engine
from hub.db.transaction import transaction
from tests.conftest import Servers
from tests.inbox.arrivals import run_in_threads

NOON = datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)
LISTS: list[tuple[str, list[Any]]] = [
    ("bigint", [1, -1, 2**62, None]),
    ("smallint", [1, 2]),
    ("integer", [1, 70_000]),
    ("text", ["", "NULL", 'a"b\\c,{d}', "Ёлка\n", None]),
    ("uuid", [uuid.UUID(int=1), uuid.UUID(int=2**128 - 1)]),
    ("bytea", [b"", b"\x00\xff"]),
    ("boolean", [True, False, None]),
    ("double precision", [0.5, -1e300]),
    ("timestamptz", [NOON, datetime(1999, 1, 1, tzinfo=UTC)]),
    ("text", [None, None]),
    ("bigint", []),
]


@pytest.mark.parametrize(("kind", "items"), LISTS)
@pytest.mark.usefixtures("database")
def test_a_list_comes_back_as_it_was_sent(kind: str, items: list[Any]) -> None:
    with transaction() as session:
        back = session.execute(text(f"SELECT CAST(:items AS {kind}[])"), {"items": items}).scalar_one()
    assert back == items
    assert [type(item) for item in back] == [type(item) for item in items]


@pytest.mark.usefixtures("database")
def test_numbers_of_any_size_share_one_prepared_statement() -> None:
    marked = text("SELECT /* width */ sum(n) FROM unnest(CAST(:numbers AS bigint[])) AS n")
    with transaction() as session:
        for _ in range(5):
            for number in (1, 70_000, 2**40):
                session.execute(marked, {"numbers": [number, None]})
        prepared = session.execute(
            text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT /* width */%'")
        ).scalar_one()
    assert prepared == 1


def test_a_plan_made_for_a_small_table_does_not_scan_it(clean: Servers) -> None:
    with transaction() as session:
        plan = session.execute(
            text("EXPLAIN SELECT id FROM ledger_entry WHERE entry_key = ANY(CAST(:keys AS text[]))"),
            {"keys": [str(number) for number in range(100)]},
        ).scalars()
        assert "Seq Scan" not in "\n".join(plan)


@pytest.mark.usefixtures("database")
def test_threads_that_ask_first_at_once_get_one_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    both_making = threading.Barrier(2)

    def make_together(url: str, *, pool_size: int) -> Engine:
        with contextlib.suppress(threading.BrokenBarrierError):
            both_making.wait(0.5)  # met only when nothing keeps the second maker out
        return make_engine(url, pool_size=pool_size)

    engine().dispose()
    engine.cache_clear()
    monkeypatch.setattr(engines, "make_engine", make_together)
    first, second = run_in_threads(engine, engine)
    assert first is second
