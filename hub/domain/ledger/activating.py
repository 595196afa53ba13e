"""Activation: what was promised becomes spendable when its day has come."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from hub.domain.ledger.accounts import Holder, lock_accounts
from hub.domain.ledger.book import Book, NewEntry, PendingPart
from hub.domain.ledger.drafts import EntrySource
from hub.domain.ledger.expiring import sweep
from hub.domain.ledger.kinds import EntryKind
from hub.domain.ledger.reading import find_overdue_lots
from hub.domain.ledger.repaying import repay_debt
from hub.domain.ledger.writing import write_book
from hub.kernel import clock
from hub.kernel.money import Asset


@dataclass(frozen=True, slots=True)
class Activated:
    """One promise that became spendable, in hundredths."""

    entry_key: str
    owner_id: UUID
    asset: Asset
    amount: int
    due_at: datetime


def activate_due(session: Session, *, limit: int) -> list[Activated]:
    """Turn up to `limit` due pending accruals into lots, earliest due first; gives what it turned.

    Debt is repaid first. Safe to run doubled, late and concurrently: a part that another runner or a
    clawback emptied meanwhile is passed over. Nothing means that nothing was due, or others are at it.
    """
    now = clock.now()
    due = session.execute(_DUE, {"now": now, "limit": limit}).all()
    if not due:
        return []
    holders = {row.id: (row.owner_id, Asset(row.asset)) for row in due}
    # A purse may have moved to an heir since: then its parts are gone, and are activated there.
    book = Book(
        now, lock_accounts(session, holders.values(), moved_may_be={owner for owner, _ in holders.values()})
    )
    parts = session.execute(_REREAD, {"ids": list(holders)}).all()
    touched = {holders[row.id]: book.of(holders[row.id]).active for row in parts}
    sweep(book, touched.values(), find_overdue_lots(session, [a.id for a in touched.values()], now))
    activated = [_activate_one(book, holders[row.id], row) for row in parts]
    write_book(session, book)
    return activated


# No lock and no SKIP LOCKED here: money accounts come first, and the parts are read again under them.
_DUE = text("""
    SELECT part.id, account.owner_id, account.asset
      FROM pending_accrual AS part JOIN ledger_account AS account ON account.id = part.account_id
     WHERE part.remaining > 0 AND part.due_at <= :now
     ORDER BY part.due_at, part.id LIMIT :limit
""")
_REREAD = text("""
    SELECT part.id, part.account_id, part.asset, part.original, part.remaining, part.due_at, part.expires_at,
           entry.document_type, entry.document_number, entry.document_key, entry.rule_code, entry.rule_version
      FROM pending_accrual AS part JOIN ledger_entry AS entry ON entry.id = part.entry_id
     WHERE part.id = ANY(CAST(:ids AS bigint[])) AND part.remaining > 0
     ORDER BY part.due_at, part.id
""")


def _activate_one(book: Book, holder: Holder, row: Row[tuple[object, ...]]) -> Activated:
    part = PendingPart(
        row.id, row.account_id, row.asset, row.original, row.remaining, row.due_at, row.expires_at, None
    )
    entry_key = f"activation:{part.id}"
    source = row.document_key and EntrySource(row.document_type, row.document_number, row.document_key)
    entry = book.add_entry(
        NewEntry(
            kind=EntryKind.ACTIVATION,
            entry_key=entry_key,
            request_hash=hashlib.sha256(entry_key.encode()).digest(),
            occurred_at=part.due_at,
            source=source,
            rule_code=row.rule_code,
            rule_version=row.rule_version,
            reason="due",
        )
    )
    owned = book.of(holder)
    amount = part.remaining
    book.take_from_part(part, amount)
    book.post(entry, owned.pending, -amount)
    book.post(entry, owned.active, amount)
    repay_debt(book, holder, entry, book.add_lot(entry, owned.active, amount, part.expires_at))
    return Activated(entry_key, *holder, amount, part.due_at)
