"""Overdue lots burn whenever their account is touched, so a late or doubled job changes no balance."""

import hashlib
from collections.abc import Iterable

from hub.domain.ledger.accounts import Account
from hub.domain.ledger.book import Book, Lot, NewEntry
from hub.domain.ledger.kinds import EntryKind, SystemCode


def sweep(book: Book, accounts: Iterable[Account], lots: Iterable[Lot]) -> None:
    """Post an expiry for every lot that is overdue and free; pinned parts live as long as their hold."""
    by_id = {account.id: account for account in accounts}
    for lot in lots:
        if lot.expires_at is not None and lot.expires_at <= book.now and lot.free > 0:
            _expire_lot(book, by_id[lot.account_id], lot)


def _expire_lot(book: Book, account: Account, lot: Lot) -> None:
    """Key the entry by the account's version: a lot may burn twice, when a hold gave a part back late."""
    assert lot.expires_at is not None  # only dated lots burn
    entry_key = f"expiry:{lot.id}:{account.version + 1}"
    entry = book.add_entry(
        NewEntry(
            kind=EntryKind.EXPIRY,
            entry_key=entry_key,
            request_hash=hashlib.sha256(entry_key.encode()).digest(),
            occurred_at=lot.expires_at,
            source=None,
            rule_code=None,
            rule_version=None,
            reason="expired",
        )
    )
    amount = book.take_from_lots(entry, [lot], lot.free)
    book.post_against(entry, account, -amount, SystemCode.BREAKAGE)
