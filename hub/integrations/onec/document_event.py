"""One event of 1C, opened: its document's head, and the stamp that every fact carries."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from hub.contracts.facts import DocumentStamp
from hub.integrations.onec import json_shape, names, reading, xml_shape
from hub.integrations.onec.decoding import decode
from hub.integrations.onec.errors import FactInvalidError
from hub.integrations.onec.section import Section
from hub.integrations.onec.tree import Names, Tree, known_fields
from hub.kernel import clock

FIELD = "\x1f"
RECORD = "\x1e"
"""Separators of the hashed text; control characters never survive in a value."""
_BODIES = ("visit", "patient", "cancel")


@dataclass(frozen=True, slots=True)
class DocumentEvent:
    """The event and the head of its document."""

    infobase: str
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
        normalised = RECORD.join((head, *content, *sorted(self.root.warnings)))
        # Without a date the order is that of arrival, and rows of one document are read in that order.
        occurred_at = self.root.find_instant("occurred_at") or clock.now()
        return DocumentStamp(
            infobase=self.infobase,
            object_type=object_type,
            ref=ref,
            number=number,
            data_version=self.document.text("data_version"),
            content_hash=hashlib.sha256(normalised.encode()).digest(),
            message_no=self.root.section("exchange", names.EXCHANGE).find_number("message_no"),
            occurred_at=occurred_at,
            is_live=is_live,
        )


def open_document_event(content: bytes, *, is_xml: bool, infobase: str, zone: str) -> DocumentEvent:
    """Open an event's bytes; naive dates are in the sender's own zone if it names one, else in `zone`.

    Raises: UnparsableError; XmlUnsafeError; FactInvalidError.
    """
    text = decode(content)
    tree: Tree = xml_shape.parse_event(text) if is_xml else json_shape.parse_json(text)
    if not isinstance(tree, dict):
        raise FactInvalidError("", "not-an-object")
    fields = known_fields(tree, names.ROOT)
    source = Section(fields=fields, pointer="", zone=zone, warnings=set()).section("source", names.SOURCE)
    named_zone = reading.find_zone(source.text("tz"))
    root = Section(fields=fields, pointer="", zone=named_zone or zone, warnings=set())
    document = root.section("object", names.OBJECT)
    is_posted = document.flag("posted", default=True)
    is_marked = document.flag("deletion_mark", default=False)
    return DocumentEvent(infobase=infobase, root=root, document=document, is_live=is_posted and not is_marked)
