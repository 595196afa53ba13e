"""A credit repays debt first, by an entry of its own: nobody owes and spends at once."""

import hashlib

from hub.domain.ledger.accounts import Holder
from hub.domain.ledger.book import Book, Lot, NewEntry
from hub.domain.ledger.kinds import EntryKind, SystemCode


def repay_debt(book: Book, holder: Holder, credit: NewEntry, *lots: Lot) -> None:
    """Take what the holder owes from these lots, no more than they have; nothing owed, nothing posted."""
    owned = book.of(holder)
    amount = min(owned.debt.posted, sum(lot.free for lot in lots))
    if amount == 0:
        return
    entry_key = f"debt_repayment:{credit.entry_key}"
    entry = book.add_entry(
        NewEntry(
            kind=EntryKind.DEBT_REPAYMENT,
            entry_key=entry_key,
            request_hash=hashlib.sha256(entry_key.encode()).digest(),
            occurred_at=credit.occurred_at,
            source=credit.source,
            rule_code=credit.rule_code,
            rule_version=credit.rule_version,
            reason="debt-repaid",
        )
    )
    book.take_from_lots(entry, lots, amount)
    book.post_against(entry, owned.active, -amount, SystemCode.CLAWBACK)
    book.post_against(entry, owned.debt, -amount, SystemCode.DEBT)
