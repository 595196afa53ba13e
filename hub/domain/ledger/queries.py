"""What people and flows ask the ledger. Nothing here locks; overdue lots count as burned already."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from hub.db.paging import Page, cut_page, read_cursor
from hub.domain.ledger.kinds import AccountKind, EntryKind
from hub.domain.ledger.reading import find_accrued
from hub.kernel import clock
from hub.kernel.money import Asset

BALANCE_ASSETS = (Asset.POINTS, Asset.CASHBACK)
"""What a patient's balance shows, in this order, used or not."""


@dataclass(frozen=True, slots=True)
class ExpiringPart:
    """Hundredths that burn at one instant (exclusive)."""

    amount: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AssetBalance:
    """One asset of one owner, in hundredths. Σ expiring + non_expiring = available."""

    asset: Asset
    available: int
    pending: int
    held: int
    debt: int
    expiring: tuple[ExpiringPart, ...]
    non_expiring: int
    version: int
    """Postings so far on the owner's accounts; grows with every entry."""
    next_boundary_at: datetime | None
    """When time alone changes this answer next."""


def balances(session: Session, owner_id: UUID) -> tuple[AssetBalance, ...]:
    """Give the balances of POINTS and CASHBACK as of now, zeros for an owner the ledger never saw."""
    now = clock.now()
    assets = [asset.value for asset in BALANCE_ASSETS]
    rows = session.execute(_BALANCES, {"owner": owner_id, "assets": assets}).all()
    return tuple(
        _balance(asset, [row for row in rows if row.asset == asset], now) for asset in BALANCE_ASSETS
    )


# One statement, so that balances and lots come from the same snapshot.
_BALANCES = text("""
    SELECT account.asset, account.kind, account.posted, account.held, account.version, lot.expires_at,
           CAST(coalesce(sum(lot.remaining - lot.pinned), 0) AS bigint) AS free
      FROM ledger_account AS account
      LEFT JOIN lot ON lot.account_id = account.id AND lot.remaining > 0
     WHERE account.owner_id = :owner AND account.asset = ANY(CAST(:assets AS text[]))
     GROUP BY account.id, lot.expires_at ORDER BY lot.expires_at
""")


def _balance(asset: Asset, rows: Sequence[Row[tuple[object, ...]]], now: datetime) -> AssetBalance:
    accounts = {row.kind: row for row in rows}
    posted = {kind: accounts[kind].posted if kind in accounts else 0 for kind in AccountKind}
    free = [row for row in rows if row.free > 0]
    alive = [row for row in free if row.expires_at is None or row.expires_at > now]
    dated = tuple(ExpiringPart(row.free, row.expires_at) for row in alive if row.expires_at is not None)
    active = accounts.get(AccountKind.ACTIVE)
    held = active.held if active else 0
    overdue = sum(row.free for row in free) - sum(row.free for row in alive)
    return AssetBalance(
        asset=asset,
        available=posted[AccountKind.ACTIVE] - held - overdue,
        pending=posted[AccountKind.PENDING],
        held=held,
        debt=posted[AccountKind.DEBT],
        expiring=dated,
        non_expiring=sum(row.free for row in alive if row.expires_at is None),
        version=sum(row.version for row in accounts.values()),
        next_boundary_at=dated[0].expires_at if dated else None,
    )


@dataclass(frozen=True, slots=True)
class NetAccrual:
    """What a document has given an owner and not taken back, and when that was earned."""

    amount: int
    earned_at: datetime | None


def net_accrued(
    session: Session, document_keys: Iterable[str], *, asset: Asset
) -> dict[str, dict[UUID, NetAccrual]]:
    """Give what each document has accrued to each owner, less clawbacks; zeros are left out.

    To decide upon it, hold the owners' accounts (`lock_accounts`) first.
    """
    nets: dict[str, dict[UUID, NetAccrual]] = {}
    for (document_key, (owner_id, accrued_asset)), accrued in find_accrued(session, document_keys).items():
        if accrued_asset == asset and accrued.net:
            nets.setdefault(document_key, {})[owner_id] = NetAccrual(accrued.net, accrued.earned_at)
    return nets


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One line of an owner's history: a posting of the active account, or what is still pending."""

    posting_id: int
    entry_id: UUID
    asset: Asset
    kind: EntryKind
    amount: int
    """Signed hundredths; of a pending accrual, what is still pending."""
    balance_after: int | None
    occurred_at: datetime
    posted_at: datetime
    document_type: str | None
    document_number: str | None
    reverses: UUID | None
    expires_at: datetime | None
    is_pending: bool
    rule_code: str | None
    reason: str


