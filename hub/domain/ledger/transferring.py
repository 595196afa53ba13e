"""Transfers: the whole purse of one owner goes to an heir, when two cards turned out to be one person.

Every lot and every promised part moves by an entry of its own, with its day, its expiry and the document
that gave it, so what was spent stays spent and nothing burns earlier or later. Debt moves too, and is
repaid at once. What the documents gave counts as the heir's ever after (`heir_id` on the old accounts).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from hub.domain.ledger.accounts import lock_accounts
from hub.domain.ledger.book import Book, Lot, NewEntry, PendingPart
from hub.domain.ledger.drafts import EntrySource, PostedEntry
from hub.domain.ledger.errors import PurseHeldError
from hub.domain.ledger.expiring import sweep
from hub.domain.ledger.kinds import EntryKind
from hub.domain.ledger.queries import BALANCE_ASSETS
from hub.domain.ledger.reading import find_open_lots
from hub.domain.ledger.repaying import repay_debt
from hub.domain.ledger.writing import write_book
from hub.kernel import clock
from hub.kernel.money import Asset


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferDraft:
    """Whose purse goes to whom, and who said so when."""

    owner_id: UUID
    heir_id: UUID
    occurred_at: datetime
    reason: str
    actor: str


def transfer_purses(session: Session, drafts: Sequence[TransferDraft]) -> dict[UUID, list[PostedEntry]]:
    """Move the purses; the entries by former owner, amounts as the heir sees them (a debt is negative).

    An heir must not be an owner of the same call: the caller follows chains to their end. Raises:
    PurseHeldError while a hold is open. Repeating moves nothing, for nothing is left.
    """
    if not drafts:
        return {}
    people = {owner for d in drafts for owner in (d.owner_id, d.heir_id)}
    owners = [(owner, asset) for asset in BALANCE_ASSETS for owner in people]
    book = Book(clock.now(), lock_accounts(session, owners, moved_may_be=people))
    active = {book.of(holder).active.id: book.of(holder).active for holder in owners}
    lots = find_open_lots(session, active)
    sweep(book, active.values(), lots)
    moving = _Moving(book, lots, _find_parts(session, book), _find_origins(session, lots))
    entries = {draft.owner_id: moving.move(draft) for draft in drafts}
    write_book(session, book)
    pairs = {"owners": [d.owner_id for d in drafts], "heirs": [d.heir_id for d in drafts]}
    session.execute(_NAME_HEIRS, pairs)
    return entries


@dataclass(frozen=True, slots=True)
class _Origin:
    """What an entry inherits from the one that made the lot or part."""

    source: EntrySource | None
    rule_code: str | None
    rule_version: int | None


_NOTHING = _Origin(None, None, None)


@dataclass(frozen=True, slots=True)
class _Moving:
    """The purses of a call, and where their contents came from."""

    book: Book
    lots: list[Lot]
    parts: list[tuple[PendingPart, _Origin]]
    origins: dict[int, _Origin]

    def move(self, draft: TransferDraft) -> list[PostedEntry]:
        posted: list[PostedEntry] = []
        for asset in BALANCE_ASSETS:
            if self.book.of((draft.owner_id, asset)).active.held:
                raise PurseHeldError
            posted += self._move_lots(draft, asset)
            posted += self._move_parts(draft, asset)
            posted += self._move_debt(draft, asset)
        return posted

    def _move_lots(self, draft: TransferDraft, asset: Asset) -> list[PostedEntry]:
        old, heir = self.book.of((draft.owner_id, asset)), self.book.of((draft.heir_id, asset))
        posted = []
        for lot in [lot for lot in self.lots if lot.account_id == old.active.id and lot.remaining]:
            entry = self._add_entry(draft, f"lot:{lot.id}", self.origins[lot.id or 0])
            amount = self.book.take_from_lots(entry, [lot], lot.remaining)
            self.book.post(entry, old.active, -amount)
            self.book.post(entry, heir.active, amount)
            moved = self.book.add_lot(entry, heir.active, amount, lot.expires_at)
            self.lots.append(moved)
            repay_debt(self.book, (draft.heir_id, asset), entry, moved)
            posted.append(_posted(draft, entry, asset, amount))
        return posted

    def _move_parts(self, draft: TransferDraft, asset: Asset) -> list[PostedEntry]:
        old, heir = self.book.of((draft.owner_id, asset)), self.book.of((draft.heir_id, asset))
        posted = []
        for part, origin in [pair for pair in self.parts if pair[0].account_id == old.pending.id]:
            entry = self._add_entry(draft, f"part:{part.id}", origin)
            amount = part.remaining
            self.book.take_from_part(part, amount)
            self.book.post(entry, old.pending, -amount)
            self.book.post(entry, heir.pending, amount)
            self.book.parts.append(
                PendingPart(
                    None,
                    heir.pending.id,
                    part.asset,
                    amount,
                    amount,
                    part.due_at,
                    part.expires_at,
                    None,
                    entry,
                )
            )
            posted.append(_posted(draft, entry, asset, amount))
        return posted

    def _move_debt(self, draft: TransferDraft, asset: Asset) -> list[PostedEntry]:
        old, heir = self.book.of((draft.owner_id, asset)), self.book.of((draft.heir_id, asset))
        amount = old.debt.posted
        if not amount:
            return []
        entry = self._add_entry(draft, f"debt:{asset.value}", _NOTHING)
        self.book.post(entry, old.debt, -amount)
        self.book.post(entry, heir.debt, amount)
        repay_debt(self.book, (draft.heir_id, asset), entry, *self._lots_of(heir.active.id))
        return [_posted(draft, entry, asset, -amount)]

    def _lots_of(self, account_id: int) -> list[Lot]:
        """Give an account's lots, those moved here too, soonest expiry first."""
        own = [lot for lot in self.lots if lot.account_id == account_id]
        return sorted(own, key=lambda lot: (lot.expires_at is None, lot.expires_at or self.book.now))

    def _add_entry(self, draft: TransferDraft, what: str, origin: _Origin) -> NewEntry:
        entry_key = f"transfer:{draft.owner_id}:{what}"
        return self.book.add_entry(
            NewEntry(
                kind=EntryKind.TRANSFER,
                entry_key=entry_key,
                request_hash=hashlib.sha256(f"{entry_key}:{draft.heir_id}".encode()).digest(),
                occurred_at=draft.occurred_at,
                source=origin.source,
                rule_code=origin.rule_code,
                rule_version=origin.rule_version,
                reason=draft.reason,
                actor=draft.actor,
            )
        )


