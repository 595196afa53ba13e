"""From rows to stories: each event is understood, then told to the flow of its kind.

Events of one batch are told in waves: the first of every document together, then the second ones,
so that a flow meets each document once per call and order per document holds. Patients' cards are told
before everything; locks are taken in one order: documents, cards, accounts (flows/locking.py).
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from hub.contracts.facts import Fact, PatientSnapshot, UnknownKind, VisitRefunded, VisitSnapshot
from hub.domain.clinics.queries import InfobaseTerms, list_infobases
from hub.domain.visits.mirror import VisitKey
from hub.flows.ending import Ending
from hub.flows.locking import lock_cards, lock_documents, lock_purses
from hub.flows.patient_merged import move_purses
from hub.flows.patient_upserted import record_cards
from hub.flows.visit_refunded import record_refunds
from hub.flows.visit_snapshot import record_visits
from hub.inbox.claims import Claimed, Settlement
from hub.inbox.models import InboxState
from hub.integrations.onec.document_event import Arrival
from hub.integrations.onec.mapper import to_fact
from hub.kernel.errors import HubError

Told = tuple[Claimed, Fact]
Story = Callable[[Session, Sequence[Any]], list[Ending]]


def ignore_unknown(_session: Session, facts: Sequence[UnknownKind]) -> list[Ending]:
    """Unknown is not malformed: noted, not buried."""
    return [Ending(InboxState.IGNORED, reason_code="unknown-kind", reason=fact.kind) for fact in facts]


STORIES: Mapping[type, Story] = {
    PatientSnapshot: record_cards,
    VisitSnapshot: record_visits,
    VisitRefunded: record_refunds,
    UnknownKind: ignore_unknown,
}
"""Which flow hears which fact, in the order in which a wave tells them."""


def handle(session: Session, events: Sequence[Claimed]) -> list[Settlement]:
    """Understand and tell the events; settlements for all of them, in no particular order.

    Raises whatever a flow raises: the caller then tells them one by one.
    """
    bases = {terms.code: terms for terms in list_infobases(session)}
    settlements: list[Settlement] = []
    understood: list[tuple[Claimed, Fact]] = []
    for event in events:
        try:
            understood.append((event, _understand(event, bases[event.sender])))
        except HubError as error:
            settlements.append(_settlement(event, buried_by(error)))
    return settlements + _tell_all(session, understood)


def buried_by(error: HubError) -> Ending:
    """A person must look: why, as code and facts; facts hold no personal values."""
    reason = "; ".join(f"{name}: {value}" for name, value in error.facts.items() if value is not None)
    return Ending(InboxState.BURIED, reason_code=error.code, reason=reason or None)


def _understand(event: Claimed, terms: InfobaseTerms) -> Fact:
    return to_fact(
        event.content,
        "xml" if event.format == "xml" else "json",
        Arrival(
            infobase=event.sender,
            zone=terms.timezone,
            received_at=event.received_at,
            correlation_id=event.correlation_id,
            numbering=str(terms.numbering),
            inbox_id=event.id,
        ),
    )


def _tell_all(session: Session, understood: Sequence[tuple[Claimed, Fact]]) -> list[Settlement]:
    """Tell cards to their end, let purses follow merges, tell documents to their end."""
    cards = [told for told in understood if isinstance(told[1], PatientSnapshot)]
    documents = [told for told in understood if not isinstance(told[1], PatientSnapshot)]
    is_one_round = len(_rounds(cards)) + len(_rounds(documents)) <= 1
    visits: set[VisitKey] = set()
    if not is_one_round:
        visits = lock_documents(session, [fact for _, fact in documents])
        lock_cards(session, [fact for _, fact in understood])
    endings = _tell_to_the_end(session, cards)
    absorbed = [ending.merge.absorbed_id for ending in endings.values() if ending.merge]
    if not is_one_round:
        lock_purses(session, [fact for _, fact in documents], visits, absorbed)
    endings |= move_purses(session, endings)
    endings |= _tell_to_the_end(session, documents)
    return [_settlement(event, endings[event.id]) for event, _ in understood]


def _tell_to_the_end(session: Session, told: Sequence[Told]) -> dict[int, Ending]:
    """Tell round by round; then again whoever parked, as long as that helps.

    What it waits for may have come in a later round, and an event in our hands cannot be woken.
    """
    ended: dict[int, Ending] = {}
    to_tell = told
    while to_tell:
        for story, some in _rounds(to_tell):
            endings = story(session, [fact for _, fact in some])
            ended.update({event.id: ending for (event, _), ending in zip(some, endings, strict=True)})
        parked = [one for one in to_tell if ended[one[0].id].state is InboxState.PARKED]
        to_tell = parked if len(parked) < len(to_tell) else []
    return ended


def _rounds(told: Sequence[Told]) -> list[tuple[Story, list[Told]]]:
    """Split into waves, the first of every document together, and a wave by story."""
    return [
        (story, some)
        for wave in _waves(told)
        for kind, story in STORIES.items()
        if (some := [one for one in wave if isinstance(one[1], kind)])
    ]


def _waves(told: Sequence[Told]) -> list[list[Told]]:
    seen: defaultdict[object, int] = defaultdict(int)
    waves: defaultdict[int, list[Told]] = defaultdict(list)
    for event, fact in told:
        documents = _documents(event, fact)
        number = max(seen[document] for document in documents)
        waves[number].append((event, fact))
        seen.update(dict.fromkeys(documents, number + 1))
    return [waves[number] for number in sorted(waves)]


def _documents(event: Claimed, fact: Fact) -> list[object]:
    """Name what a flow may meet once per call: the card, or the visit, for its refunds too.

    A refund is a document as well: one that was moved to another visit must not meet its former self.
    """
    if isinstance(fact, UnknownKind):
        return [event.id]
    if isinstance(fact, VisitRefunded):
        base = fact.stamp.infobase
        return [("visit", base, fact.visit_ref), ("refund", base, fact.stamp.ref)]
    kind = "card" if isinstance(fact, PatientSnapshot) else "visit"
    return [(kind, fact.stamp.infobase, fact.stamp.ref)]


def _settlement(event: Claimed, ending: Ending) -> Settlement:
    return Settlement(
        event_id=event.id,
        state=ending.state,
        reason_code=ending.reason_code,
        reason=ending.reason,
        waiting_for=ending.waiting_for,
        delay_s=ending.delay_s,
        effects=ending.effects,
    )
