"""Trees to XML in the dialects that 1C has, sound or unsound, and XML that is built to hurt."""

from collections.abc import Callable
from random import Random
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from tests.fuzz.values import CANARY, odd_text

OURS = "urn:umc-loyalty:exchange:1"
CORE = "http://v8.1c.ru/8.1/data/core"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
_SPELLED = {"event_id": "id", "event_type": "type"}


def as_elements(tree: Any, rng: Random, name: str = "Event") -> str:
    """Write our own event: scalars as attributes or as children, as the dice fall."""
    attributes, children = [], []
    for key, value in tree.items() if isinstance(tree, dict) else ():
        spelled = _SPELLED.get(key, key) if name == "Event" else key
        label = "".join(part.title() for part in spelled.split("_")) if spelled.isascii() else spelled
        if isinstance(value, dict | list):
            rows = value if isinstance(value, list) else [value]
            children += [as_elements(row, rng, label.rstrip("s") if value is rows else label) for row in rows]
        elif rng.random() < 0.5:
            attributes.append(f" {label[:1].lower()}{label[1:]}={quoteattr(scalar(value))}")
        else:
            children.append(f"<{label}>{_content(scalar(value), rng)}</{label}>")
    if not isinstance(tree, dict | list):
        children.append(_content(scalar(tree), rng))
    space = f' xmlns="{OURS}"' if name == "Event" else ""
    return f"<{name}{space}{''.join(attributes)}>{''.join(children)}</{name}>"


def as_structure(tree: Any, rng: Random) -> str:
    """Write a serialised Structure of 1C."""
    return _value(tree, rng).replace("<Value", f'<Structure xmlns="{CORE}" xmlns:xsi="{XSI}"', 1)[
        : -len("</Value>")
    ] + ("</Structure>")


def _value(tree: Any, rng: Random) -> str:
    if isinstance(tree, dict):
        rows = "".join(
            f"<Property name={quoteattr(key)}>{_value(item, rng)}</Property>" for key, item in tree.items()
        )
        return f'<Value xsi:type="Structure">{rows}</Value>'
    if isinstance(tree, list):
        return f'<Value xsi:type="Array">{"".join(_value(item, rng) for item in tree)}</Value>'
    kind = rng.choice(
        (
            'xsi:type="xs:string"',
            'xsi:type="xs:decimal"',
            'xsi:nil="true"',
            'xsi:nil="1"',
            "",
            'xsi:type=":Array"',
        )
    )
    return f"<Value {kind}>{_content(scalar(tree), rng)}</Value>"


def scalar(value: Any) -> str:
    """Write a value as 1C writes it into XML."""
    return "" if value is None else ("true" if value else "false") if isinstance(value, bool) else str(value)


def _content(text: str, rng: Random) -> str:
    if rng.random() < 0.04:
        return f"<![CDATA[{text}]]>"
    return text if rng.random() < 0.02 else escape(text)


def document(tree: Any, rng: Random) -> str:
    """Write a document: a dialect, perhaps a message around it, perhaps a prolog before it."""
    body = as_structure(tree, rng) if rng.random() < 0.3 else as_elements(tree, rng)
    if rng.random() < 0.12:
        number = rng.choice(("7", "", "-1", "9" * 18, "9" * 19, "١٢", CANARY))
        body = (
            '<v8msg:Message xmlns:v8msg="http://v8.1c.ru/messages"><v8msg:Header>'
            f"<v8msg:MessageNo>{number}</v8msg:MessageNo></v8msg:Header>"
            f"<v8msg:Body>{body * rng.choice((1, 1, 1, 0, 2))}</v8msg:Body></v8msg:Message>"
        )
    if rng.random() < 0.15:
        body = twisted(body, rng)
    return rng.choice(PROLOGS) + body if rng.random() < 0.6 else body


PROLOGS = [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    '<?xml version="1.0" encoding="windows-1251"?>\r\n',
    '<?xml version="1.0" encoding="UTF-16"?>',
    '<?xml version="1.0" encoding="utf-7"?>',
    '<?xml version="1.0" encoding="koi8-r"?>',
    '<?xml version="1.0" encoding="bogus"?>',
    '<?xml version="1.0" encoding=""?>',
    '<?xml version="1.1"?>',
    '<?xml version="9.9" standalone="maybe"?>',
    '<?xml version="1.0"?><?xml version="1.0"?>',
    "\r\n \t<?xml version='1.0'?>",
    "<?xml?>",
    "<?xml version=1.0?>",
    '<?xml-stylesheet href="http://127.0.0.1:1/x.xsl"?>',
    f"<!-- {CANARY} --><?target {CANARY}?>",
    "<!---->\n<?p?>",
    "<!-- -- -->",
    "<!--",
    "<?",
]


