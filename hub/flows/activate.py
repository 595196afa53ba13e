"""What was promised becomes spendable when its day has come. Run late or twice, it gives the same."""

from sqlalchemy.orm import Session

from hub.domain.ledger.activating import activate_due

BATCH_MAX = 200


def activate(session: Session) -> dict[str, int]:
    """Activate a batch of due pending points; `more` when the batch was full."""
    done = activate_due(session, limit=BATCH_MAX)
    return {"done": done, "more": int(done >= BATCH_MAX)}
