"""A body from 1C stands at the door: read what is written on it, so that it can be kept.

Nothing is judged but grammar and whose it is. What cannot be read at all is kept too, as a buried
row for operators, before its sender is told.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from hub.contracts.parties import Source
from hub.inbox.store import Arrival
from hub.integrations.onec import exchange_schema
from hub.integrations.onec.envelope import Envelope, read_envelopes
from hub.integrations.onec.errors import UnparsableError
from hub.kernel.errors import ErrorKind, HubError
from hub.taskqueue.names import Queue

log = structlog.get_logger(__name__)


class InfobaseForeignError(HubError):
    """The event says it comes from another infobase than the caller's credential."""

    code = "infobase-foreign"
    kind = ErrorKind.FORBIDDEN


@dataclass(frozen=True, slots=True)
class Reading:
    """What to keep, and what to tell the sender once it is kept: `refusal` for an unreadable body.

    Medical fields are not kept at all; unknown ones are kept sealed, and never read.
    """

    arrivals: tuple[Arrival, ...]
    is_array: bool
    refusal: HubError | None = None
    medical_fields: int = 0
    unknown_fields: int = 0


def read_arrivals(body: bytes, content_type: str | None, *, infobase: str, correlation_id: str) -> Reading:
    """Decode, split and label a body of this infobase.

    Raises: InfobaseForeignError, XmlUnsafeError, BatchTooLargeError: of those nothing is kept.
    """
    try:
        batch = read_envelopes(body, content_type)
    except UnparsableError as error:
        return Reading((_unreadable(body, infobase, correlation_id, error),), is_array=False, refusal=error)
    _refuse_foreign(batch.items, infobase)
    arrivals = tuple(_arrival(envelope, infobase, correlation_id) for envelope in batch.items)
    medical_fields = sum(envelope.dropped.medical for envelope in batch.items)
    if medical_fields:
        # Neither names nor values: the name of a field may be half the diagnosis.
        log.warning("medical_fields_dropped", infobase=infobase, count=medical_fields)
    unknown_fields = sum(envelope.dropped.unknown for envelope in batch.items)
    return Reading(arrivals, batch.is_array, medical_fields=medical_fields, unknown_fields=unknown_fields)


def read_schema() -> bytes:
    """Give the XSD of what a 1C developer should send."""
    return exchange_schema.read()


def ordering_key(infobase: str, topic: str, document_ref: str) -> str | None:
    """Name the document whose events are handled one after another."""
    return f"onec:{infobase}:{topic.partition('.')[0]}:{document_ref}" if document_ref else None


def _refuse_foreign(envelopes: Sequence[Envelope], infobase: str) -> None:
    """An event that names no base is the caller's; the worker will bury it for that."""
    for envelope in envelopes:
        if envelope.infobase and envelope.infobase != infobase:
            raise InfobaseForeignError


def _arrival(envelope: Envelope, infobase: str, correlation_id: str) -> Arrival:
    return Arrival(
        source=Source.ONEC,
        sender=infobase,
        topic=envelope.topic,
        queue=Queue.CORE,
        event_id=envelope.event_id,
        object_ref=envelope.ref,
        ordering_key=ordering_key(infobase, envelope.topic, envelope.document_ref),
        node=envelope.node,
        message_no=envelope.message_no,
        format=envelope.format,
        content=envelope.content,
        sha256=envelope.sha256,
        correlation_id=correlation_id,
    )


def _unreadable(body: bytes, infobase: str, correlation_id: str, error: UnparsableError) -> Arrival:
    return Arrival(
        source=Source.ONEC,
        sender=infobase,
        topic="",
        queue=Queue.CORE,
        event_id="",
        object_ref="",
        ordering_key=None,
        node="",
        message_no=None,
        format="bytes",
        content=body,
        sha256=hashlib.sha256(body).digest(),
        correlation_id=correlation_id,
        bury_code=error.code,
        bury_reason=f"line {error.facts['line']}, column {error.facts['column']}",
    )