def list_postings(
    session: Session,
    owner_id: UUID,
    *,
    asset: Asset | None,
    kind: str | None,
    from_at: datetime | None,
    to_at: datetime | None,
    cursor: str | None,
    limit: int,
) -> Page[HistoryRow]:
    """List the owner's history, newest posting first; [from_at, to_at) is on posted_at.

    Raises: CursorInvalidError.
    """
    after = read_cursor(cursor, int)
    values = {
        "owner": owner_id,
        "assets": [chosen.value for chosen in ([asset] if asset else BALANCE_ASSETS)],
        "kind": kind,
        "from_at": from_at,
        "to_at": to_at,
        "before_id": after[0] if after else None,
        "limit": limit + 1,
    }
    rows = [_history_row(row) for row in session.execute(_HISTORY, values)]
    return cut_page(rows, limit=limit, key=lambda row: [row.posting_id])


# The inner limit lets each account's index be read from its end: the cost is the page, not the history.
_HISTORY = text("""
    WITH owned AS (
      SELECT id, kind FROM ledger_account
       WHERE owner_id = :owner AND kind IN ('active', 'pending') AND asset = ANY(CAST(:assets AS text[]))
    ), line AS (
      SELECT recent.* FROM owned CROSS JOIN LATERAL (
        SELECT posting.id, posting.entry_id, posting.asset, posting.amount, posting.balance_after,
               lot.expires_at, false AS is_pending
          FROM ledger_posting AS posting
          JOIN ledger_entry AS entry ON entry.id = posting.entry_id
          LEFT JOIN lot ON lot.origin_entry_id = posting.entry_id AND posting.amount > 0
         WHERE posting.account_id = owned.id
           AND (CAST(:before_id AS bigint) IS NULL OR posting.id < :before_id)
           AND (CAST(:kind AS text) IS NULL OR entry.kind = :kind)
           AND (CAST(:from_at AS timestamptz) IS NULL OR entry.posted_at >= :from_at)
           AND (CAST(:to_at AS timestamptz) IS NULL OR entry.posted_at < :to_at)
         ORDER BY posting.id DESC LIMIT :limit
      ) AS recent WHERE owned.kind = 'active'
      UNION ALL
      SELECT posting.id, posting.entry_id, posting.asset, part.remaining, NULL, part.expires_at, true
        FROM owned
        JOIN pending_accrual AS part ON part.account_id = owned.id AND part.remaining > 0
        JOIN ledger_posting AS posting ON posting.entry_id = part.entry_id AND posting.account_id = owned.id
       WHERE owned.kind = 'pending' AND (CAST(:before_id AS bigint) IS NULL OR posting.id < :before_id)
    )
    SELECT line.id, line.asset, line.amount, line.balance_after, line.expires_at, line.is_pending,
           entry.public_id, entry.kind, entry.occurred_at, entry.posted_at, entry.document_type,
           entry.document_number, entry.rule_code, entry.reason, reversed.public_id AS reverses
      FROM line
      JOIN ledger_entry AS entry ON entry.id = line.entry_id
      LEFT JOIN ledger_entry AS reversed ON reversed.id = entry.reverses_id
     WHERE (CAST(:kind AS text) IS NULL OR entry.kind = :kind)
       AND (CAST(:from_at AS timestamptz) IS NULL OR entry.posted_at >= :from_at)
       AND (CAST(:to_at AS timestamptz) IS NULL OR entry.posted_at < :to_at)
     ORDER BY line.id DESC LIMIT :limit
""")


def _history_row(row: Row[tuple[object, ...]]) -> HistoryRow:
    return HistoryRow(
        posting_id=row.id,
        entry_id=row.public_id,
        asset=Asset(row.asset),
        kind=EntryKind(row.kind),
        amount=row.amount,
        balance_after=row.balance_after,
        occurred_at=row.occurred_at,
        posted_at=row.posted_at,
        document_type=row.document_type,
        document_number=row.document_number,
        reverses=row.reverses,
        expires_at=row.expires_at,
        is_pending=row.is_pending,
        rule_code=row.rule_code,
        reason=row.reason,
    )
