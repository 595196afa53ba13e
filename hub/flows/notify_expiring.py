"""Points burn in 30, 7 or 1 days: their owner is warned, once per lot and threshold.

Run late, doubled or after a week of silence it gives the same: what has come nearer than a threshold since
the last run is told, and what is nearer than the next threshold already is told under that one alone.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from hub.domain.ledger.foreseeing import BurningLot, list_burning
from hub.domain.notifications.caps import KEEP_DAYS, forget_counts
from hub.domain.notifications.catalogue import EXPIRY_THRESHOLDS, NoticeKind
from hub.domain.notifications.horizon import lock_horizon, move_horizon
from hub.domain.notifications.noting import NoticeDraft, notify
from hub.flows.notify_words import as_facts
from hub.kernel import clock

SLICE_MAX = 500
_LOT_LAST = 2**62
"""Behind every lot of an instant: what burns just then belongs to the nearer threshold."""


def foresee_expiry(session: Session) -> dict[str, int]:
    """Note a slice of warnings per threshold, drop counts of days long over; `more` when a slice was full."""
    now = clock.now()
    nearest = [*sorted(EXPIRY_THRESHOLDS), 0]
    done = more = 0
    for days, kind in EXPIRY_THRESHOLDS.items():
        nearer = max(other for other in nearest if other < days)
        found = _warn(session, kind, days, now + timedelta(days=nearer), now + timedelta(days=days))
        done += found
        more |= int(found == SLICE_MAX)
    forget_counts(session, before=now.date() - timedelta(days=KEEP_DAYS))
    return {"done": done, "more": more}


def _warn(session: Session, kind: NoticeKind, days: int, from_at: datetime, until: datetime) -> int:
    seen = lock_horizon(session, days)
    after = max(seen, (from_at, _LOT_LAST))
    lots = list_burning(session, after=after, until=until, limit=SLICE_MAX)
    notify(session, [_draft(kind, days, lot) for lot in lots])
    if len(lots) == SLICE_MAX:
        move_horizon(session, days, until=lots[-1].expires_at, lot_id=lots[-1].lot_id)
    elif until > seen[0]:
        move_horizon(session, days, until=until, lot_id=lots[-1].lot_id if lots else 0)
    return len(lots)


def _draft(kind: NoticeKind, days: int, lot: BurningLot) -> NoticeDraft:
    return NoticeDraft(
        kind=kind,
        notice_key=f"expiring:{days}:{lot.lot_id}",
        patient_id=lot.owner_id,
        facts=as_facts(
            {
                "amount": lot.remaining,
                "asset": lot.asset.value,
                "expires_at": lot.expires_at,
                "days": days,
            }
        ),
        happened_at=clock.now(),
        expires_at=lot.expires_at,
    )
