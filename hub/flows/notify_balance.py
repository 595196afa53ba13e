"""An account changed: its owner is told the sum, once per change, in neutral words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from hub.domain.ledger.activating import Activated
from hub.domain.notifications.catalogue import NoticeKind
from hub.domain.notifications.noting import NoticeDraft, notify
from hub.flows.notify_words import as_facts
from hub.kernel import clock
from hub.kernel.money import Asset


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceNews:
    """One entry as its owner sees it. Entries with one `change_key` are told as their sum."""

    change_key: str
    owner_id: UUID
    asset: Asset
    amount: int
    """Signed hundredths."""
    happened_at: datetime
    available_at: datetime | None = None
    """When it can be spent, unless at once."""
    correlation_id: str


def tell_changes(session: Session, news: Iterable[BalanceNews]) -> int:
    """Note what the owners are told: given more than taken is an accrual, less is taken back.

    A visit that was moved to another day is taken back and given again: nothing happened to its owner.
    """
    changes: dict[tuple[str, UUID], list[BalanceNews]] = {}
    for one in news:
        changes.setdefault((one.change_key, one.owner_id), []).append(one)
    drafts = [draft for several in changes.values() if (draft := _draft(several)) is not None]
    return notify(session, drafts)


def tell_activated(session: Session, activated: Sequence[Activated]) -> int:
    """Note that what was promised can be spent now."""
    return notify(
        session,
        [
            NoticeDraft(
                kind=NoticeKind.POINTS_ACTIVATED,
                notice_key=one.entry_key,
                patient_id=one.owner_id,
                facts=as_facts({"amount": one.amount, "asset": one.asset.value}),
                happened_at=one.due_at,
            )
            for one in activated
        ],
    )


def _draft(several: Sequence[BalanceNews]) -> NoticeDraft | None:
    net = sum(one.amount for one in several)
    if net == 0:
        return None
    first = several[0]
    available = [one.available_at for one in several if one.available_at and one.available_at > clock.now()]
    return NoticeDraft(
        kind=NoticeKind.POINTS_ACCRUED if net > 0 else NoticeKind.POINTS_TAKEN_BACK,
        notice_key=f"{first.change_key}:{first.owner_id}",
        patient_id=first.owner_id,
        facts=as_facts(
            {
                "amount": abs(net),
                "asset": first.asset.value,
                "available_at": max(available) if available and net > 0 else None,
            }
        ),
        happened_at=max(one.happened_at for one in several),
        correlation_id=first.correlation_id,
    )
