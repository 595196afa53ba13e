"""Clawbacks: what a document gave is taken back, wherever it has gone."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from hub.domain.ledger.accounts import Holder, LockedAccounts, lock_accounts
from hub.domain.ledger.book import Book, Lot, NewEntry, PendingPart
from hub.domain.ledger.drafts import ClawbackDraft, PostedEntry, refuse_bad_amounts
from hub.domain.ledger.errors import ClawbackExceedsAccrualError
from hub.domain.ledger.expiring import sweep
from hub.domain.ledger.kinds import EntryKind, SystemCode
from hub.domain.ledger.reading import DocumentAccrual, find_accrued, find_open_lots, find_open_parts
from hub.domain.ledger.repetition import recall_keys
from hub.domain.ledger.writing import write_book
from hub.kernel import clock


def claw_back(
    session: Session, drafts: Sequence[ClawbackDraft], *, accounts: LockedAccounts | None = None
) -> list[PostedEntry]:
    """Take back what documents accrued; answers in the order of the drafts, amounts negative.

    Taken from the document's pending parts (latest first), then its own lots, then the holder's other
    free lots (soonest expiry first); the rest becomes debt, which the next credits repay.
    Amounts are hundredths. Raises: DraftAmountInvalidError; EntryKeyReusedError;
    ClawbackExceedsAccrualError when the document has less left, net of earlier clawbacks.
    Repeating a draft, in the batch or later, has no effect and gives the first entry's id.
    `accounts`: of these holders at least, when this transaction has locked them already.
    """
    if not drafts:
        return []
    refuse_bad_amounts(drafts)
    holders = [(draft.owner_id, draft.asset) for draft in drafts]
    book = Book(clock.now(), accounts or lock_accounts(session, holders))
    memory = recall_keys(session, drafts)
    fresh = [draft for draft in drafts if draft.entry_key not in memory.known]
    purse = _open_purse(session, book, fresh) if fresh else _Purse({}, {}, {})
    posted = []
    for draft in drafts:
        request_hash = draft.request_hash()
        entry_id = memory.recall(draft.entry_key, request_hash)
        is_repeat = entry_id is not None
        if entry_id is None:
            entry_id = _claw_back_one(book, purse, draft, request_hash).public_id
            memory.remember(draft.entry_key, request_hash, entry_id)
        posted.append(
            PostedEntry(entry_id, EntryKind.CLAWBACK, draft.owner_id, draft.asset, -draft.amount, is_repeat)
        )
    write_book(session, book)
    return posted


@dataclass(frozen=True, slots=True)
class _Purse:
    """What there is to take from, by account; and how much of it each document may lose."""

    lots: dict[int, list[Lot]]
    parts: dict[int, list[PendingPart]]
    accrued: dict[tuple[str, Holder], DocumentAccrual]


def _open_purse(session: Session, book: Book, drafts: Sequence[ClawbackDraft]) -> _Purse:
    owned = {(draft.owner_id, draft.asset): book.of((draft.owner_id, draft.asset)) for draft in drafts}
    documents = {draft.source.document_key for draft in drafts}
    purse = _Purse({}, {}, find_accrued(session, documents))
    active = {accounts.active.id: accounts.active for accounts in owned.values()}
    lots = find_open_lots(session, active)
    sweep(book, active.values(), lots)
    for lot in lots:
        purse.lots.setdefault(lot.account_id, []).append(lot)
    for part in find_open_parts(session, [accounts.pending.id for accounts in owned.values()], documents):
        purse.parts.setdefault(part.account_id, []).append(part)
    return purse


def _claw_back_one(book: Book, purse: _Purse, draft: ClawbackDraft, request_hash: bytes) -> NewEntry:
    holder: Holder = (draft.owner_id, draft.asset)
    document_key = draft.source.document_key
    accrued = purse.accrued.get((document_key, holder))
    net = accrued.net if accrued else 0
    if accrued is None or draft.amount > net:
        raise ClawbackExceedsAccrualError(requested=draft.amount, accrued=net)
    accrued.net -= draft.amount
    entry = book.add_entry_of(draft, EntryKind.CLAWBACK, request_hash, reverses_id=accrued.last_accrual_id)
    _take(book, purse, entry, holder, document_key, draft.amount)
    return entry


def _take(book: Book, purse: _Purse, entry: NewEntry, holder: Holder, document_key: str, amount: int) -> None:
    owned = book.of(holder)
    promised = 0
    for part in purse.parts.get(owned.pending.id, []):
        share = min(part.remaining, amount - promised)
        if part.document_key == document_key and share > 0:
            book.take_from_part(part, share)
            promised += share
    lots = purse.lots.get(owned.active.id, [])
    # A stable sort: the document's own lots first, each group still by expiry.
    by_nearness = sorted(lots, key=lambda lot: lot.document_key != document_key)
    spendable = book.take_from_lots(entry, by_nearness, amount - promised)
    owed = amount - promised - spendable
    if promised:
        book.post_against(entry, owned.pending, -promised, SystemCode.CLAWBACK)
    if spendable:
        book.post_against(entry, owned.active, -spendable, SystemCode.CLAWBACK)
    if owed:
        book.post_against(entry, owned.debt, owed, SystemCode.DEBT)
