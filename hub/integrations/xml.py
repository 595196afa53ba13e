"""The only reader of strangers' XML: no DTD, no entities, no network, bounded depth and size.

The caller decodes the bytes first, so what is checked here is what the parser sees: an encoding
named in the prolog cannot make the two read different documents.

lxml remembers every name that it ever met, for as long as the thread lives that met it. So only so many
names are met in the caller's thread; a document with more of them is read in a thread that ends with it.
"""

import re
from concurrent.futures import ThreadPoolExecutor

from lxml import etree

DEPTH_MAX = 20
"""A real document needs nine levels, even as a serialised 1C Structure in an exchange message."""
ELEMENTS_MAX = 20_000
"""Five hundred lines written as Property/Value pairs are half of this."""
ATTRIBUTES_MAX = 100
"""Of one element. Listing them is quadratic in lxml: 2 MiB of attributes took it two minutes."""

FAMILIAR_LENGTH_MAX = 100_000
"""Characters of names that may be remembered: all that 1C has ever sent us is a twentieth of it."""

_RESOURCE_LIMIT = 114
"""libxml2's XML_ERR_RESOURCE_LIMIT: its own bounds (depth 256, 10 MB of text) were met first."""
_TOO_DEEP = etree.XPath("boolean(" + "/*" * (DEPTH_MAX + 1) + ")")
_TOO_MANY = etree.XPath(f"count(//*) > {ELEMENTS_MAX}")
_TOO_WIDE = etree.XPath(f"boolean(//*[@*[{ATTRIBUTES_MAX + 1}]])")
_NAME = re.compile(
    r"""<[^\s<>/!]+|\s(?:xmlns[^\s<>=]*\s*=\s*(?:"[^"]*|'[^']*)|[^\s<>/='"]+\s*=)""",
)
"""Elements, instructions, URIs of namespaces, attributes; some texts look like one."""
_familiar: set[str] = set()
_PROLOG_PART = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)


class XmlBrokenError(Exception):
    """The text is not well-formed XML; says where."""

    def __init__(self, line: int, column: int) -> None:
        """Keep the place, counted from 1."""
        self.line = line
        self.column = column
        super().__init__(line, column)


class XmlDangerousError(Exception):
    """The text is built to hurt: a DTD, entities, nesting or size beyond any real document."""


def parse_xml(text: str) -> etree._Element:
    """Parse a decoded document. Comments and instructions are gone, CDATA is text.

    Raises: XmlBrokenError; XmlDangerousError.
    """
    if _has_doctype(text):
        raise XmlDangerousError
    if _is_familiar(text):
        return _parsed(text)
    with ThreadPoolExecutor(1, thread_name_prefix="xml-names") as passing:
        return passing.submit(_parsed, text).result()


def _is_familiar(text: str) -> bool:
    """Tell whether its names were met before; new ones are learnt while there is room for them."""
    names = set(_NAME.findall(text)) - _familiar
    if names and sum(map(len, names | _familiar)) > FAMILIAR_LENGTH_MAX:
        return False
    _familiar.update(names)
    return True


def _parsed(text: str) -> etree._Element:
    try:
        root = etree.fromstring(text.encode(), _parser())
    except etree.XMLSyntaxError as error:
        if error.code == _RESOURCE_LIMIT:  # type: ignore[attr-defined]  # the stubs forgot it
            raise XmlDangerousError from error
        line, column = error.position
        raise XmlBrokenError(max(line or 1, 1), max(column or 1, 1)) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise XmlDangerousError
    if _is_dangerous(text, root):
        raise XmlDangerousError
    return root


def _is_dangerous(text: str, root: etree._Element) -> bool:
    """Look for nesting and size beyond any document.

    Every parent has an end tag, every element a "<", every attribute a "=": a text with few of them needs
    no closer look.
    """
    return (
        (text.count("</") >= DEPTH_MAX and bool(_TOO_DEEP(root)))
        or (text.count("<") > ELEMENTS_MAX and bool(_TOO_MANY(root)))
        or (text.count("=") > ATTRIBUTES_MAX and bool(_TOO_WIDE(root)))
    )


def _has_doctype(text: str) -> bool:
    """Look for a DOCTYPE where alone it may stand: before the root element."""
    position = 0
    while part := _PROLOG_PART.match(text, position):
        position = part.end()
    return text[position : position + 9].upper() == "<!DOCTYPE"


def _parser() -> etree.XMLParser:
    # The encoding is forced: the text was decoded already, and its prolog may still name the old one.
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
