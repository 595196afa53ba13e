"""An event's bytes to a fact: both formats give equal facts, and what no fact has is never read."""

from collections.abc import Callable, Mapping
from typing import Literal

from hub.contracts.facts import Fact, UnknownKind
from hub.integrations.onec import patients, visits
from hub.integrations.onec.document_event import DocumentEvent, open_document_event

KIND_LENGTH_MAX = 64

_READERS: Mapping[str, Callable[[DocumentEvent], Fact]] = {
    "visit.completed": visits.read_completed,
    "visit.cancelled": visits.read_cancelled,
    "visit.refunded": visits.read_refunded,
    "patient.upserted": patients.read_patient,
}


def to_fact(content: bytes, format: Literal["json", "xml"], *, infobase: str, zone: str) -> Fact:  # noqa: A002  # the envelope's word
    """Understand one event; `zone` is the clinic's, for naive dates whose sender names none.

    Repeating gives an equal fact (but an event without a date is dated by the clock).
    Raises: FactInvalidError with the field's pointer; UnparsableError, XmlUnsafeError (the door saw to it).
    """
    event = open_document_event(content, is_xml=format == "xml", infobase=infobase, zone=zone)
    kind = event.root.text("event_type").lower()
    if not kind:
        raise event.root.invalid("event_type", "required")
    reader = _READERS.get(kind)
    return reader(event) if reader else UnknownKind(kind[:KIND_LENGTH_MAX])
