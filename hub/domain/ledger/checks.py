"""The ledger's invariants, a query each; every row a query gives is a violation, named by its text.

Each query is one statement and so sees one snapshot: it may run beside live traffic.
"""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken invariant: how often, and the first few ids."""

    check: str
    count: int
    sample: tuple[str, ...]


def find_violations(session: Session) -> list[Violation]:
    """Run every check; an empty list is a sound ledger."""
    session.execute(text("SET LOCAL enable_seqscan = on"))  # these do read whole tables
    found = []
    for check, sql in CHECKS.items():
        # Only the constants below are put together here.
        row = session.execute(text(_COUNT.replace("{check}", sql))).one()
        if row.found:
            found.append(Violation(check, row.found, tuple(row.sample)))
    return found


_COUNT = """
    SELECT count(*) AS found, (array_agg(subject))[1:5] AS sample FROM ({check}) AS violation (subject)
"""

CHECKS: dict[str, str] = {
    "entries_sum_to_zero": """
        SELECT 'entry ' || entry.id FROM ledger_entry AS entry
          LEFT JOIN ledger_posting AS posting ON posting.entry_id = entry.id
         GROUP BY entry.id, posting.asset HAVING count(posting.id) < 2 OR sum(posting.amount) <> 0
    """,
    "balances_match_postings": """
        SELECT 'account ' || account.id FROM ledger_account AS account
          LEFT JOIN ledger_posting AS posting ON posting.account_id = account.id
         WHERE account.kind <> 'system'
         GROUP BY account.id HAVING account.posted <> coalesce(sum(posting.amount), 0)
    """,
    "lots_match_active": """
        SELECT 'account ' || account.id FROM ledger_account AS account
          LEFT JOIN lot ON lot.account_id = account.id
         WHERE account.asset IN ('POINTS', 'CASHBACK') AND account.kind <> 'system'
         GROUP BY account.id
        HAVING coalesce(sum(lot.remaining), 0)
            <> CASE account.kind WHEN 'active' THEN account.posted ELSE 0 END
    """,
    "lots_match_movements": """
        SELECT 'lot ' || lot.id FROM lot LEFT JOIN lot_movement AS movement ON movement.lot_id = lot.id
         GROUP BY lot.id HAVING lot.remaining <> lot.original + coalesce(sum(movement.delta), 0)
    """,
    "versions_count_postings": """
        SELECT 'account ' || account.id FROM ledger_account AS account
          LEFT JOIN ledger_posting AS posting ON posting.account_id = account.id
         WHERE account.kind <> 'system'
         GROUP BY account.id HAVING account.version <> count(posting.id)
    """,
    "running_balances_unbroken": """
        SELECT 'posting ' || line.id FROM (
          SELECT id, amount, balance_after, account_version,
                 lag(balance_after, 1, CAST(0 AS bigint)) OVER history AS balance_before,
                 lag(account_version, 1, CAST(0 AS bigint)) OVER history AS version_before
            FROM ledger_posting WHERE account_version IS NOT NULL
          WINDOW history AS (PARTITION BY account_id ORDER BY account_version)
        ) AS line
         WHERE line.balance_after <> line.balance_before + line.amount
            OR line.account_version <> line.version_before + 1
    """,
    # Until holds exist nothing may be reserved.
    "held_matches_holds": "SELECT 'account ' || id FROM ledger_account WHERE held <> 0",
    "pinned_matches_holds": "SELECT 'lot ' || id FROM lot WHERE pinned <> 0",
    "nobody_owes_and_spends": """
        SELECT 'account ' || active.id FROM ledger_account AS active
          JOIN ledger_account AS debt
            ON debt.owner_id = active.owner_id AND debt.asset = active.asset AND debt.kind = 'debt'
         WHERE active.kind = 'active' AND active.posted > active.held AND debt.posted > 0
    """,
    "assets_sum_to_zero": """
        SELECT 'asset ' || part.asset FROM (
          SELECT asset, posted AS amount FROM ledger_account WHERE kind <> 'system'
          UNION ALL
          SELECT posting.asset, posting.amount FROM ledger_posting AS posting
            JOIN ledger_account AS account ON account.id = posting.account_id AND account.kind = 'system'
        ) AS part GROUP BY part.asset HAVING sum(part.amount) <> 0
    """,
    "pending_matches_parts": """
        SELECT 'account ' || account.id FROM ledger_account AS account
          LEFT JOIN pending_accrual AS part ON part.account_id = account.id
         WHERE account.kind <> 'system'
         GROUP BY account.id
        HAVING coalesce(sum(part.remaining), 0)
            <> CASE account.kind WHEN 'pending' THEN account.posted ELSE 0 END
    """,
    "heirs_have_no_heirs": """
        SELECT 'account ' || account.id FROM ledger_account AS account
          JOIN ledger_account AS heir ON heir.owner_id = account.heir_id
         WHERE heir.heir_id IS NOT NULL
    """,
    "purses_move_whole": """
        SELECT 'owner ' || owner_id FROM ledger_account WHERE owner_id IS NOT NULL
         GROUP BY owner_id, asset HAVING count(DISTINCT heir_id) > 1
             OR count(heir_id) NOT IN (0, count(*))
    """,
    # Stands in for the foreign key that postings do without.
    "postings_fit_accounts": """
        SELECT 'posting ' || posting.id FROM ledger_posting AS posting
          LEFT JOIN ledger_account AS account ON account.id = posting.account_id
         WHERE account.id IS NULL OR account.asset <> posting.asset
            OR (account.kind = 'system') <> (posting.account_version IS NULL)
    """,
}
