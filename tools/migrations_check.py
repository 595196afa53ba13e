"""Prove the migrations: `python -m tools.migrations_check`. Exit code 1 when anything differs.

Up, compared with the models, down to nothing, up again. Alembic's own comparison is blind to CHECKs,
to the WHERE of a partial index and to orders in an index; so the models are also created beside the
migrated tables, and the two are compared word for word as the server itself writes them down.

HUB_CHECK_DATABASE_URL names an empty database to use (PostgreSQL 15 in CI); without it a server of
our own is started in a temporary folder.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

from hub.mapping import metadata
from tools.stack.postgres import Postgres

_ROOT = Path(__file__).resolve().parents[1]
_DECLARED = "declared_by_models"
_MIGRATED = "public"
_ALEMBIC_OWN = "alembic_version"


class CheckFailedError(Exception):
    """A step went wrong; the message says which, and how."""


def main() -> int:
    """Run every step; give the exit code."""
    try:
        with _database() as url:
            _alembic(url, "upgrade", "head")
            _say_same(url)
            _alembic(url, "check")
            _alembic(url, "downgrade", "base")
            _say_nothing_left(url)
            _alembic(url, "upgrade", "head")
    except CheckFailedError as error:
        print(f"FAILED  {error}")
        return 1
    return 0


@contextmanager
def _database() -> Iterator[str]:
    """Give the owner's address of an empty database. Raises: CheckFailedError."""
    given = os.environ.get("HUB_CHECK_DATABASE_URL")
    if given:
        _refuse_used(given)
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="hub-migrations-") as folder:
        server = Postgres(Path(folder) / "postgres", is_durable=False)
        server.start()
        try:
            yield server.url("hub_owner")
        finally:
            server.stop()


def _alembic(url: str, *words: str) -> None:
    """Run alembic as the stack does. Raises: CheckFailedError with what it said."""
    # Both addresses are replaced: what happens to be set outside must never be migrated down.
    env = {**os.environ, "HUB_DATABASE_OWNER_URL": url, "HUB_DATABASE_URL": url}
    done = subprocess.run(
        [sys.executable, "-m", "alembic", *words],
        cwd=_ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CheckFailedError(f"alembic {' '.join(words)}\n{done.stdout}{done.stderr}")
    print(f"ok      alembic {' '.join(words)}")


def _say_same(url: str) -> None:
    """Compare migrated tables with declared ones. Raises: CheckFailedError naming each difference."""
    with _connection(url) as connection:
        connection.execute(text(f"CREATE SCHEMA {_DECLARED}"))
        connection.execute(text(f"SET LOCAL search_path = {_DECLARED}"))
        metadata.create_all(connection)
        declared = read_schema(connection, _DECLARED)
        connection.execute(text(f"SET LOCAL search_path = {_MIGRATED}"))
        migrated = read_schema(connection, _MIGRATED)
        connection.rollback()
    lines = [f"only in the migrations: {line}" for line in sorted(migrated - declared)]
    lines += [f"only in the models:     {line}" for line in sorted(declared - migrated)]
    if lines:
        raise CheckFailedError("models and migrations differ\n  " + "\n  ".join(lines))
    print(f"ok      models and migrations agree on {len(migrated)} columns, constraints and indexes")


def _say_nothing_left(url: str) -> None:
    """Look for what a downgrade forgot. Raises: CheckFailedError."""
    with _connection(url) as connection:
        left = sorted(connection.scalars(text(_LEFT), {"own": _ALEMBIC_OWN}))
    if left:
        raise CheckFailedError(f"downgrade left behind: {', '.join(left)}")
    print("ok      downgrade left nothing behind")


def _refuse_used(url: str) -> None:
    """Make sure that nobody's tables are migrated down. Raises: CheckFailedError."""
    with _connection(url) as connection:
        found = sorted(connection.scalars(text(_LEFT), {"own": ""}))
    if found:
        raise CheckFailedError(f"HUB_CHECK_DATABASE_URL is not empty, and would be emptied: {found}")


def read_schema(connection: Connection, schema: str) -> set[str]:
    """Give a line for each column, constraint and index of the schema, in the server's own words."""
    rows = connection.scalars(text(_SCHEMA), {"schema": schema, "own": _ALEMBIC_OWN})
    return {row.replace(f"{schema}.", "") for row in rows}


@contextmanager
def _connection(url: str) -> Iterator[Connection]:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


_SCHEMA = """
WITH tables AS (
  SELECT c.oid, c.relname FROM pg_class c
  WHERE c.relnamespace = to_regnamespace(:schema) AND c.relkind IN ('r', 'p') AND c.relname <> :own)
SELECT t.relname || ' column ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
       || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
       || CASE a.attidentity WHEN 'a' THEN ' identity always' WHEN 'd' THEN ' identity' ELSE '' END
       || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
UNION ALL
SELECT t.relname || ' constraint ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
FROM tables t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype IN ('c', 'f', 'p', 'u', 'x')
UNION ALL
SELECT t.relname || ' index ' || pg_get_indexdef(i.indexrelid)
FROM tables t JOIN pg_index i ON i.indrelid = t.oid
"""
_LEFT = """
SELECT 'table ' || relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S') AND relname <> :own
UNION ALL
SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL
SELECT 'type ' || typname FROM pg_type
WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
"""


if __name__ == "__main__":
    sys.exit(main())
