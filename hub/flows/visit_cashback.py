"""What a visit earns is recomputed from its newest version, and only the difference is posted.

So a visit may be edited, cancelled, posted again or refunded in any order and any number of times:
the ledger always ends at what the last version deserves. When an edit moves a visit to another
patient, the first one's cashback is taken back and the second one's is given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from hub.contracts.announcements import BalanceChanged
from hub.domain.clinics.queries import find_clinics_by_ref, get_infobase
from hub.domain.ledger import queries as ledger
from hub.domain.ledger.accounts import lock_accounts
from hub.domain.ledger.accruing import accrue
from hub.domain.ledger.clawing_back import claw_back
from hub.domain.ledger.drafts import AccrualDraft, ClawbackDraft, EntrySource, PostedEntry
from hub.domain.loyalty.models import Tier
from hub.domain.loyalty.rules import cashback_of
from hub.domain.loyalty.tiers import base_tier
from hub.domain.visits.mirror import MirroredVisit, VisitKey, find_visits
from hub.flows.notify_balance import BalanceNews, tell_changes
from hub.kernel import clock
from hub.kernel.money import Asset, BasisPoints
from hub.kernel.settings import settings
from hub.outbox.store import announce

RULE = "cashback-by-tier"
_Held = Mapping[UUID, ledger.NetAccrual]


@dataclass(frozen=True, slots=True)
class Change:
    """What brought a visit to its present state. `name` is unique per visit: "v3", "refund:<ref>:v1"."""

    name: str
    correlation_id: str


@dataclass(frozen=True, slots=True)
class _Difference:
    """What one owner's cashback for one visit must change by; positive = give."""

    key: VisitKey
    visit: MirroredVisit
    owner_id: UUID
    amount: int


def settle_cashback(
    session: Session, changes: Mapping[VisitKey, Change]
) -> dict[VisitKey, list[PostedEntry]]:
    """Post the differences of the changed visits, whose documents the caller holds locked.

    The change's name becomes part of the entry keys, so the same change never posts twice.
    """
    visits = find_visits(session, list(changes))
    tier = base_tier(session)
    held = ledger.net_accrued(session, [document_key(key) for key in visits], asset=Asset.CASHBACK)
    differences = [
        difference
        for key, visit in visits.items()
        for difference in _differences(key, visit, tier, held.get(document_key(key), {}))
    ]
    accounts = lock_accounts(session, {(difference.owner_id, Asset.CASHBACK) for difference in differences})
    takes = [difference for difference in differences if difference.amount < 0]
    gives = [difference for difference in differences if difference.amount > 0]
    zones = _zones(session, gives)
    clawbacks = [_clawback(take, tier, changes[take.key].name) for take in takes]
    accruals = [_accrual(give, tier, zones[give.key], changes[give.key].name) for give in gives]
    posted = [
        *claw_back(session, clawbacks, accounts=accounts),
        *accrue(session, accruals, accounts=accounts),
    ]
    by_key: dict[VisitKey, list[PostedEntry]] = {key: [] for key in changes}
    for difference, entry in zip([*takes, *gives], posted, strict=True):
        by_key[difference.key].append(entry)
    tell_changes(
        session,
        [
            _news(difference, entry, changes[difference.key])
            for difference, entry in zip([*takes, *gives], posted, strict=True)
        ],
    )
    announce(
        session,
        [
            _announcement(entry, changes[key].correlation_id)
            for key, entries in by_key.items()
            for entry in entries
        ],
    )
    return by_key


def document_key(key: VisitKey) -> str:
    """Name a visit document in the ledger, the same for all its versions."""
    return f"onec:{key[0]}:visit:{key[1]}"


