"""What a person may do to an event: try it again, or give it up."""

from sqlalchemy.orm import Session

from hub.inbox import queries
from hub.inbox.models import InboxEvent, InboxState
from hub.kernel import clock
from hub.kernel.errors import ErrorKind, HubError

GIVEN_UP = "given-up"
_REPLAYABLE = frozenset({InboxState.BURIED, InboxState.PARKED, InboxState.IGNORED, InboxState.STALE})
_BURIABLE = frozenset({InboxState.READY, InboxState.PARKED})


class NotReplayableError(HubError):
    """Only an event that waits for a person or a fact may be tried again by hand."""

    code = "event-not-replayable"
    kind = ErrorKind.REFUSED


class NotBuriableError(HubError):
    """Only an event that still waits may be given up; one in a worker's hands, or ended, may not."""

    code = "event-not-buriable"
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


def bury_event(session: Session, public_id: str) -> tuple[InboxEvent, bool]:
    """Give up an event that waits for its turn or for a fact; gives it, and whether that was news.

    Its followers go on without it, and it can still be replayed. Repeating on a buried event changes
    nothing. Raises: NotFoundError, NotBuriableError.
    """
    event = _lock_event(session, public_id)
    if event.state == InboxState.BURIED:
        return event, False
    if event.state not in _BURIABLE:
        raise NotBuriableError(state=event.state)
    event.state = InboxState.BURIED
    event.waiting_for = event.reason = None
    event.reason_code = GIVEN_UP
    event.finished_at = clock.now()
    session.flush()  # the caller answers with the row as it now stands
    return event, True


def _lock_event(session: Session, public_id: str) -> InboxEvent:
    event = queries.get_event(session, public_id)
    session.refresh(event, with_for_update=True)
    return event
