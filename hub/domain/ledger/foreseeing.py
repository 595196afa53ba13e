"""What will burn: read in order of (expiry, lot), so that a reader can stop anywhere and go on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.kernel.money import Asset


@dataclass(frozen=True, slots=True)
class BurningLot:
    """A lot that burns at `expires_at` (exclusive) unless it is spent; `remaining` in hundredths."""

    lot_id: int
    owner_id: UUID
    asset: Asset
    remaining: int
    expires_at: datetime


def list_burning(
    session: Session, *, after: tuple[datetime, int], until: datetime, limit: int
) -> Sequence[BurningLot]:
    """List open lots that burn until then, in order, from behind the (expiry, lot) that was read last."""
    rows = session.execute(
        _BURNING, {"after_at": after[0], "after_id": after[1], "until": until, "limit": limit}
    )
    return [BurningLot(row.id, row.owner_id, Asset(row.asset), row.remaining, row.expires_at) for row in rows]


_BURNING = text("""
    SELECT lot.id, account.owner_id, account.asset, lot.remaining, lot.expires_at
      FROM lot JOIN ledger_account AS account ON account.id = lot.account_id
     WHERE lot.remaining > 0 AND lot.expires_at IS NOT NULL
       AND (lot.expires_at, lot.id) > (:after_at, :after_id) AND lot.expires_at <= :until
     ORDER BY lot.expires_at, lot.id LIMIT :limit
""")
