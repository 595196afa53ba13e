"""Bytes to text, as 1C's platform builds really send them: BOM or none, UTF-8, UTF-16, windows-1251.

UTF-8 is tried before whatever the prolog or the header claims: Cyrillic in a one-byte encoding is
never valid UTF-8 by chance, while a prolog often survives a conversion that it knows nothing of.
"""

import codecs
import re

from hub.integrations.onec.errors import UnparsableError

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_FALLBACK = "cp1251"
_ONE_BYTE = frozenset({"koi8-r", "koi8-u", "cp866", "ibm866", "iso-8859-5"})
"""Other Cyrillic encodings that are honoured when named; nothing exotic (UTF-7) is."""
_PROLOG = re.compile(rb"""\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_CHARSET = re.compile(r"""charset\s*=\s*"?([A-Za-z0-9._-]{1,40})""", re.IGNORECASE)
_BROKEN_UTF8 = re.compile(rb"(?:[\xd0\xd1][\x80-\xbf]){3}")
"""Three Cyrillic letters of UTF-8 in a row; in windows-1251 that is «Р°РІР», which nobody writes."""


def find_charset(content_type: str | None) -> str:
    """Give the header's encoding when only the header can tell it; usually empty."""
    found = _CHARSET.search(content_type or "")
    name = found[1].lower() if found else ""
    return name if name in _ONE_BYTE else ""


def decode(body: bytes, charset: str = "") -> str:
    """Read the bytes as text, without BOM. Raises: UnparsableError at the first impossible byte."""
    for bom, encoding in _BOMS:
        if body.startswith(bom):
            return _strict(body[len(bom) :], encoding)
    if b"\0" in body[:2]:
        return _strict(body, "utf-16-be" if body[0] == 0 else "utf-16-le")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        if _BROKEN_UTF8.search(body):
            raise _unparsable(body, error.start) from error
    return _strict(body, charset or _prolog_encoding(body) or _FALLBACK)


def _prolog_encoding(body: bytes) -> str:
    found = _PROLOG.match(body)
    name = found[1].decode("ascii").lower() if found else ""
    return name if name in _ONE_BYTE else ""


def _strict(body: bytes, encoding: str) -> str:
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        raise _unparsable(body, error.start) from error


def _unparsable(body: bytes, index: int) -> UnparsableError:
    line_start = body.rfind(b"\n", 0, index) + 1
    return UnparsableError(line=body.count(b"\n", 0, index) + 1, column=index - line_start + 1)
