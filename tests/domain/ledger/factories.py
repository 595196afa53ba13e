"""Drafts with everything filled in; tests name only the values that matter to them."""

from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

from hub.domain.ledger.drafts import AccrualDraft, ClawbackDraft, EntrySource
from hub.kernel.money import Asset

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
_number = count(1)


def visit(document_key: str) -> EntrySource:
    return EntrySource("visit", "000123", document_key)


def accrual(
    owner_id: UUID,
    amount: int,
    *,
    key: str = "",
    document: str = "visit-1",
    activates_at: datetime | None = None,
    expires_at: datetime | None = NOON + 365 * DAY,
    asset: Asset = Asset.CASHBACK,
) -> AccrualDraft:
    return AccrualDraft(
        entry_key=key or f"accrual-{next(_number)}",
        owner_id=owner_id,
        asset=asset,
        amount=amount,
        occurred_at=NOON,
        activates_at=activates_at,
        expires_at=expires_at,
        source=visit(document),
        rule_code="base-cashback",
        rule_version=1,
        reason="visit",
    )


def clawback(
    owner_id: UUID,
    amount: int,
    *,
    key: str = "",
    document: str = "visit-1",
    asset: Asset = Asset.CASHBACK,
) -> ClawbackDraft:
    return ClawbackDraft(
        entry_key=key or f"clawback-{next(_number)}",
        owner_id=owner_id,
        asset=asset,
        amount=amount,
        occurred_at=NOON,
        source=visit(document),
        rule_code="base-cashback",
        rule_version=1,
        reason="visit-cancelled",
    )