def _posted(draft: TransferDraft, entry: NewEntry, asset: Asset, amount: int) -> PostedEntry:
    return PostedEntry(entry.public_id, entry.kind, draft.heir_id, asset, amount, is_repeat=False)


def _find_origins(session: Session, lots: Sequence[Lot]) -> dict[int, _Origin]:
    rows = session.execute(_ORIGINS, {"lots": [lot.id for lot in lots]})
    return {row.id: _origin(row) for row in rows}


def _find_parts(session: Session, book: Book) -> list[tuple[PendingPart, _Origin]]:
    accounts = [accounts.pending.id for accounts in book.accounts.holders.values()]
    return [
        (
            PendingPart(
                row.id,
                row.account_id,
                row.asset,
                row.original,
                row.remaining,
                row.due_at,
                row.expires_at,
                row.document_key,
            ),
            _origin(row),
        )
        for row in sorted(
            session.execute(_PARTS, {"accounts": accounts}), key=lambda row: (row.due_at, row.id)
        )
    ]


def _origin(row: Row[tuple[object, ...]]) -> _Origin:
    source = row.document_key and EntrySource(row.document_type, row.document_number, row.document_key)
    return _Origin(source, row.rule_code, row.rule_version)


# OFFSET 0 keeps the look-ups by id: a join planned while tables are small walks them.
_ORIGINS = text("""
    SELECT lot.id, entry.document_type, entry.document_number, entry.document_key, entry.rule_code,
           entry.rule_version
      FROM lot
     CROSS JOIN LATERAL (SELECT * FROM ledger_entry WHERE id = lot.origin_entry_id OFFSET 0) AS entry
     WHERE lot.id = ANY(CAST(:lots AS bigint[]))
""")
_PARTS = text("""
    SELECT part.id, part.account_id, part.asset, part.original, part.remaining, part.due_at, part.expires_at,
           entry.document_type, entry.document_number, entry.document_key, entry.rule_code, entry.rule_version
      FROM unnest(CAST(:accounts AS bigint[])) AS owned (account_id)
     CROSS JOIN LATERAL (SELECT * FROM pending_accrual WHERE account_id = owned.account_id OFFSET 0) AS part
     CROSS JOIN LATERAL (SELECT * FROM ledger_entry WHERE id = part.entry_id OFFSET 0) AS entry
     WHERE part.remaining > 0
""")
# Whoever had been taken over by an owner of the list follows to the heir.
_NAME_HEIRS = text("""
    UPDATE ledger_account AS account SET heir_id = taken.heir_id
      FROM unnest(CAST(:owners AS uuid[]), CAST(:heirs AS uuid[])) AS taken (owner_id, heir_id)
     WHERE account.owner_id = taken.owner_id OR account.heir_id = taken.owner_id
""")
