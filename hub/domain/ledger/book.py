"""What one verb is about to write: entries with their lines, lots and pending parts, all in memory.

Pure bookkeeping under locks that are already held: every change of a balance makes a line with the
balance and version after it, every change of a lot makes a movement.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from hub.domain.ledger.accounts import Account, Holder, HolderAccounts, LockedAccounts
from hub.domain.ledger.drafts import Draft, EntrySource
from hub.domain.ledger.kinds import EntryKind, SystemCode
from hub.kernel import ids


@dataclass(slots=True)
class Line:
    """One posting to be; balance and version are None on the system's side."""

    account_id: int
    asset: str
    amount: int
    balance_after: int | None
    account_version: int | None


@dataclass(slots=True, kw_only=True)
class NewEntry:
    """One entry to be."""

    kind: EntryKind
    entry_key: str
    request_hash: bytes
    occurred_at: datetime
    source: EntrySource | None
    rule_code: str | None
    rule_version: int | None
    reason: str
    actor: str | None = None
    approver: str | None = None
    reverses_id: int | None = None
    public_id: UUID = field(default_factory=ids.new_id)
    lines: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class Lot:
    """A lot, read under its account's lock; without an id when `origin` makes it."""

    id: int | None
    account_id: int
    original: int
    remaining: int
    pinned: int
    expires_at: datetime | None
    document_key: str | None
    origin: NewEntry | None = None

    @property
    def free(self) -> int:
        """What no hold has reserved."""
        return self.remaining - self.pinned


@dataclass(slots=True)
class PendingPart:
    """A pending accrual, read under its account's lock; without an id when `origin` makes it."""

    id: int | None
    account_id: int
    asset: str
    original: int
    remaining: int
    due_at: datetime
    expires_at: datetime | None
    document_key: str | None
    origin: NewEntry | None = None


@dataclass(slots=True)
class Movement:
    """What an entry takes from a lot (negative)."""

    entry: NewEntry
    lot: Lot
    delta: int


@dataclass(slots=True)
class Book:
    """The changes of one verb, in the order in which they happen."""

    now: datetime
    accounts: LockedAccounts
    entries: list[NewEntry] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)
    """Lots to insert."""
    parts: list[PendingPart] = field(default_factory=list)
    """Pending parts to insert."""
    movements: list[Movement] = field(default_factory=list)
    changed_parts: dict[int, PendingPart] = field(default_factory=dict)

    def of(self, holder: Holder) -> HolderAccounts:
        """Give the holder's locked accounts."""
        return self.accounts.holders[holder]

    def changed_accounts(self) -> Iterator[Account]:
        """List the accounts that have new lines."""
        for owned in self.accounts.holders.values():
            for account in (owned.active, owned.pending, owned.debt):
                if account.is_changed:
                    yield account

    def add_entry(self, entry: NewEntry) -> NewEntry:
        """Take the entry up; its lines follow."""
        self.entries.append(entry)
        return entry

    def add_entry_of(
        self, draft: Draft, kind: EntryKind, request_hash: bytes, *, reverses_id: int | None = None
    ) -> NewEntry:
        """Take up the entry that a caller's draft asks for."""
        return self.add_entry(
            NewEntry(
                kind=kind,
                entry_key=draft.entry_key,
                request_hash=request_hash,
                occurred_at=draft.occurred_at,
                source=draft.source,
                rule_code=draft.rule_code,
                rule_version=draft.rule_version,
                reason=draft.reason,
                actor=draft.actor,
                approver=draft.approver,
                reverses_id=reverses_id,
            )
        )

    def post(self, entry: NewEntry, account: Account, amount: int) -> None:
        """Add the owner's line: signed amount, with the balance and version after it."""
        account.posted += amount
        account.version += 1
        account.is_changed = True
        asset = account.holder[1]
        entry.lines.append(Line(account.id, asset.value, amount, account.posted, account.version))

    def post_against(self, entry: NewEntry, account: Account, amount: int, code: SystemCode) -> None:
        """Add the owner's line and the system's opposite one."""
        self.post(entry, account, amount)
        asset = account.holder[1]
        entry.lines.append(Line(self.accounts.system[asset, code], asset.value, -amount, None, None))

    def add_lot(self, entry: NewEntry, account: Account, amount: int, expires_at: datetime | None) -> Lot:
        """Make the lot of a credit."""
        document_key = entry.source.document_key if entry.source else None
        lot = Lot(None, account.id, amount, amount, 0, expires_at, document_key, entry)
        self.lots.append(lot)
        return lot

    def take_from_lots(self, entry: NewEntry, lots: Iterable[Lot], amount: int) -> int:
        """Take up to `amount` from what is free, in the given order; gives what was taken."""
        taken = 0
        for lot in lots:
            share = min(lot.free, amount - taken)
            if share > 0:
                lot.remaining -= share
                self.movements.append(Movement(entry, lot, -share))
                taken += share
        return taken

    def take_from_part(self, part: PendingPart, amount: int) -> None:
        """Lower what the part still promises."""
        part.remaining -= amount
        if part.id is not None:
            self.changed_parts[part.id] = part
