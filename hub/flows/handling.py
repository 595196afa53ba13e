"""From rows to stories: each event is understood, then told to the flow of its kind.

Events of one batch are told in waves: the first of every document together, then the second ones,
so that a flow meets each document once per call and order per document holds. Patients' cards go
before everything, so that locks are taken in one order: cards, documents, accounts.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from hub.contracts.facts import Fact, PatientSnapshot, UnknownKind, VisitRefunded, VisitSnapshot
from hub.domain.clinics.queries import list_infobases
from hub.flows.ending import Ending
from hub.flows.patient_upserted import record_cards
from hub.flows.visit_refunded import record_refunds
from hub.flows.visit_snapshot import record_visits
from hub.inbox.claims import Claimed, Settlement
from hub.inbox.models import InboxState
from hub.integrations.onec.mapper import to_fact
from hub.kernel.errors import HubError

Told = tuple[Claimed, Any]
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
    zones = {terms.code: terms.timezone for terms in list_infobases(session)}
    settlements: list[Settlement] = []
    understood: list[tuple[Claimed, Fact]] = []
    for event in events:
        try:
            understood.append((event, _understand(event, zones[event.sender])))
        except HubError as error:
            settlements.append(_settlement(event, buried_by(error)))
    return settlements + _tell_all(session, understood)


def buried_by(error: HubError) -> Ending:
    """A person must look: why, as code and facts; facts hold no personal values."""
    reason = "; ".join(f"{name}: {value}" for name, value in error.facts.items() if value is not None)
    return Ending(InboxState.BURIED, reason_code=error.code, reason=reason or None)


def _understand(event: Claimed, zone: str) -> Fact:
    return to_fact(
        event.content,
        "xml" if event.format == "xml" else "json",
        infobase=event.sender,
        zone=zone,
        received_at=event.received_at,
        correlation_id=event.correlation_id,
    )


def _tell_all(session: Session, understood: Sequence[tuple[Claimed, Fact]]) -> list[Settlement]:
    """Tell wave by wave, cards first; then again whoever parked, as long as that helps.

    What it waits for may have come in a later wave, and an event in our hands cannot be woken.
    """
    ended: dict[int, Settlement] = {}
    to_tell = understood
    while to_tell:
        cards = [told for told in to_tell if isinstance(told[1], PatientSnapshot)]
        documents = [told for told in to_tell if not isinstance(told[1], PatientSnapshot)]
        for wave in [*_waves(cards), *_waves(documents)]:
            ended.update({settlement.event_id: settlement for settlement in _tell(session, wave)})
        parked = [told for told in to_tell if ended[told[0].id].state is InboxState.PARKED]
        to_tell = parked if len(parked) < len(to_tell) else []
    return list(ended.values())


def _waves(understood: Sequence[tuple[Claimed, Fact]]) -> list[list[Told]]:
    seen: Counter[object] = Counter()
    waves: defaultdict[int, list[Told]] = defaultdict(list)
    for event, fact in understood:
        document = _document(event, fact)
        waves[seen[document]].append((event, fact))
        seen[document] += 1
    return [waves[number] for number in sorted(waves)]


def _document(event: Claimed, fact: Fact) -> object:
    """Name what a flow may meet once per call: the visit (for its refunds too), or the card."""
    if isinstance(fact, UnknownKind):
        return event.id
    ref = fact.visit_ref if isinstance(fact, VisitRefunded) else fact.stamp.ref
    return isinstance(fact, PatientSnapshot), fact.stamp.infobase, ref


def _tell(session: Session, wave: Sequence[Told]) -> list[Settlement]:
    settlements: list[Settlement] = []
    for kind, story in STORIES.items():
        told = [(event, fact) for event, fact in wave if isinstance(fact, kind)]
        if told:
            endings = story(session, [fact for _, fact in told])
            settlements += [
                _settlement(event, ending) for (event, _), ending in zip(told, endings, strict=True)
            ]
    return settlements


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
