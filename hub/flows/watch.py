"""Watching ourselves: pulses through every queue, and the ledger's invariants."""

import structlog
from sqlalchemy.orm import Session

from hub.domain.ledger.checks import find_violations
from hub.health.models import Health
from hub.health.signals import record_signal

log = structlog.get_logger()


def pulse(session: Session, queue: str) -> dict[str, int]:
    """Say that beat, the broker and this queue's worker live: the pulse went through all three."""
    record_signal(session, f"workers:{queue}", Health.OK)
    record_signal(session, "scheduler", Health.OK)
    return {}


def check_ledger(session: Session) -> dict[str, int]:
    """Ask every invariant of the ledger; a violation turns health down and names the check."""
    violations = find_violations(session)
    for violation in violations:
        log.error("ledger_violated", check=violation.check, count=violation.count)
    detail = ", ".join(violation.check for violation in violations)
    record_signal(session, "ledger", Health.DOWN if violations else Health.OK, detail)
    return {"violations": len(violations)}
