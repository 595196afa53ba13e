"""The door's fast look at a body: which events it holds, and what each must be filed under.

Nothing is judged here but the grammar: an event of no kind about nothing is filed too, and buried by
a worker with a pointer to what it lacks.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

from hub.integrations.onec import json_shape, names, reading, xml_shape
from hub.integrations.onec.decoding import decode, find_charset
from hub.integrations.onec.tree import Fields, Names, Tree, known_fields
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
    """Exactly what was sent: the body, or the item's own slice of an array in UTF-8."""
    sha256: bytes
    topic: str
    infobase: str
    event_id: str
    object_type: str
    ref: str
    document_ref: str
    """The visit (or patient) whose events must be handled in order."""
    message_no: int | None
    occurred_at: str
    """As written: without the clinic's zone a naive date has no instant yet."""
    data_version: str


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
        return Batch(is_array=False, items=(_envelope("xml", content, xml_shape.parse_event(text)),))
    if sign and sign[1] == "[":
        slices = json_shape.split_batch(text)
        items = tuple(_envelope("json", piece.encode(), tree) for piece, tree in slices)
        return Batch(is_array=True, items=items)
    return Batch(is_array=False, items=(_envelope("json", content, json_shape.parse_json(text)),))


def _envelope(body_format: Literal["json", "xml"], content: bytes, tree: Tree) -> Envelope:
    root = known_fields(tree, names.ROOT) if isinstance(tree, dict) else {}
    document = _section(root, "object", names.OBJECT)
    sha256 = hashlib.sha256(content).digest()
    topic = _text(root, "event_type", _NAME_LENGTH_MAX).lower()
    infobase = _text(_section(root, "source", names.SOURCE), "infobase", _NAME_LENGTH_MAX)
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
        occurred_at=_text(root, "occurred_at", _NAME_LENGTH_MAX),
        data_version=data_version,
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
    return known_fields(value, spellings) if isinstance(value, dict) else {}


def _text(fields: Fields, name: str, length_max: int) -> str:
    value = fields.get(name)
    return reading.clean_text(value)[:length_max] if isinstance(value, str) else ""


def _guid(fields: Fields, name: str) -> str:
    """Give a canonical GUID, or "" for none and for 1C's empty one."""
    value = fields.get(name)
    if isinstance(value, dict):
        return _guid(known_fields(value, names.REFERENCE), "ref")
    found = str(reading.find_guid(value) or "") if isinstance(value, str) else ""
    return "" if found == _ZERO_GUID else found


def _reference(fields: Fields, name: str) -> str:
    """Give a canonical GUID if it is one, else what was written; the empty GUID is nothing."""
    given = _text(fields, name, _ID_LENGTH_MAX)
    return "" if reading.find_guid(given) and not _guid(fields, name) else _guid(fields, name) or given
