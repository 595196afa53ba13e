"""Short doors to the verbs: one transaction each, with the clock stopped."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.db.transaction import transaction
from hub.domain.ledger.accruing import accrue
from hub.domain.ledger.activating import activate_due
from hub.domain.ledger.checks import Violation, find_violations
from hub.domain.ledger.clawing_back import claw_back
from hub.domain.ledger.drafts import AccrualDraft, ClawbackDraft, PostedEntry
from hub.domain.ledger.queries import AssetBalance, HistoryRow, balances, list_postings
from hub.kernel import clock
from hub.kernel.money import Asset
from tests.domain.ledger.factories import NOON


def give(*drafts: AccrualDraft, at: datetime = NOON) -> list[PostedEntry]:
    with clock.frozen(at), transaction() as session:
        return accrue(session, drafts)


def take(*drafts: ClawbackDraft, at: datetime = NOON) -> list[PostedEntry]:
    with clock.frozen(at), transaction() as session:
        return claw_back(session, drafts)


def activate(at: datetime, limit: int = 100) -> int:
    with clock.frozen(at), transaction() as session:
        return len(activate_due(session, limit=limit))


def balance(owner_id: UUID, at: datetime = NOON, asset: Asset = Asset.CASHBACK) -> AssetBalance:
    with clock.frozen(at), transaction() as session:
        return next(found for found in balances(session, owner_id) if found.asset == asset)


@dataclass(frozen=True)
class Purse:
    """The four numbers that matter, in hundredths."""

    available: int = 0
    pending: int = 0
    debt: int = 0


def purse(owner_id: UUID, at: datetime = NOON, asset: Asset = Asset.CASHBACK) -> Purse:
    found = balance(owner_id, at, asset)
    return Purse(found.available, found.pending, found.debt)


def history(owner_id: UUID, limit: int = 100) -> list[HistoryRow]:
    with transaction() as session:
        page = list_postings(
            session,
            owner_id,
            asset=None,
            kind=None,
            from_at=None,
            to_at=None,
            cursor=None,
            limit=limit,
        )
    return list(page.items)


def violations() -> list[Violation]:
    with transaction() as session:
        return find_violations(session)
