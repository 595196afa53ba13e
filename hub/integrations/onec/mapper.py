"""An event's bytes to a fact: both formats give equal facts, and what no fact has is never read."""

from collections.abc import Callable, Mapping
from typing import Literal

from hub.contracts.facts import Fact, UnknownKind
from hub.integrations.onec import patients, visits
from hub.integrations.onec.document_event import Arrival, DocumentEvent, open_document_event

KIND_LENGTH_MAX = 64

_READERS: Mapping[str, Callable[[DocumentEvent], Fact]] = {
    "visit.completed": visits.read_completed,
    "visit.cancelled": visits.read_cancelled,
    "visit.refunded": visits.read_refunded,
    "patient.upserted": patients.read_patient,
    "patient.merged": patients.read_merged,
}


def to_fact(
    content: bytes,
    format: Literal["json", "xml"],  # noqa: A002  # the envelope's word
    arrival: Arrival,
) -> Fact:
    """Understand one event. Without a date of its own it is dated by its arrival.

    Repeating gives an equal fact.
    Raises: FactInvalidError with the field's pointer; UnparsableError, XmlUnsafeError (the door saw to it).
    """
    event = open_document_event(content, is_xml=format == "xml", arrival=arrival)
    kind = event.root.text("event_type").lower()
    if not kind:
        raise event.root.invalid("event_type", "required")
    reader = _READERS.get(kind)
    return reader(event) if reader else UnknownKind(kind[:KIND_LENGTH_MAX])
