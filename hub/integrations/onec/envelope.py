"""The door's fast look at a body: which events it holds, and what each must be filed under.

Nothing is judged here but the grammar: an event of no kind about nothing is filed too, and buried by
a worker with a pointer to what it lacks. What nobody may keep is gone from here on: ADR 0010.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

from lxml import etree

from hub.integrations.onec import json_shape, names, reading, xml_shape
from hub.integrations.onec.decoding import decode, find_charset
from hub.integrations.onec.dropping import NOTHING_DROPPED, Dropped, clean_json, clean_xml
from hub.integrations.onec.json_shape import JsonItem
from hub.integrations.onec.spelling import Names
from hub.integrations.onec.tree import Fields, Tree
from hub.integrations.onec.xml_shape import XmlEvent
from hub.kernel.ids import derived_id

_NAME_LENGTH_MAX = 64
_ID_LENGTH_MAX = 200
_FIRST_SIGN = re.compile(r"\s*(\S)")
_ZERO_GUID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Envelope:
    """One event as bytes, and what is written on it; "" is what was absent or unusable."""

    format: Literal["json", "xml"]
    content: bytes
    """What was sent, to the byte (an item of an array is its own slice, in UTF-8), unless something medical
    had to leave it."""
    sha256: bytes
    """Of what was sent."""
    topic: str
    infobase: str
    event_id: str
    object_type: str
    ref: str
    document_ref: str
    """The visit (or patient) whose events must be handled in order."""
    message_no: int | None
    node: str
    """Of the base: each node numbers its own messages."""
    occurred_at: str
    """As written: without the clinic's zone a naive date has no instant yet."""
    data_version: str
    dropped: Dropped = NOTHING_DROPPED


@dataclass(frozen=True, slots=True)
class Batch:
    """All events of one body; `is_array` decides the shape of the answer."""

    is_array: bool
    items: tuple[Envelope, ...]


def read_envelopes(body: bytes, content_type: str | None) -> Batch:
    """Decode, split and label a body.

    The content type is trusted only for its charset, since 1C sends any or none. Repeating gives the same.
    Raises: UnparsableError; XmlUnsafeError; BatchTooLargeError.
    """
    charset = find_charset(content_type)
    text = decode(body, charset)
    # An encoding that only the header names would be lost on the way to the worker.
    content = text.encode() if charset else body
    sign = _FIRST_SIGN.match(text)
    if sign and sign[1] == "<":
        return _xml_batch(content, text)
    if sign and sign[1] == "[":
        items = tuple(_json_envelope(item.text.encode(), item) for item in json_shape.split_batch(text))
        return Batch(is_array=True, items=items)
    return Batch(is_array=False, items=(_json_envelope(content, json_shape.read_item(text)),))


def _json_envelope(sent: bytes, item: JsonItem) -> Envelope:
    text, dropped = clean_json(item)
    content = sent if text is item.text else text.encode()
    return _envelope("json", content, hashlib.sha256(sent).digest(), item.tree, dropped)


def _xml_batch(sent: bytes, text: str) -> Batch:
    document = xml_shape.read_document(text)
    if not document.is_array:
        (event,) = document.events
        return Batch(is_array=False, items=(_xml_envelope(sent, document.root, event),))
    messages = [(xml_shape.alone(event), event) for event in document.events]
    items = (_xml_envelope(xml_shape.write_xml(message), message, event) for message, event in messages)
    return Batch(is_array=True, items=tuple(items))


def _xml_envelope(sent: bytes, root: etree._Element, event: XmlEvent) -> Envelope:
    dropped = clean_xml(event.tree, root, hides=event.hides)
    content = xml_shape.write_xml(root) if dropped.medical else sent
    return _envelope("xml", content, hashlib.sha256(sent).digest(), event.tree, dropped)


def _envelope(
    body_format: Literal["json", "xml"], content: bytes, sha256: bytes, tree: Tree, dropped: Dropped
) -> Envelope:
    root = names.ROOT.known(tree) if isinstance(tree, dict) else {}
    document = _section(root, "object", names.OBJECT)
    topic = _text(root, "event_type", _NAME_LENGTH_MAX).lower()
    source = _section(root, "source", names.SOURCE)
    infobase = _text(source, "infobase", _NAME_LENGTH_MAX)
    object_type = _text(document, "type", _ID_LENGTH_MAX)
    ref = _reference(document, "ref")
    data_version = _text(document, "data_version", _ID_LENGTH_MAX)
    event_id = _reference(root, "event_id")
    return Envelope(
        format=body_format,
        content=content,
        sha256=sha256,
        topic=topic,
        infobase=infobase,
        event_id=event_id or str(derived_id(infobase, object_type, ref, data_version or sha256.hex())),
        object_type=object_type,
        ref=ref,
        document_ref=_document_ref(topic, root, document),
        message_no=reading.find_number(
            _text(_section(root, "exchange", names.EXCHANGE), "message_no", _ID_LENGTH_MAX)
        ),
        node=_text(source, "node", _NAME_LENGTH_MAX),
        occurred_at=_text(root, "occurred_at", _NAME_LENGTH_MAX),
        data_version=data_version,
        dropped=dropped,
    )


def _document_ref(topic: str, root: Fields, document: Fields) -> str:
    """Name the document whose events queue behind each other: a refund waits in its visit's queue."""
    family = topic.partition(".")[0]
    if family == "visit":
        cancelled = _guid(_section(root, "cancel", names.CANCEL), "visit_ref")
        return cancelled or ("" if topic == "visit.refunded" else _guid(document, "ref"))
    if family == "patient":
        return _guid(document, "ref") or _guid(_section(root, "patient", names.PATIENT), "ref")
    return ""


def _section(fields: Fields, name: str, spellings: Names) -> Fields:
    value = fields.get(name)
    return spellings.known(value) if isinstance(value, dict) else {}


def _text(fields: Fields, name: str, length_max: int) -> str:
    value = fields.get(name)
    return reading.clean_text(value)[:length_max] if isinstance(value, str) else ""


def _guid(fields: Fields, name: str) -> str:
    """Give a canonical GUID, or "" for none and for 1C's empty one."""
    value = fields.get(name)
    if isinstance(value, dict):
        return _guid(names.REFERENCE.known(value), "ref")
    found = str(reading.find_guid(value) or "") if isinstance(value, str) else ""
    return "" if found == _ZERO_GUID else found


def _reference(fields: Fields, name: str) -> str:
    """Give a canonical GUID if it is one, else what was written; the empty GUID is nothing."""
    given = _text(fields, name, _ID_LENGTH_MAX)
    return "" if reading.find_guid(given) and not _guid(fields, name) else _guid(fields, name) or given
