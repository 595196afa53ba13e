"""Notices as the bytes of one POST: format, encoding, byte order mark, prolog, content type."""

import codecs
import hashlib
from dataclasses import dataclass, field

from sandbox.onec import json_writer, structure_writer, xml_writer
from sandbox.onec.catalog import Patient, seeded
from sandbox.onec.documents import Notice, Refund
from sandbox.onec.habits import Format, Habits
from sandbox.onec.spelling import NARROW_NO_BREAK_SPACE, NO_BREAK_SPACE, Spelling
from sandbox.onec.telling import tell

_MESSAGES = frozenset({"v8msg", "enterprise"})
_MARKS = {"utf-16le": codecs.BOM_UTF16_LE, "utf-16be": codecs.BOM_UTF16_BE}
_PROLOG_NAMES = {"utf-8": "UTF-8", "utf-16le": "UTF-16", "utf-16be": "UTF-16", "cp1251": "windows-1251"}
_CHARSETS = {"utf-8": "utf-8", "utf-16le": "utf-16", "utf-16be": "utf-16", "cp1251": "windows-1251"}
_MIMES = {"json": "application/json", "xml": "application/xml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """The bytes of a POST and what they are about. `visit_ref` is None for a patient's card."""

    type: str
    ref: str
    visit_ref: str | None
    number: str
    format: str
    content_type: str | None
    sha256: str
    events: int = 1
    message_nos: tuple[int, ...] = ()
    notices: tuple[Notice, ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelt:
    """One notice as text, before it is encoded alone or with others."""

    notice: Notice
    format: Format
    habits: Habits
    message_no: int | None
    text: str


def spell(
    notice: Notice, body_format: Format, habits: Habits, *, infobase: str, message_no: int | None
) -> Spelt:
    """Spell a notice as text with LF line ends; in a message the number stands in the header alone."""
    is_message = body_format in _MESSAGES
    inner_no = None if is_message else message_no
    tree = tell(notice, infobase=infobase, message_no=inner_no, habits=habits)
    spelling = Spelling(habits, seeded("spelling", notice.event_id))
    is_compact = habits.layout == "compact"
    if body_format == "json":
        text = json_writer.write_json(tree, spelling, is_compact=is_compact)
    else:
        node = notice.clinic.node
        if body_format == "structure":
            element = structure_writer.structure_element(tree, spelling)
        else:
            element = xml_writer.event_element(tree, spelling)
        if body_format == "v8msg":
            element = xml_writer.v8_message(element, node=node, message_no=message_no)
        elif body_format == "enterprise":
            created_at = f"{notice.occurred_at:%Y-%m-%dT%H:%M:%S}"
            element = xml_writer.enterprise_message(
                element, node=node, message_no=message_no, created_at=created_at
            )
        text = xml_writer.write_element(element, is_compact=is_compact)
    return Spelt(notice=notice, format=body_format, habits=habits, message_no=message_no, text=text)


def parcel_of(spelt: list[Spelt], *, is_array: bool) -> Parcel:
    """Wrap one notice, or an array of JSON ones; the first one's habits rule the bytes."""
    first = spelt[0]
    text = json_writer.write_array([each.text for each in spelt]) if is_array else first.text
    body = _encoded(text, first.format, first.habits)
    subject = first.notice.subject
    return Parcel(
        type=first.notice.kind,
        ref=subject.ref,
        visit_ref=visit_ref(first.notice),
        number=subject.code if isinstance(subject, Patient) else subject.number,
        format=first.format,
        content_type=_content_type(
            first.format, first.habits, seeded("type", first.notice.event_id).random()
        ),
        sha256=hashlib.sha256(body).hexdigest(),
        events=len(spelt),
        message_nos=tuple(each.message_no for each in spelt if each.message_no is not None),
        notices=tuple(each.notice for each in spelt),
        body=body,
    )


def visit_ref(notice: Notice) -> str | None:
    """Name the visit that a notice is about, if any."""
    if isinstance(notice.subject, Patient):
        return None
    return notice.subject.visit.ref if isinstance(notice.subject, Refund) else notice.subject.ref


def _encoded(text: str, body_format: Format, habits: Habits) -> bytes:
    if body_format != "json":
        text = _prolog(habits) + text
    if habits.layout == "crlf":
        text = text.replace("\n", "\r\n")
    if habits.encoding == "cp1251":
        # It has no narrow blank, and in an array other events may have written one.
        text = text.replace(NARROW_NO_BREAK_SPACE, NO_BREAK_SPACE)
    mark = _MARKS.get(habits.encoding, b"")
    if habits.encoding == "utf-8" and habits.has_bom:
        mark = codecs.BOM_UTF8
    return mark + text.encode(habits.encoding)


def _prolog(habits: Habits) -> str:
    if habits.prolog == "none":
        return ""
    name = _PROLOG_NAMES[habits.encoding]
    if habits.prolog == "lying":
        name = "windows-1251" if name != "windows-1251" else "UTF-8"
    return f'<?xml version="1.0" encoding="{name}"?>\n'


def _content_type(body_format: Format, habits: Habits, lot: float) -> str | None:
    family = "json" if body_format == "json" else "xml"
    if habits.content_type == "wrong":
        return _MIMES["xml" if family == "json" else "json"]
    if habits.content_type == "text":
        return "text/plain"
    if habits.content_type == "none":
        return None
    # Half of the honest tell no encoding.
    mime = _MIMES[family]
    return f"{mime}; charset={_CHARSETS[habits.encoding]}" if lot < 0.5 else mime  # noqa: PLR2004