def _differences(key: VisitKey, visit: MirroredVisit, tier: Tier, held: _Held) -> list[_Difference]:
    """Compare with what is held; what was given for another day is taken back whole and given anew."""
    owed: dict[UUID, int] = {}
    if visit.is_live and visit.patient_id is not None:
        earned = cashback_of(visit.lines, visit.refunded_kopecks, BasisPoints(tier.rate_bp))
        owed = {visit.patient_id: earned}
    amounts: list[tuple[UUID, int]] = []
    for owner_id in sorted(owed.keys() | held.keys()):
        owes, has = owed.get(owner_id, 0), held.get(owner_id)
        if has is not None and owes and has.earned_at != _earned_at(visit):
            amounts += [(owner_id, -has.amount), (owner_id, owes)]
        else:
            amounts.append((owner_id, owes - (has.amount if has else 0)))
    return [_Difference(key, visit, owner_id, amount) for owner_id, amount in amounts if amount]


def _earned_at(visit: MirroredVisit) -> datetime:
    return visit.completed_at or visit.stamp.occurred_at


def _available_at(visit: MirroredVisit) -> datetime:
    return _earned_at(visit) + timedelta(days=settings().accrual_pending_days)


def _accrual(give: _Difference, tier: Tier, zone: str, change: str) -> AccrualDraft:
    earned_at = _earned_at(give.visit)
    activates_at = _available_at(give.visit)
    return AccrualDraft(
        entry_key=f"{document_key(give.key)}:{change}:accrual:{give.owner_id}",
        owner_id=give.owner_id,
        asset=Asset.CASHBACK,
        amount=give.amount,
        occurred_at=earned_at,
        activates_at=activates_at,
        expires_at=_expiry(activates_at, zone),
        source=_source(give),
        rule_code=f"{RULE}:{tier.code}",
        rule_version=tier.rule_version,
        reason="visit",
    )


def _clawback(take: _Difference, tier: Tier, change: str) -> ClawbackDraft:
    return ClawbackDraft(
        entry_key=f"{document_key(take.key)}:{change}:clawback:{take.owner_id}",
        owner_id=take.owner_id,
        asset=Asset.CASHBACK,
        amount=-take.amount,
        occurred_at=take.visit.stamp.occurred_at,
        source=_source(take),
        rule_code=f"{RULE}:{tier.code}",
        rule_version=tier.rule_version,
        reason="visit-changed" if take.visit.is_live else "visit-cancelled",
    )


def _source(difference: _Difference) -> EntrySource:
    return EntrySource("visit", difference.visit.number, document_key(difference.key))


def _expiry(activates_at: datetime, zone: str) -> datetime:
    """Points burn at the end of a day of the clinic, a whole TTL after they became spendable."""
    last_day = clock.local_date(activates_at, zone) + timedelta(days=settings().points_ttl_days)
    return clock.end_of_local_day(last_day, zone)


def _zones(session: Session, gives: Sequence[_Difference]) -> dict[VisitKey, str]:
    """Give each visit's clinic zone; its base's zone when the clinic is unknown."""
    zones: dict[VisitKey, str] = {}
    for infobase in {give.key[0] for give in gives}:
        own = [give for give in gives if give.key[0] == infobase]
        refs = {give.visit.clinic_ref for give in own if give.visit.clinic_ref}
        places = find_clinics_by_ref(session, infobase, refs)
        fallback = get_infobase(session, infobase).timezone
        for give in own:
            place = places.get(give.visit.clinic_ref) if give.visit.clinic_ref else None
            zones[give.key] = place.timezone if place else fallback
    return zones


def _news(difference: _Difference, entry: PostedEntry, change: Change) -> BalanceNews:
    earned_at = _earned_at(difference.visit)
    is_gift = difference.amount > 0
    return BalanceNews(
        change_key=f"{document_key(difference.key)}:{change.name}",
        owner_id=entry.owner_id,
        asset=entry.asset,
        amount=entry.amount,
        happened_at=earned_at if is_gift else difference.visit.stamp.occurred_at,
        available_at=_available_at(difference.visit) if is_gift else None,
        correlation_id=change.correlation_id,
    )


def _announcement(entry: PostedEntry, correlation_id: str) -> BalanceChanged:
    return BalanceChanged(
        patient_id=entry.owner_id,
        correlation_id=correlation_id,
        entry_id=entry.entry_id,
        kind=entry.kind.value,
        asset=entry.asset.value,
        amount=entry.amount,
    )
