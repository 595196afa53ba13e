"""Accruals: spendable at once with a lot, or promised until a day."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from hub.domain.ledger.accounts import Holder, LockedAccounts, lock_accounts
from hub.domain.ledger.book import Book, NewEntry, PendingPart
from hub.domain.ledger.drafts import AccrualDraft, PostedEntry, refuse_bad_amounts
from hub.domain.ledger.expiring import sweep
from hub.domain.ledger.kinds import EntryKind, SystemCode
from hub.domain.ledger.reading import find_overdue_lots
from hub.domain.ledger.repaying import repay_debt
from hub.domain.ledger.repetition import recall_keys
from hub.domain.ledger.writing import write_book
from hub.kernel import clock


def accrue(
    session: Session, drafts: Sequence[AccrualDraft], *, accounts: LockedAccounts | None = None
) -> list[PostedEntry]:
    """Give points for documents and gifts; answers in the order of the drafts.

    What is due already becomes a lot and repays the holder's debt first; the rest waits as pending.
    Amounts are hundredths. Raises: DraftAmountInvalidError; EntryKeyReusedError.
    Repeating a draft, in the batch or later, has no effect and gives the first entry's id.
    `accounts`: of these holders at least, when this transaction has locked them already.
    """
    if not drafts:
        return []
    refuse_bad_amounts(drafts)
    holders = [(draft.owner_id, draft.asset) for draft in drafts]
    book = Book(clock.now(), accounts or lock_accounts(session, holders))
    memory = recall_keys(session, drafts)
    touched = [
        book.of((draft.owner_id, draft.asset)).active
        for draft in drafts
        if draft.entry_key not in memory.known and _is_due(book, draft)
    ]
    if touched:
        overdue = find_overdue_lots(session, {account.id for account in touched}, book.now)
        sweep(book, touched, overdue)
    posted = []
    for draft in drafts:
        request_hash = draft.request_hash()
        entry_id = memory.recall(draft.entry_key, request_hash)
        is_repeat = entry_id is not None
        if entry_id is None:
            entry_id = _accrue_one(book, draft, request_hash).public_id
            memory.remember(draft.entry_key, request_hash, entry_id)
        posted.append(
            PostedEntry(entry_id, EntryKind.ACCRUAL, draft.owner_id, draft.asset, draft.amount, is_repeat)
        )
    write_book(session, book)
    return posted


def _is_due(book: Book, draft: AccrualDraft) -> bool:
    return draft.activates_at is None or draft.activates_at <= book.now


def _accrue_one(book: Book, draft: AccrualDraft, request_hash: bytes) -> NewEntry:
    holder: Holder = (draft.owner_id, draft.asset)
    entry = book.add_entry_of(draft, EntryKind.ACCRUAL, request_hash)
    if draft.activates_at is None or _is_due(book, draft):
        active = book.of(holder).active
        book.post_against(entry, active, draft.amount, SystemCode.ISSUED)
        repay_debt(book, holder, entry, book.add_lot(entry, active, draft.amount, draft.expires_at))
        return entry
    pending = book.of(holder).pending
    book.post_against(entry, pending, draft.amount, SystemCode.ISSUED)
    book.parts.append(
        PendingPart(
            id=None,
            account_id=pending.id,
            asset=draft.asset.value,
            original=draft.amount,
            remaining=draft.amount,
            due_at=draft.activates_at,
            expires_at=draft.expires_at,
            document_key=draft.source.document_key if draft.source else None,
            origin=entry,
        )
    )
    return entry
