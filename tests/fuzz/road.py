"""Behind the door: what was acknowledged is a row, every row comes to an end, and nothing tells secrets."""

import io
import logging
from collections import Counter
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from uuid import UUID

import psycopg

from hub.db.transaction import transaction
from hub.domain.ledger.checks import find_violations
from hub.flows.drain import drain
from tests.fuzz.laws import require, tells_secrets

TERMINAL = frozenset({"processed", "buried", "parked", "stale", "duplicate", "ignored"})
CLEAR_BY_DESIGN = frozenset(
    {
        ("inbox_event", "topic"),
        ("inbox_event", "event_id"),
        ("inbox_event", "object_ref"),
        ("inbox_event", "reason"),
        ("ledger_entry", "document_number"),
        ("ledger_entry", "document_type"),
        ("visit_line", "loyalty_group"),
        ("visit", "promo_code"),
        ("visit", "referral_code"),
        *(("visit", column) for column in ("object_type", "number", "data_version")),
        *(("visit_refund", column) for column in ("object_type", "number", "data_version")),
        *(("external_identity", column) for column in ("external_code", "data_version")),
        *(("consent", column) for column in ("purpose", "doc_version")),
        ("patient", "card_code"),
        ("patient", "referral_code_used"),
    }
)
"""What an event, a document or a card is found by, and codes: a base that writes names there tells them.

An unknown kind is noted by its name.
"""
_DRAINS_MAX = 500
_FAILURES = ("_failed", "lease_lost", "body_unreadable", "claim_left")


class Ground:
    """The database of a run, seen by its superuser."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._kept: dict[str, bytes] = {}

    def keep(self) -> None:
        """Remember every table as it is now."""
        with psycopg.connect(self._conninfo) as connection, connection.cursor() as cursor:
            cursor.execute(_TABLES)
            for (table,) in cursor.fetchall():
                with cursor.copy(f"COPY {table} TO STDOUT".encode()) as copy:
                    self._kept[table] = b"".join(bytes(block) for block in copy)

    def restore(self) -> None:
        """Bring every table back to that (append-only ones too: their triggers sleep for us alone)."""
        with psycopg.connect(self._conninfo) as connection, connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(("TRUNCATE " + ", ".join(self._kept)).encode())
            for table, rows in self._kept.items():
                with cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
                    copy.write(rows)

    def rows(self) -> dict[UUID, tuple[str, str, str]]:
        """Give state, reason code and reason of every inbox row by its receipt."""
        with psycopg.connect(self._conninfo) as connection:
            found = connection.execute(
                "SELECT public_id, state, coalesce(reason_code, ''), coalesce(reason, '') FROM inbox_event"
            )
            return {public_id: (state, code, reason) for public_id, state, code, reason in found}

    def columns_that_tell(self, secret: str) -> set[tuple[str, str]]:
        """List table and column wherever the text stands in clear."""
        with psycopg.connect(self._conninfo) as connection:
            told = set()
            for table, column, kind in connection.execute(_COLUMNS).fetchall():
                found = f"position(%s in {column}) > 0" if kind == "bytea" else f"{column}::text ILIKE %s"
                wanted = secret.encode() if kind == "bytea" else f"%{secret}%"
                query = f"SELECT 1 FROM {table} WHERE {found} LIMIT 1"  # noqa: S608  # from the catalogue
                if connection.execute(query.encode(), (wanted,)).fetchone():
                    told.add((table, column))
            return told


class Listener:
    """Hears everything that is logged, as it is written."""

    def __init__(self) -> None:
        self._written = io.StringIO()

    def heard(self) -> list[str]:
        """Give the lines since the last time."""
        lines = self._written.getvalue().splitlines()
        self._written.seek(0)
        self._written.truncate()
        return lines

    @contextmanager
    def listening(self) -> Generator[None]:
        """Stand in for the streams of the root's handlers; the application must have set them up."""
        handlers = [
            handler for handler in logging.getLogger().handlers if type(handler) is logging.StreamHandler
        ]
        require(handlers, "the application writes its log through the root")
        former = [handler.setStream(self._written) for handler in handlers]
        try:
            yield
        finally:
            for handler, stream in zip(handlers, former, strict=True):
                handler.setStream(stream)


def check_lines(lines: Iterable[str]) -> None:
    """Nothing that was planted is logged, and nothing failed. Raises: LawBrokenError."""
    for line in lines:
        require(not tells_secrets(line), f"the log tells no body's values: {line[:2000]}")
        failed = '"level": "error"' in line or any(word in line for word in _FAILURES)
        require(not failed, f"nothing fails: {line[:6000]}")


def check_rows(rows: Iterable[UUID], receipts: Iterable[UUID], unparsable: int) -> None:
    """What was acknowledged is a row, so is each unreadable body, nothing else is. Raises: LawBrokenError."""
    kept, told = set(rows), set(receipts)
    require(told <= kept, f"acknowledged and not kept: {sorted(map(str, told - kept))[:3]}")
    surplus = len(kept) - len(told)
    require(surplus == unparsable, f"{surplus} rows without a receipt, {unparsable} unreadable bodies")


def drain_all() -> None:
    """Drain until nothing is due. Raises: LawBrokenError when that never comes."""
    for _ in range(_DRAINS_MAX):
        if not drain("core")["claimed"]:
            return
    require(claim=False, law="a queue comes to its end")


def check_endings(rows: Mapping[UUID, tuple[str, str, str]]) -> Counter[str]:
    """Every row has ended, by design and not by accident. Raises: LawBrokenError."""
    for receipt, (state, code, reason) in rows.items():
        require(state in TERMINAL, f"row {receipt} is left {state}: {code} {reason}")
        require(code != "unexpected", f"row {receipt} ended by accident: {reason}")
        require(state != "buried" or code, f"row {receipt} is buried and says not why")
        require(state == "ignored" or not tells_secrets(reason), f"row {receipt} tells a value: {reason}")
    return Counter(state for state, _, _ in rows.values())


def check_books(ground: Ground, secret: str) -> None:
    """The ledger is sound, and no table holds a planted value in clear. Raises: LawBrokenError."""
    with transaction() as session:
        violations = find_violations(session)
    require(not violations, f"the books are sound: {violations}")
    told = ground.columns_that_tell(secret) - CLEAR_BY_DESIGN
    require(not told, f"nothing personal stands in clear: {sorted(told)}")


_TABLES = """
SELECT c.oid::regclass::text FROM pg_class c
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'alembic_version'
"""
_COLUMNS = """
SELECT table_name, column_name, data_type FROM information_schema.columns
WHERE table_schema = 'public' AND data_type IN ('text', 'character varying', 'jsonb', 'ARRAY', 'bytea')
"""
