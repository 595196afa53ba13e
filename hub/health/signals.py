"""Writing and reading health signals."""

from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from hub.health.models import Health, HealthSignal
from hub.kernel import clock


def record_signal(session: Session, name: str, status: Health, detail: str = "") -> None:
    """Say how a part is now; `since` moves only when the status changes."""
    session.execute(_UPSERT, {"name": name, "status": status.value, "detail": detail, "now": clock.now()})


def list_signals(session: Session) -> dict[str, HealthSignal]:
    """Give the last word of every part."""
    return {signal.name: signal for signal in session.scalars(select(HealthSignal))}


def is_fresh(signal: HealthSignal | None, *, within_s: float, now: datetime) -> bool:
    """Whether the part has spoken lately."""
    return signal is not None and now - signal.seen_at <= timedelta(seconds=within_s)


_UPSERT = text("""
INSERT INTO health_signal (name, status, detail, since, seen_at)
VALUES (:name, :status, :detail, :now, :now)
ON CONFLICT (name) DO UPDATE
SET status = excluded.status, detail = excluded.detail, seen_at = excluded.seen_at,
    since = CASE WHEN health_signal.status = excluded.status THEN health_signal.since
                 ELSE excluded.since END
""")
