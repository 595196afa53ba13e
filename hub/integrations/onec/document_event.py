"""One event of 1C, opened: its document's head, and the stamp that every fact carries."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.contracts.facts import DocumentStamp
from hub.integrations.onec import json_shape, names, reading, xml_shape
from hub.integrations.onec.decoding import decode
from hub.integrations.onec.errors import FactInvalidError
from hub.integrations.onec.section import Frame, Section
from hub.integrations.onec.spelling import Names
from hub.integrations.onec.tree import Tree

FIELD = "\x1f"
RECORD = "\x1e"
"""Separators of the hashed text; control characters never survive in a value."""
_BODIES = ("visit", "patient", "cancel")


@dataclass(frozen=True, slots=True)
class Arrival:
    """What the row says of its event, whatever the body says: which row, whose, and when it came."""

    infobase: str
    zone: str
    """The clinic's, for naive dates whose sender names none."""
    received_at: datetime
    correlation_id: str = ""
    numbering: str = ""
    """Which run of the base's message numbers it came in; each node has its own in it."""
    inbox_id: int = 0


@dataclass(frozen=True, slots=True)
class DocumentEvent:
    """The event and the head of its document."""

    arrival: Arrival
    root: Section
    document: Section
    is_live: bool
    """Posted (catalogues are always) and not marked for deletion."""

    def body(self, name: str, spellings: Names) -> Section:
        """Open the part that this kind of event is about.

        Raises: FactInvalidError (required; body-mismatch when another kind's part came instead).
        """
        section = self.root.section(name, spellings)
        if section.is_empty:
            others = [other for other in _BODIES if other != name and self.root.has(other)]
            raise (
                self.root.invalid(others[0], "body-mismatch")
                if others
                else self.root.invalid(name, "required")
            )
        return section

    def stamp(self, ref: UUID, *, is_live: bool, content: Iterable[str]) -> DocumentStamp:
        """Make the fact's head; `content` is the fact itself, normalised, in a fixed order."""
        number = self.document.text("number")
        object_type = self.document.text("type")
        head = FIELD.join((object_type, str(ref), number, "live" if is_live else "dead"))
        normalised = RECORD.join((head, *content, *sorted(self.root.frame.warnings)))
        return DocumentStamp(
            infobase=self.arrival.infobase,
            object_type=object_type,
            ref=ref,
            number=number,
            data_version=self.document.text("data_version"),
            content_hash=hashlib.sha256(normalised.encode()).digest(),
            message_no=self.root.section("exchange", names.EXCHANGE).find_number("message_no"),
            # Without a date the order is that of arrival, however often the row is read again.
            occurred_at=self.root.find_instant("occurred_at") or self.arrival.received_at,
            is_live=is_live,
            correlation_id=self.arrival.correlation_id,
            numbering=f"{self.arrival.numbering}/{self.root.section('source', names.SOURCE).text('node')}",
            inbox_id=self.arrival.inbox_id,
        )


def open_document_event(content: bytes, *, is_xml: bool, arrival: Arrival) -> DocumentEvent:
    """Open an event's bytes; naive dates are in the sender's own zone if it names one.

    Raises: UnparsableError; XmlUnsafeError; FactInvalidError.
    """
    text = decode(content)
    tree: Tree = xml_shape.parse_event(text) if is_xml else json_shape.parse_json(text)
    if not isinstance(tree, dict):
        raise FactInvalidError("", "not-an-object")
    frame = Frame(zone=arrival.zone)
    root = Section(names.ROOT.known(tree), "", frame)
    frame.zone = reading.find_zone(root.section("source", names.SOURCE).text("tz")) or arrival.zone
    document = root.section("object", names.OBJECT)
    is_posted = document.flag("posted", default=True)
    is_marked = document.flag("deletion_mark", default=False)
    return DocumentEvent(arrival=arrival, root=root, document=document, is_live=is_posted and not is_marked)
