"""Bodies as large as the door lets in, each shaped to cost its reader more than its size.

`GIANTS` maps a name to a maker of about so many bytes; the cost law and the campaign both use it.
"""

from collections.abc import Callable, Mapping

from tests.fuzz.values import CANARY

LIMIT = 2 * 1024 * 1024
"""The door's bound on a body."""
Maker = Callable[[int], bytes]


def _filled(opening: bytes, piece: Callable[[int], bytes], closing: bytes, size: int) -> bytes:
    """Repeat numbered pieces until the size is reached."""
    width = len(piece(10**6))
    return (
        opening
        + b"".join(piece(number) for number in range(max(0, size - len(opening) - len(closing)) // width))
        + closing
    )


def _wrapped(field: bytes, opening: bytes, piece: Callable[[int], bytes], closing: bytes) -> Maker:
    """Fill a field of a visit that is read to its end."""
    head = b'{"event_type":"visit.completed","object":{"ref":"0c3a4f52-08aa-11f1-9542-08979885f491"},'
    return lambda size: _filled(head + field + opening, piece, closing + b"}", size)


def _always(piece: bytes) -> Callable[[int], bytes]:
    return lambda _number: piece


def _simple(opening: bytes, piece: bytes, closing: bytes = b"") -> Maker:
    return lambda size: _filled(opening, _always(piece), closing, size)


def _numbered(opening: bytes, piece: str, closing: bytes = b"") -> Maker:
    return lambda size: _filled(
        opening, lambda number: piece.replace("#", f"{number:07d}").encode(), closing, size
    )


def _two_hundred(size: int) -> bytes:
    item = b'{"event_type":"visit.completed","visit":"' + b"x" * (size // 200 - 60) + b'"}'
    return b"[" + b",".join([item] * 200) + b"]"


def _rows_with_names(size: int) -> bytes:
    return _filled(
        b'{"event_type":"visit.completed","object":{"ref":"0c3a4f52-08aa-11f1-9542-08979885f491"},'
        b'"visit":{"completed_at":"2026-05-01","lines":[{}',
        lambda number: f',{{"no":{number},"service_ref":"{"{" * 150}","amount":"{"1 " * 90}"}}'.encode(),
        b"]}}",
        size,
    )


JSON_GIANTS: Mapping[str, Maker] = {
    "blanks": _simple(b"", b" "),
    "blanks then an object": _simple(b"", b"\r\n \t", b"{}"),
    "blanks after": lambda size: b"{}" + b" " * (size - 3) + b"x",
    "one long number": _simple(b'{"a":', b"9", b"}"),
    "one long text": _simple(b'{"event_type":"', b"x", b'"}'),
    "long text with controls": _simple(b'{"event_id":"', b"\\u0001\\n ", b'"}'),
    "long blank text": _simple(b'{"event_id":"', b" ", b'"}'),
    "surrogate pairs": _simple(b'{"event_type":"', b"\\ud83d\\ude00", b'"}'),
    "a lone surrogate last": _simple(b'{"event_type":"', b"\\ud83d\\ude00", b'\\ud800"}'),
    "unclosed objects": _simple(b"", b'{"a":'),
    "unclosed arrays": _simple(b"", b"["),
    "many arrays": _simple(b"[[", b"[],", b"[]]]"),
    "many small items": _simple(b"[", b"0,", b"0]"),
    "many keys": _numbered(b'{"a":0', ',"k#":0', b"}"),
    "one key again and again": _simple(b'{"a":0', b',"event_type":"x"', b"}"),
    "keys of one name": _numbered(b'{"event_id":""', ',"e_v_e_n_t_id#":""', b"}"),
    "spellings of one name": lambda size: _filled(
        b'{"a":0', lambda number: b',"' + b"_" * (number % 60) + b"ref%d" % number + b'":""', b"}", size
    ),
    "long keys": lambda size: _filled(
        b'{"a":0', lambda number: b',"%06d%s":0' % (number, b"k" * 5_000), b"}", size
    ),
    "lines": _wrapped(b'"visit":{"completed_at":"2026-05-01","lines":[{}', b"", _always(b",{}"), b"]}"),
    "lines of numbers": _wrapped(
        b'"visit":{"completed_at":"2026-05-01","lines":[1', b"", _always(b",1"), b"]}"
    ),
    "rows with odd names": _rows_with_names,
    "braces for a reference": _wrapped(
        b'"visit":{"completed_at":"2026-05-01","patient":"', b"", _always(b"{"), b'"}'
    ),
    "blanks for an amount": _wrapped(b'"cancel":{"visit_ref":"', b"", _always(b" '{"), b'"}'),
    "two hundred items": _two_hundred,
    "broken at the last item": lambda size: _two_hundred(size)[:-2] + b",]",
    "comma flood": _simple(b"[", b","),
    "quotes": _simple(b"[", b'"",', b'""]'),
    "escaped quotes": _simple(b'["', b'\\"', b'"]'),
    "backslashes unclosed": _simple(b'["', b"\\\\"),
}
CYRILLIC = "я".encode()
ENCODED_GIANTS: Mapping[str, Maker] = {
    "cp1251": _simple(b'{"event_id":"', b"\xff", b'"}'),
    "utf-16 without a mark": lambda size: ('{"event_id":"' + "я" * (size // 2 - 16) + '"}').encode(
        "utf-16-le"
    ),
    "broken utf-8 at the end": _simple(b'{"event_id":"', CYRILLIC, b'\xd0"}'),
    "letters of utf-8 two by two": _simple(b'{"event_id":"\xff', CYRILLIC + CYRILLIC + b".", b'"}'),
    "marks": _simple(b"", b"\xef\xbb\xbf"),
    "zeros": _simple(b"", b"\0"),
    "lines before the break": _simple(b"", b"\n", b"\x98\xff{"),
}
XML_GIANTS: Mapping[str, Maker] = {
    "blanks before xml": _simple(b"", b"\n", b"<a/>"),
    "comments": _simple(b"", b"<!---->", b"<a/>"),
    "instructions": _simple(b"", b"<?a?>", b"<a/>"),
    "instructions inside": _simple(b"<a>", b"<?a?>", b"</a>"),
    "an unclosed comment": _simple(b"<!--", b"- "),
    "starts of comments": _simple(b"", b"<!--"),
    "starts of instructions": _simple(b"", b"<?"),
    "almost a prolog": _simple(b"<?xml ", b"encoding "),
    "cdata": _simple(b"<a>", b"<![CDATA[x]]>", b"</a>"),
    "character references": _simple(b"<a>", b"&#65;", b"</a>"),
    "predefined entities": _simple(b'<a b="', b"&amp;", b'"/>'),
    "attributes": _numbered(b"<a", ' a#=""', b"/>"),
    "one attribute again": _simple(b"<a", b' a=""', b"/>"),
    "namespaces on one element": _numbered(b"<a", ' xmlns:n#="u"', b"/>"),
    "namespaces used": lambda size: _filled(
        b"<r" + b"".join(b' xmlns:n%d="u%d"' % (n, n) for n in range(20_000)) + b">",
        lambda _n: b"<n0:a/>",
        b"</r>",
        size,
    ),
    "attributes of many namespaces": lambda size: _filled(
        b"<r>", lambda n: b'<a xmlns:n="u%d" n:a=""/>' % n, b"</r>", size
    ),
    "hundred attributes each": lambda size: _filled(
        b"<r>", _always(b"<a" + b"".join(b' a%02d=""' % n for n in range(100)) + b"/>"), b"</r>", size
    ),
    "elements": _simple(b"<r>", b"<a/>", b"</r>"),
    "elements of different names": _numbered(b"<r>", "<a#/>", b"</r>"),
    "nineteen thousand elements": lambda size: (
        b"<r>" + (b"<a>" + b"x" * (size // 19_000 - 8) + b"</a>") * 18_990 + b"</r>"
    ),
    "levels": _simple(b"", b"<a>"),
    "undeclared prefixes": _simple(b"<r>", b"<q:a/>", b"</r>"),
    "one long text in xml": _simple(b"<Event><Ref>", b"x", b"</Ref></Event>"),
    "one long name": _simple(b"<", b"a", b"/>"),
    "doctype late": _simple(b"", b"<!---->", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
    "quadratic entities": _simple(
        b'<!DOCTYPE a [<!ENTITY b "' + b"x" * 100_000 + b'">]><a>', b"&b;", b"</a>"
    ),
    "message numbers": _simple(
        b"<Message><Header>", b"<MessageNo>7</MessageNo>", b"</Header><Body><Event/></Body></Message>"
    ),
    "properties": _numbered(
        b"<Structure>", '<Property name="k#"><Value>' + CANARY + "</Value></Property>", b"</Structure>"
    ),
}
GIANTS: Mapping[str, Maker] = {**JSON_GIANTS, **ENCODED_GIANTS, **XML_GIANTS}
"""Names are unique: two makers of one name would hide each other."""
