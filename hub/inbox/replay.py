"""What a person may do to an event: try it again, or give it up."""

from sqlalchemy.orm import Session

from hub.inbox import queries
from hub.inbox.models import InboxEvent, InboxState
from hub.kernel import clock
from hub.kernel.errors import ErrorKind, HubError

_REPLAYABLE = frozenset({InboxState.BURIED, InboxState.PARKED, InboxState.IGNORED, InboxState.STALE})


class NotReplayableError(HubError):
    """Only an event that waits for a person or a fact may be tried again by hand."""

    code = "event-not-replayable"
    kind = ErrorKind.REFUSED


def replay_event(session: Session, public_id: str) -> InboxEvent:
    """Make a buried, parked, ignored or stale event ready again, with a clean slate of attempts.

    Repeating on a ready or running event changes nothing. Raises: NotFoundError, NotReplayableError.
    """
    event = _lock_event(session, public_id)
    if event.state in {InboxState.READY, InboxState.RUNNING}:
        return event
    if event.state not in _REPLAYABLE or not event.event_id:
        raise NotReplayableError(state=event.state)
    event.state = InboxState.READY
    event.attempts = event.crashes = 0
    event.waiting_for = event.reason_code = event.reason = event.finished_at = None
    event.next_attempt_at = clock.now()
    session.flush()  # the caller answers with the row as it now stands
    return event


def _lock_event(session: Session, public_id: str) -> InboxEvent:
    event = queries.get_event(session, public_id)
    session.refresh(event, with_for_update=True)
    return event
