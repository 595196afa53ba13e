"""Accounts are opened in one order and locked by id, before anything is inserted under them.

A foreign key's key-share lock followed by an update of the parent deadlocks two writers, so the lock
comes first; the active account's lock covers its lots, the pending one's its pending accruals.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from hub.domain.ledger.errors import PurseMovedError
from hub.domain.ledger.kinds import OWNED_KINDS, AccountKind, SystemCode
from hub.kernel.money import Asset

Holder = tuple[UUID, Asset]
_ASSETS = {asset.value: asset for asset in Asset}


@dataclass(slots=True)
class Account:
    """A locked account of an owner; posted and version move with the entries being prepared."""

    id: int
    holder: Holder
    posted: int
    held: int
    version: int
    is_changed: bool = False


@dataclass(slots=True)
class HolderAccounts:
    """The three accounts of one owner and asset."""

    active: Account
    pending: Account
    debt: Account


@dataclass(frozen=True, slots=True)
class LockedAccounts:
    """What a verb may post to, until the transaction ends."""

    holders: dict[Holder, HolderAccounts]
    system: dict[tuple[Asset, SystemCode], int]


def lock_accounts(
    session: Session, holders: Iterable[Holder], *, moved_may_be: Collection[UUID] = ()
) -> LockedAccounts:
    """Open what is missing, then lock every account of these holders by id.

    Raises: PurseMovedError when one was taken over by an heir and its owner is not of `moved_may_be`.
    A transaction that calls several verbs calls this first for all its holders, and hands the result to
    each: locks taken verb by verb would come in another order than a neighbour's.
    """
    wanted = set(holders)
    assets = {asset for _, asset in wanted}
    found = _find_accounts(session, wanted, assets)
    expected = len(wanted) * len(OWNED_KINDS) + len(assets) * len(SystemCode)
    if len(found) < expected:
        known = {(row.owner_id, row.asset) for row in found}
        _open_accounts(session, wanted - known, assets)
        found = _find_accounts(session, wanted, assets)
    owned = [row.id for row in found if row.code is None]
    system = {(Asset(row.asset), SystemCode(row.code)): row.id for row in found if row.code is not None}
    rows = session.execute(_LOCK, {"ids": owned}).all()
    if any(row.heir_id and row.owner_id not in moved_may_be for row in rows):
        raise PurseMovedError
    return LockedAccounts(_by_holder(wanted, rows), system)


# OFFSET 0 keeps the look-up by owner: a join planned while the table is small walks it.
_FIND = text("""
    SELECT account.id, account.owner_id, account.asset, account.code
      FROM unnest(CAST(:owners AS uuid[]), CAST(:assets AS text[])) AS wanted (owner_id, asset)
     CROSS JOIN LATERAL (SELECT id, owner_id, asset, code FROM ledger_account
                          WHERE owner_id = wanted.owner_id AND asset = wanted.asset OFFSET 0) AS account
    UNION ALL
    SELECT id, owner_id, asset, code FROM ledger_account
     WHERE owner_id IS NULL AND kind = 'system'
       AND asset = ANY(CAST(:system_assets AS text[])) AND code = ANY(CAST(:codes AS text[]))
""")


def _find_accounts(
    session: Session, holders: set[Holder], assets: set[Asset]
) -> list[Row[tuple[object, ...]]]:
    values = {
        "owners": [owner_id for owner_id, _ in holders],
        "assets": [asset.value for _, asset in holders],
        "system_assets": [asset.value for asset in assets],
        "codes": [code.value for code in SystemCode],
    }
    return list(session.execute(_FIND, values).all())


_OPEN = text("""
    INSERT INTO ledger_account (owner_id, kind, asset, code)
    SELECT * FROM unnest(
      CAST(:owners AS uuid[]), CAST(:kinds AS text[]), CAST(:assets AS text[]), CAST(:codes AS text[])
    ) AS missing (owner_id, kind, asset, code)
    ORDER BY owner_id NULLS FIRST, asset, kind, code
    ON CONFLICT (owner_id, kind, asset, code) DO NOTHING
""")


def _open_accounts(session: Session, holders: set[Holder], assets: set[Asset]) -> None:
    """Insert in one order for all callers, before any lock is held: two openers wait, never deadlock."""
    rows: list[tuple[UUID | None, str, str, str | None]] = [
        (owner_id, kind.value, asset.value, None) for owner_id, asset in holders for kind in OWNED_KINDS
    ]
    rows += [
        (None, AccountKind.SYSTEM.value, asset.value, code.value) for asset in assets for code in SystemCode
    ]
    owners, kinds, named_assets, codes = zip(*rows, strict=True)
    values = {
        "owners": list(owners),
        "kinds": list(kinds),
        "assets": list(named_assets),
        "codes": list(codes),
    }
    session.execute(_OPEN, values)


_LOCK = text("""
    SELECT id, owner_id, kind, asset, posted, held, version, heir_id FROM ledger_account
     WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE
""")


def _by_holder(wanted: set[Holder], rows: Iterable[Row[tuple[object, ...]]]) -> dict[Holder, HolderAccounts]:
    kinds: dict[Holder, dict[str, Account]] = {holder: {} for holder in wanted}
    for row in rows:
        holder = (row.owner_id, _ASSETS[row.asset])
        kinds[holder][row.kind] = Account(row.id, holder, row.posted, row.held, row.version)
    return {holder: HolderAccounts(**accounts) for holder, accounts in kinds.items()}
