"""What a patient has: the ledger's balances, and the tier that decides what the next visit earns."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from hub.domain.ledger.queries import AssetBalance, balances
from hub.domain.loyalty.models import Tier
from hub.domain.loyalty.tiers import get_tier
from hub.domain.patients.queries import Profile, get_patient
from hub.kernel import clock


@dataclass(frozen=True, slots=True)
class BalanceSheet:
    """A patient's balances and tier as of one instant."""

    profile: Profile
    as_of: datetime
    assets: tuple[AssetBalance, ...]
    tier: Tier

    @property
    def version(self) -> int:
        """Postings so far; grows with every entry."""
        return sum(asset.version for asset in self.assets)


def read_balance(session: Session, patient_id: UUID) -> BalanceSheet:
    """Give what the patient has now; a merged patient's question is answered for who took over.

    Raises: NotFoundError.
    """
    profile = get_holder(session, patient_id)
    return BalanceSheet(
        profile=profile,
        as_of=clock.now(),
        assets=balances(session, profile.patient_id),
        tier=get_tier(session, profile.patient_id),
    )


def get_holder(session: Session, patient_id: UUID) -> Profile:
    """Get whose account answers for this patient: their own, or that of who took over in a merge.

    Raises: NotFoundError.
    """
    profile = get_patient(session, patient_id)
    return profile if profile.merged_into is None else get_patient(session, profile.merged_into)
