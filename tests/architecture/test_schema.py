"""What the schema itself must promise, asked of the catalogue of the migrated database."""

import psycopg
import pytest

from hub.mapping import metadata
from tests.conftest import Servers
from tests.inbox.arrivals import rows

APPEND_ONLY = {"audit_link", "audit_record", "consent", "ledger_entry", "ledger_posting", "lot_movement"}
"""Facts of the past: guarded by triggers against their own owner too."""
INSERT_ONLY = APPEND_ONLY | {"inbox_body", "outbox_message", "idempotency_record"}
"""The application adds to them and never changes them."""
TABLES = """
    SELECT c.oid, relname, pg_get_userbyid(relowner) AS owner,
      EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p') AS has_key,
      has_table_privilege('hub_app', c.oid, 'INSERT') AS "INSERT",
      has_table_privilege('hub_app', c.oid, 'UPDATE') AS "UPDATE",
      has_table_privilege('hub_app', c.oid, 'DELETE') AS "DELETE",
      has_table_privilege('hub_app', c.oid, 'TRUNCATE') AS "TRUNCATE"
    FROM pg_class c
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> 'alembic_version'
"""
"""Every table with its owner, and what the application may do to it."""


def test_every_table_has_a_primary_key(database: Servers) -> None:
    assert [row["relname"] for row in rows(database, TABLES) if not row["has_key"]] == []


def test_every_foreign_key_has_an_index_that_starts_with_its_columns(database: Servers) -> None:
    found = rows(
        database,
        """
        SELECT k.conrelid::regclass::text AS owner, k.conname
        FROM pg_constraint k
        WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace AND NOT EXISTS (
          SELECT FROM pg_index i
          WHERE i.indrelid = k.conrelid AND i.indisvalid
            AND (SELECT array_agg(c ORDER BY c) FROM unnest(k.conkey) AS c)
              = (SELECT array_agg(c ORDER BY c)
                 FROM unnest((i.indkey::int2[])[0:cardinality(k.conkey) - 1]) AS c))
        """,
    )
    assert found == []


def test_every_instant_knows_its_zone_and_nothing_is_a_float(database: Servers) -> None:
    found = rows(
        database,
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'public' AND data_type IN ('timestamp without time zone',"
        " 'time without time zone', 'real', 'double precision', 'money', 'numeric', 'json')",
    )
    assert found == []


def test_every_column_that_holds_an_instant_is_named_so(database: Servers) -> None:
    found = rows(
        database,
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND data_type = 'timestamp with time zone'"
        " AND column_name !~ '(_at|_until)$' AND column_name NOT IN ('at', 'since')",
    )
    assert found == []


@pytest.mark.parametrize("right", ["UPDATE", "DELETE", "TRUNCATE"])
def test_what_is_never_changed_is_beyond_the_applications_rights(database: Servers, right: str) -> None:
    assert {row["relname"] for row in rows(database, TABLES) if row[right]} & INSERT_ONLY == set()


def test_the_application_adds_to_what_is_never_changed(database: Servers) -> None:
    assert {row["relname"] for row in rows(database, TABLES) if row["INSERT"]} >= INSERT_ONLY


def test_the_application_empties_no_table_and_owns_nothing(database: Servers) -> None:
    found = [row for row in rows(database, TABLES) if row["TRUNCATE"] or row["owner"] == "hub_app"]
    assert found == []


def test_append_only_tables_refuse_their_owner_by_trigger(database: Servers) -> None:
    """Bits of tgtype: 2 before, 8 delete, 16 update, 32 truncate."""
    found = rows(
        database,
        "SELECT tgrelid::regclass::text AS owner, bit_or(tgtype::int) & 58 AS events FROM pg_trigger"
        " WHERE tgfoid = 'refuse_change'::regproc AND tgenabled <> 'D' GROUP BY tgrelid",
    )
    assert {row["owner"]: row["events"] for row in found} == dict.fromkeys(APPEND_ONLY, 58)


def test_every_table_is_mapped_and_every_mapped_table_exists(database: Servers) -> None:
    assert {row["relname"] for row in rows(database, TABLES)} == set(metadata.tables)


def test_every_constraint_has_a_name_by_the_convention(database: Servers) -> None:
    prefixes = {"p": "pk_", "u": "uq_", "f": "fk_", "c": "ck_"}
    found = rows(
        database,
        "SELECT conname, contype FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'u', 'f', 'c')"
        " AND conrelid <> 'alembic_version'::regclass",
    )
    assert [row["conname"] for row in found if not row["conname"].startswith(prefixes[row["contype"]])] == []


def test_the_application_cannot_make_tables(database: Servers) -> None:
    conninfo = database.postgres.url("hub_app").replace("+psycopg", "", 1)
    with psycopg.connect(conninfo) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("CREATE TABLE stolen (id bigint PRIMARY KEY)")
