"""The hub's own workers with failpoints: `celery -A tests.chaos.rigged worker …`. For chaos alone.

Nothing of the hub is replaced: `handle` is called as ever, after a look for marks in the bodies. A lease
shorter than the real one may be asked for, where a scenario must end in seconds.
"""

import os
import signal
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.orm import Session

from hub.flows import drain
from hub.flows.handling import handle
from hub.inbox import claims
from hub.inbox.claims import Claimed, Settlement
from hub.kernel.errors import FieldInvalidError
from tests.chaos.marks import BUG, KILLER, LEASE_VARIABLE, REFUSAL, SWITCH_VARIABLE
from workers.app import app

__all__ = ["app"]


def handle_with_failpoints(session: Session, events: Sequence[Claimed]) -> list[Settlement]:
    """Die on a killer; fail on a bug, and refuse on a refusal, until the switch file is gone."""
    settlements = handle(session, events)
    is_faulty = Path(os.environ[SWITCH_VARIABLE]).exists()
    for event in events:
        if _carries(event, KILLER):
            os.kill(os.getpid(), signal.SIGKILL)
        if is_faulty and _carries(event, BUG):
            raise ZeroDivisionError
        if is_faulty and _carries(event, REFUSAL):
            raise FieldInvalidError(field="chaos")
    return settlements


def _carries(event: Claimed, mark: str) -> bool:
    return f'"chaos": "{mark}"'.encode() in event.content


drain.handle = handle_with_failpoints
claims.LEASE_S = int(os.environ.get(LEASE_VARIABLE, claims.LEASE_S))
