"""Drain a queue of the inbox: claim a batch, tell its stories, commit effects and endings at once.

A batch that fails is rolled back and told again one by one, each in a commit of its own, so that one bad
event is postponed or buried alone, with its reason. Nothing that was claimed is ever left without an
ending but by a crash, and then its lease ends and the relay takes it back.
"""

import os
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog
from psycopg.errors import DeadlockDetected, SerializationFailure
from sqlalchemy.exc import DBAPIError
from tenacity import (
    Retrying,
    retry_if_exception,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from hub.db.transaction import transaction
from hub.domain.ledger.errors import PurseMovedError
from hub.flows.ending import Ending
from hub.flows.handling import buried_by, handle
from hub.inbox.claims import (
    Claim,
    Claimed,
    LeaseLostError,
    Settlement,
    claim_batch,
    claim_suspect,
    release_untouched,
    settle,
)
from hub.inbox.models import InboxState
from hub.kernel import backoff
from hub.kernel.errors import TRANSIENT, BusyError, HubError

SUSPECTS_MAX = 100
BATCHES_MAX = 10
"""Rounds per nudge; then the drain nudges itself, so that other work of the worker gets its turn."""
_POSTPONED = frozenset({InboxState.READY, InboxState.PARKED})
log = structlog.get_logger()


def drain(queue: str) -> dict[str, int]:
    """Handle what is due in the queue; counts of claimed, done, postponed and buried, and `more`.

    Safe to run any number of times at once: rows are claimed by one drain at a time.
    """
    counts: Counter[str] = Counter(claimed=0, done=0, postponed=0, buried=0, more=0)
    batches = _repeat(claim_batch, queue, BATCHES_MAX, counts)
    suspects = _repeat(claim_suspect, queue, SUSPECTS_MAX, counts)
    # A suspect's followers are due only after it, when the batches have passed them by.
    counts["more"] = int(batches == BATCHES_MAX or suspects > 0)
    return dict(counts)


def _repeat(claim_next: Callable[..., Claim], queue: str, rounds_max: int, counts: Counter[str]) -> int:
    """Claim and work until nothing is due; gives how often there was something."""
    worker = f"{socket.gethostname()}:{os.getpid()}"
    for rounds in range(rounds_max):
        with transaction() as session:
            claim = claim_next(session, queue=queue, worker=worker)
        if not claim.events:
            return rounds
        counts.update(_work(claim))
    return rounds_max


def _work(claim: Claim) -> dict[str, int]:
    """Bring every event of the claim to an ending, or give it back."""
    if not claim.events:
        return {}
    try:
        return _count(claim, _tell(claim))
    except LeaseLostError:
        log.warning("lease_lost", claim_id=str(claim.id), events=len(claim.events))
    except BusyError:
        _give_back(claim)
    return {"claimed": len(claim.events), "postponed": len(claim.events)}


def _tell(claim: Claim) -> list[Settlement]:
    try:
        return _together(claim)
    except (LeaseLostError, BusyError):
        raise
    except Exception:
        log.exception("batch_failed", claim_id=str(claim.id), events=len(claim.events))
        return _one_by_one(claim)


def _together(claim: Claim) -> list[Settlement]:
    """All in one commit; a deadlock with a neighbour is tried again at once, it costs no attempt."""
    settlements: list[Settlement] = []
    for attempt in Retrying(
        retry=retry_if_exception(_is_collision),
        wait=wait_random_exponential(multiplier=0.05, max=0.5),
        stop=stop_after_attempt(4),
        reraise=True,
    ):
        with attempt, transaction() as session:
            settlements = handle(session, claim.events)
            settle(session, claim.id, settlements)
    return settlements


def _one_by_one(claim: Claim) -> list[Settlement]:
    """Each in its own commit. Followers of a postponed event wait behind it, their attempts unburnt.

    Under savepoints of one transaction the locks of the first would be held until the last is told, and two
    workers who meet the same patients would run into each other at every single event.
    """
    settlements: list[Settlement] = []
    blocked: set[str] = set()
    untouched: list[int] = []
    for event in claim.events:
        if event.ordering_key in blocked:
            untouched.append(event.id)
            continue
        settlement = _alone(claim, event)
        settlements.append(settlement)
        if settlement.state is InboxState.READY and event.ordering_key:
            blocked.add(event.ordering_key)
    with transaction() as session:
        release_untouched(session, claim.id, untouched)
    return settlements


def _alone(claim: Claim, event: Claimed) -> Settlement:
    try:
        [settlement] = _together(replace(claim, events=(event,)))
    except (LeaseLostError, BusyError):
        raise
    except Exception as error:  # whatever it is, it ends this event alone, with its reason
        log.exception("event_failed", event_id=str(event.public_id), topic=event.topic)
        settlement = _failed(event, error)
        with transaction() as session:
            settle(session, claim.id, [settlement])
    return settlement


def _failed(event: Claimed, error: Exception) -> Settlement:
    """Time may cure it: postpone by the schedule. It may not, or not any more: bury."""
    if isinstance(error, HubError) and error.kind not in TRANSIENT:
        ending = buried_by(error)
    else:
        code = error.code if isinstance(error, HubError) else "unexpected"
        delay_s = backoff.delay_s(backoff.INBOX, event.attempts)
        state = InboxState.BURIED if delay_s is None else InboxState.READY
        ending = Ending(state, reason_code=code, reason=type(error).__name__, delay_s=delay_s or 0)
    return Settlement(
        event_id=event.id,
        state=ending.state,
        reason_code=ending.reason_code,
        reason=ending.reason,
        delay_s=ending.delay_s,
    )


def _give_back(claim: Claim) -> None:
    """The database went away in mid-work, and with it our transaction: release the rows when it is back."""
    event_ids = [event.id for event in claim.events]
    try:
        for attempt in Retrying(
            retry=retry_if_exception_type(BusyError),
            wait=wait_random_exponential(multiplier=0.2, max=2),
            stop=stop_after_attempt(6),
            reraise=True,
        ):
            with attempt, transaction() as session:
                release_untouched(session, claim.id, event_ids)
    except BusyError:
        log.warning("claim_left_to_lease", claim_id=str(claim.id), events=len(event_ids))


def _is_collision(error: BaseException) -> bool:
    """A purse that moved to an heir since we looked is a collision too: looked at again, it is found."""
    if isinstance(error, PurseMovedError):
        return True
    return isinstance(error, DBAPIError) and isinstance(error.orig, DeadlockDetected | SerializationFailure)


def _count(claim: Claim, settlements: Sequence[Settlement]) -> dict[str, int]:
    states = Counter(settlement.state for settlement in settlements)
    buried = states.pop(InboxState.BURIED, 0)
    postponed = sum(states.pop(state, 0) for state in _POSTPONED)
    untouched = len(claim.events) - len(settlements)
    return {
        "claimed": len(claim.events),
        "done": sum(states.values()),
        "postponed": postponed + untouched,
        "buried": buried,
    }
