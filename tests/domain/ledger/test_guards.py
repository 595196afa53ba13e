from collections.abc import Generator

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import text

from hub.db.transaction import transaction
from hub.domain.ledger.checks import CHECKS
from hub.kernel import ids
from hub.kernel.money import Asset
from tests.conftest import Servers
from tests.domain.ledger.factories import DAY, NOON, accrual, clawback
from tests.domain.ledger.purses import give, take, violations

APPEND_ONLY = ("ledger_entry", "ledger_posting", "lot_movement")
LEDGER = (*APPEND_ONLY, "ledger_account", "lot", "pending_accrual")
COLUMN = {"ledger_entry": "reason", "ledger_posting": "amount", "lot_movement": "delta"}


@pytest.fixture
def filled(clean: Servers) -> Servers:
    """A ledger in which every append-only table has a row."""
    owner = ids.new_id()
    give(accrual(owner, 1_000), accrual(owner, 500, document="v2", activates_at=NOON + DAY))
    take(clawback(owner, 100))
    return clean


@pytest.fixture
def superuser(filled: Servers) -> Generator[psycopg.Connection]:
    with psycopg.connect(filled.superuser_conninfo) as connection:
        yield connection
        connection.rollback()


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize(
    "statement", ["UPDATE {table} SET {column} = {column}", "DELETE FROM {table}", "TRUNCATE {table} CASCADE"]
)
def test_append_only_tables_refuse_their_own_owner(
    superuser: psycopg.Connection, table: str, statement: str
) -> None:
    with pytest.raises(errors.InsufficientPrivilege, match="append-only"):
        superuser.execute(statement.format(table=table, column=COLUMN[table]))


@pytest.mark.parametrize("table", LEDGER)
def test_application_role_can_read_and_insert_but_never_remove(
    superuser: psycopg.Connection, table: str
) -> None:
    granted = superuser.execute(
        "SELECT privilege_type FROM information_schema.role_table_grants"
        " WHERE grantee = 'hub_app' AND table_name = %s",
        [table],
    ).fetchall()
    expected = {"SELECT", "INSERT"} | (set() if table in APPEND_ONLY else {"UPDATE"})
    assert {privilege for (privilege,) in granted} == expected


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    "statement", ["UPDATE ledger_posting SET amount = 1", "DELETE FROM lot", "TRUNCATE lot_movement"]
)
def test_application_connection_is_refused_by_grant(statement: str) -> None:
    with transaction() as session, pytest.raises(Exception, match="permission denied"):
        session.execute(text(statement))


ENTRY = """
    INSERT INTO ledger_entry (public_id, kind, entry_key, request_hash, reason, occurred_at, posted_at)
    VALUES (gen_random_uuid(), 'accrual', 'by-hand', '', '', now(), now()) RETURNING id
"""
POSTINGS = """
    INSERT INTO ledger_posting (entry_id, line_no, account_id, asset, amount)
    SELECT %(entry)s, line_no, id, asset, amount
      FROM unnest(%(lines)s::smallint[], %(assets)s::text[], %(amounts)s::bigint[])
        AS line (line_no, wanted, amount)
      JOIN ledger_account ON asset = wanted AND code = 'issued'
"""


def test_entry_without_postings_is_refused_at_commit(superuser: psycopg.Connection) -> None:
    superuser.execute(ENTRY)
    with pytest.raises(errors.CheckViolation, match="does not balance"):
        superuser.commit()


@pytest.mark.parametrize(
    ("assets", "amounts"),
    [(["CASHBACK", "CASHBACK"], [100, -99]), (["CASHBACK"], [100]), (["CASHBACK", "POINTS"], [100, -100])],
)
def test_postings_that_do_not_balance_per_asset_are_refused(
    superuser: psycopg.Connection, assets: list[str], amounts: list[int]
) -> None:
    give(accrual(ids.new_id(), 1, asset=Asset.POINTS))  # opens the system's accounts of the asset
    entry = superuser.execute(ENTRY).fetchone()
    assert entry
    lines = list(range(1, len(amounts) + 1))
    with pytest.raises(errors.CheckViolation, match="does not balance"):
        superuser.execute(POSTINGS, {"entry": entry[0], "lines": lines, "assets": assets, "amounts": amounts})


def test_deferred_guard_stands_alone_when_the_statement_guard_sleeps(superuser: psycopg.Connection) -> None:
    superuser.execute("ALTER TABLE ledger_posting DISABLE TRIGGER ledger_posting_balance")
    entry = superuser.execute(ENTRY).fetchone()
    assert entry
    superuser.execute(
        POSTINGS,
        {"entry": entry[0], "lines": [1, 2], "assets": ["CASHBACK"] * 2, "amounts": [100, -99]},
    )
    with pytest.raises(errors.CheckViolation, match="does not balance"):
        superuser.commit()


def test_later_line_cannot_spoil_an_old_entry(superuser: psycopg.Connection) -> None:
    old = superuser.execute("SELECT min(id) FROM ledger_entry").fetchone()
    assert old
    with pytest.raises(errors.CheckViolation, match="does not balance"):
        superuser.execute(POSTINGS, {"entry": old[0], "lines": [9], "assets": ["CASHBACK"], "amounts": [5]})


def test_system_account_keeps_no_balance(superuser: psycopg.Connection) -> None:
    with pytest.raises(errors.CheckViolation, match="no_hot_row"):
        superuser.execute("UPDATE ledger_account SET posted = 1, version = 1 WHERE kind = 'system'")


DAMAGE = {
    "entries_sum_to_zero": "UPDATE ledger_posting SET amount = amount + 1 WHERE line_no = 2",
    "balances_match_postings": "UPDATE ledger_account SET posted = posted + 1 WHERE kind = 'active'",
    "lots_match_active": "UPDATE lot SET remaining = remaining - 1",
    "lots_match_movements": "DELETE FROM lot_movement",
    "versions_count_postings": "UPDATE ledger_account SET version = version + 1 WHERE kind = 'pending'",
    "running_balances_unbroken": "UPDATE ledger_posting SET balance_after = 7 WHERE account_version = 1",
    "held_matches_holds": "UPDATE ledger_account SET held = 1 WHERE kind = 'active'",
    "pinned_matches_holds": "UPDATE lot SET pinned = 1",
    "nobody_owes_and_spends": "UPDATE ledger_account SET posted = 5 WHERE kind = 'debt'",
    "assets_sum_to_zero": "DELETE FROM ledger_posting WHERE account_version IS NULL",
    "pending_matches_parts": "UPDATE pending_accrual SET remaining = remaining - 1",
    "heirs_have_no_heirs": """
        INSERT INTO ledger_account (owner_id, kind, asset, heir_id)
        SELECT md5(n::text)::uuid, 'debt', 'CASHBACK', md5((n + 1)::text)::uuid FROM generate_series(1, 2) n
    """,
    "purses_move_whole": "UPDATE ledger_account SET heir_id = gen_random_uuid() WHERE kind = 'debt'",
    "postings_fit_accounts": "UPDATE ledger_posting SET account_id = -1 WHERE account_version IS NULL",
}


@pytest.mark.parametrize("check", sorted(CHECKS))
def test_every_check_sees_its_own_damage(filled: Servers, check: str) -> None:
    with psycopg.connect(filled.superuser_conninfo) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(DAMAGE[check])
    found = {violation.check: violation for violation in violations()}
    assert check in found
    assert found[check].count >= len(found[check].sample) >= 1