def twisted(text: str, rng: Random) -> str:
    """Put into a document what a reader of XML may trip over."""
    return rng.choice(TWISTS)(text, rng)


def _between(text: str, rng: Random, put: str) -> str:
    at = rng.choice([index + 1 for index, sign in enumerate(text) if sign == ">"] or [0])
    return text[:at] + put + text[at:]


def _attribute(text: str, rng: Random, put: str) -> str:
    at = rng.choice(
        [index for index, sign in enumerate(text) if sign in " >" and text[index - 1] not in "/?-"] or [0]
    )
    return f"{text[:at]} {put}{text[at:]}"


ENTITIES = '<!DOCTYPE a [<!ENTITY b "' + CANARY + '">]>'
BOMB = (
    "<!DOCTYPE a ["
    + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha" * 9}">' for n in range(9))
    + "]>"
)
EXTERNAL = '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd">'
FILE = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>'
PARAMETER = '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:1/p"> %p;]>'
INCLUDE = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/hostname" parse="text"/>'
BETWEEN = [
    "<!-- x -->", "<?pi x?>", "<![CDATA[]]>", "<![CDATA[<a>]]>", "]]>", "&b;", "&amp;", "&#0;", "&#xD800;",
    "&#xFFFE;", "&#1114112;", "&#x41;", "&lt;a>", "\0", "\x01", "\ufffe", INCLUDE, "<a:b/>", "<xml:a/>",
    "<Ref/>", "<Ref>x</Ref><Ref>y</Ref>", "<a/>" * 300, "<a>" * 30 + "</a>" * 30, "<ё/>", "<a\u0301/>",
    "<1/>", "<-a/>", "</Event>", "<!DOCTYPE x>", "<!ENTITY a 'b'>", CANARY, '<Item xsi:type="Array"/>',
    f'<Value xmlns:x="{XSI}" x:nil="true">1</Value>', '<a xmlns=""/>', '<a xmlns:xml="urn:x"/>',
]  # fmt: skip
ATTRIBUTES = [
    'id="" id=""', 'xmlns:a="x" xmlns:a="y"', 'a:b="c"', 'xml:lang="ru"', 'xml:space="preserve"',
    'xmlns:xmlns="x"', "bare", 'ref="&b;"', 'ref="&#10;&#0;"', 'ref="<"', "ref='\"'", 'type="\u202e"',
    'x="' + "y" * 3_000 + '"', f'xmlns:i="{XSI}" i:nil="1"', f'xmlns:i="{XSI}" i:type="core:Structure"',
    f'xmlns:i="{XSI}" i:type=":::Array"', f'secret="{CANARY}"',
    " ".join(f'a{number}="{number}"' for number in range(120)),
    " ".join(f'xmlns:n{number}="u{number}"' for number in range(200)),
]  # fmt: skip
DOCTYPES = [
    ENTITIES,
    BOMB,
    EXTERNAL,
    FILE,
    PARAMETER,
    "<!DOCTYPE>",
    "<!doctype a>",
    "<!DOCTYPE a",
    "\n<!-- x --><!DOCTYPE a [ ]>",
]
TWISTS: tuple[Callable[[str, Random], str], ...] = (
    lambda text, rng: _between(text, rng, rng.choice(BETWEEN)),
    lambda text, rng: _between(text, rng, rng.choice(BETWEEN)),
    lambda text, rng: _attribute(text, rng, rng.choice(ATTRIBUTES)),
    lambda text, rng: rng.choice(DOCTYPES) + text,
    lambda text, rng: rng.choice(DOCTYPES) + _between(text, rng, "&b;&l8;"),
    lambda text, _: text.replace("<", "<x:"),
    lambda text, _: text.replace("</", "< /"),
    lambda text, _: text.upper(),
    lambda text, rng: text[: rng.randrange(len(text) + 1)],
    lambda text, rng: text + rng.choice((text, "\0", "<!-- x", "junk", "\x1a", "</a>", "<?x?>", " \n")),
    lambda text, rng: (
        f"<soap:Envelope xmlns:soap='s'><soap:Body>{text}</soap:Body></soap:Envelope>" * rng.choice((1, 1, 2))
    ),
    lambda text, rng: "<a>" * (depth := rng.choice((11, 15, 19, 20, 300))) + text + "</a>" * depth,
    lambda text, rng: _between(text, rng, escape(odd_text(rng))),
)
