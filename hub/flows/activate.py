"""What was promised becomes spendable when its day has come. Run late or twice, it gives the same."""

from sqlalchemy.orm import Session

from hub.domain.ledger.activating import activate_due
from hub.flows.notify_balance import tell_activated

BATCH_MAX = 200


def activate(session: Session) -> dict[str, int]:
    """Activate a batch of due pending points; `more` when the batch was full."""
    activated = activate_due(session, limit=BATCH_MAX)
    tell_activated(session, activated)
    return {"done": len(activated), "more": int(len(activated) >= BATCH_MAX)}
