"""Reads, under the accounts' locks, what a verb must know before it decides."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from hub.domain.ledger.accounts import Holder
from hub.domain.ledger.book import Lot, PendingPart
from hub.kernel.money import Asset

_OVERDUE = text("""
    SELECT id, account_id, original, remaining, pinned, expires_at, CAST(NULL AS text) AS document_key
      FROM lot
     WHERE account_id = ANY(CAST(:accounts AS bigint[])) AND remaining > 0 AND remaining > pinned
       AND expires_at <= :now
     ORDER BY expires_at, id
""")
_OPEN = text("""
    SELECT lot.id, lot.account_id, lot.original, lot.remaining, lot.pinned, lot.expires_at,
           (SELECT document_key FROM ledger_entry WHERE id = lot.origin_entry_id) AS document_key
      FROM lot
     WHERE lot.account_id = ANY(CAST(:accounts AS bigint[])) AND lot.remaining > 0
       AND lot.remaining > lot.pinned
     ORDER BY lot.expires_at, lot.id
""")


def find_overdue_lots(session: Session, accounts: Iterable[int], now: datetime) -> list[Lot]:
    """Give the lots that should have burned, soonest first."""
    return _lots(session.execute(_OVERDUE, {"accounts": list(accounts), "now": now}).all())


def find_open_lots(session: Session, accounts: Iterable[int]) -> list[Lot]:
    """Give the lots with something free, soonest expiry first, the never burning last."""
    return _lots(session.execute(_OPEN, {"accounts": list(accounts)}).all())


def _lots(rows: Iterable[Row[tuple[object, ...]]]) -> list[Lot]:
    return [
        Lot(row.id, row.account_id, row.original, row.remaining, row.pinned, row.expires_at, row.document_key)
        for row in rows
    ]


_PARTS = text("""
    SELECT part.id, part.account_id, part.asset, part.original, part.remaining, part.due_at, part.expires_at,
           entry.document_key
      FROM ledger_entry AS entry
     CROSS JOIN LATERAL (SELECT * FROM pending_accrual WHERE entry_id = entry.id OFFSET 0) AS part
     WHERE entry.document_key = ANY(CAST(:documents AS text[])) AND part.remaining > 0
       AND part.account_id = ANY(CAST(:accounts AS bigint[]))
     ORDER BY part.id DESC
""")


def find_open_parts(session: Session, accounts: Iterable[int], documents: Iterable[str]) -> list[PendingPart]:
    """Give what these documents still promise, latest first."""
    values = {"accounts": list(accounts), "documents": list(documents)}
    return [
        PendingPart(
            row.id,
            row.account_id,
            row.asset,
            row.original,
            row.remaining,
            row.due_at,
            row.expires_at,
            row.document_key,
        )
        for row in session.execute(_PARTS, values)
    ]


@dataclass(slots=True)
class DocumentAccrual:
    """What a document has given a holder so far, less what was taken back."""

    net: int
    last_accrual_id: int | None
    earned_at: datetime | None
    """When the last of it was earned: all that is left has the dates that follow from it."""


# OFFSET 0 keeps the look-ups by document, entry and account: a join planned while tables are small walks
# them, and the order of the aggregate invites a walk along the whole primary key of an empty one.
_ACCRUED = text("""
    SELECT entry.document_key, coalesce(account.heir_id, account.owner_id) AS owner_id, account.asset,
           CAST(sum(CASE account.kind WHEN 'debt' THEN -1 ELSE 1 END * posting.amount) AS bigint) AS net,
           max(entry.id) FILTER (WHERE entry.kind = 'accrual') AS last_accrual_id,
           (array_agg(entry.occurred_at ORDER BY entry.id DESC) FILTER (WHERE entry.kind = 'accrual'))[1]
             AS earned_at
      FROM unnest(CAST(:documents AS text[])) AS wanted (document_key)
     CROSS JOIN LATERAL (SELECT id, document_key, kind, occurred_at FROM ledger_entry
                          WHERE document_key = wanted.document_key AND kind IN ('accrual', 'clawback')
                         OFFSET 0) AS entry
     CROSS JOIN LATERAL (SELECT account_id, amount, account_version FROM ledger_posting
                          WHERE entry_id = entry.id OFFSET 0) AS posting
     CROSS JOIN LATERAL (SELECT owner_id, heir_id, asset, kind FROM ledger_account
                          WHERE id = posting.account_id OFFSET 0) AS account
     WHERE posting.account_version IS NOT NULL
     GROUP BY 1, 2, 3
""")


def find_accrued(session: Session, documents: Iterable[str]) -> dict[tuple[str, Holder], DocumentAccrual]:
    """Give the net accruals of these documents, per holder: an edit may have moved a visit to another.

    What a purse gave that was taken over counts as its heir's.
    """
    rows = session.execute(_ACCRUED, {"documents": list(set(documents))})
    return {
        (row.document_key, (row.owner_id, Asset(row.asset))): DocumentAccrual(
            row.net, row.last_accrual_id, row.earned_at
        )
        for row in rows
    }
