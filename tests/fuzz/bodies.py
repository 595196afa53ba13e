"""A body to send, drawn from a source of chance: the same source gives the same body, whoever it is.

The source is `random.Random`: seeded for a campaign, Hypothesis's own for a property that shrinks.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.fuzz import jsontext, xmltext
from tests.fuzz.events import SEEDS, sound_event
from tests.fuzz.giants import GIANTS, LIMIT
from tests.fuzz.octets import damaged, encoded
from tests.fuzz.trees import mutated
from tests.fuzz.values import odd_value

Headers = tuple[tuple[bytes, bytes], ...]
REPEATED_WITHIN = 50


@dataclass(frozen=True, slots=True)
class Body:
    """Bytes, the headers beside them, and how they were made."""

    content: bytes = field(repr=False)
    headers: Headers = ()
    recipe: str = ""

    @property
    def content_type(self) -> str | None:
        """Give the header as the door sees it."""
        return next(
            (value.decode("latin-1") for name, value in self.headers if name == b"content-type"), None
        )


CONTENT_TYPES = [
    b"application/json", b"application/json; charset=utf-8", b"application/xml",
    b"text/xml; charset=windows-1251", b"text/plain", b"application/x-www-form-urlencoded",
    b"multipart/form-data; boundary=x", b"", b";", b"charset=", b"text/xml; charset=utf-16",
    b"application/json; charset=koi8-r", b'text/xml; CHARSET = "cp866"', b"text/xml; charset=utf-7",
    b"text/xml; charset=idna", b"text/xml; charset=base64", b"text/plain; charset=" + b"a" * 300, b"\xff\xfe",
    b"application/json; charset=iso-8859-5\x00", b"charset=cp866; charset=koi8-u",
    b"application/json, text/xml", b"*/*; charset=unicode_escape", b"charset=ibm866 " * 100,
]  # fmt: skip
ODD_HEADERS = [
    (b"x-correlation-id", b"till-7-operation-42"), (b"x-correlation-id", b"\xff" * 30),
    (b"x-correlation-id", b"a" * 5_000), (b"accept-language", b"en"),
    (b"accept-language", b"en;q=nan, ru;q=1e999,\xff;q=,;;,*"), (b"accept", b"application/xml"),
    (b"idempotency-key", b"\x00k"), (b"x-forwarded-for", b"::1"), (b"content-encoding", b"gzip"),
    (b"transfer-encoding", b"chunked"), (b"expect", b"100-continue"), (b"content-length", b"0"),
    (b"content-length", b"-1"), (b"content-length", b"\xb2"), (b"content-length", b"9" * 5_000),
    (b"content-length", b"12abc"), (b"cookie", b"refresh=\xff;;=;"), (b"origin", b"null"),
]  # fmt: skip


def numbered(seed: int, number: int) -> Body:
    """Give the campaign's body of that number; now and then it is an earlier one, sent again."""
    rng = Random(f"{seed}:{number}")
    while number and rng.random() < 0.03:
        number = max(0, number - rng.randrange(1, REPEATED_WITHIN))
        rng = Random(f"{seed}:{number}")
    return drawn(rng)


def drawn(rng: Random) -> Body:
    """Draw a body."""
    recipe, text, content = _drawn_text(rng)
    charset = ""
    if text:
        content, charset = encoded(text, rng)
    if rng.random() < 0.08:
        recipe, content = f"{recipe}, damaged", damaged(content, rng, SEEDS)
    if rng.random() < 0.0002:
        name = rng.choice(list(GIANTS))
        recipe, content = f"giant: {name}", GIANTS[name](rng.choice((200_000, LIMIT - 1_000, LIMIT + 1)))
    return Body(content, _headers(rng, charset), recipe)


def _drawn_text(rng: Random) -> tuple[str, str, bytes]:
    """Draw a recipe, and what it made: a text, or bytes."""
    recipe, make = rng.choices(RECIPES, WEIGHTS)[0]
    made = make(rng)
    return (recipe, made, b"") if isinstance(made, str) else (recipe, "", made)


def _event(rng: Random) -> Any:
    return mutated(sound_event(rng), rng, times=rng.choice((0, 0, 1, 1, 1, 2, 3, 6)))


def _item(rng: Random) -> Any:
    return odd_value(rng) if rng.random() < 0.1 else _event(rng)


def _json_event(rng: Random) -> str:
    return jsontext.written(_event(rng), jsontext.odd_style(rng))


def _json_array(rng: Random) -> str:
    """Good and bad side by side."""
    items = [_item(rng) for _ in range(rng.choice((0, 1, 2, 2, 3, 3, 4, 6)))]
    return jsontext.written(items, jsontext.odd_style(rng))


RECIPES: tuple[tuple[str, Callable[[Random], str | bytes]], ...] = (
    ("json event", _json_event),
    ("xml event", lambda rng: xmltext.document(_event(rng), rng)),
    ("json array", _json_array),
    ("captured, damaged", lambda rng: damaged(rng.choice(SEEDS), rng, SEEDS)),
    ("json, broken", lambda rng: jsontext.broken(_json_event(rng), rng)),
    ("xml, twisted", lambda rng: xmltext.twisted(xmltext.document(sound_event(rng), rng), rng)),
    ("a bare value", lambda rng: jsontext.written(odd_value(rng), jsontext.odd_style(rng))),
    ("noise", lambda rng: rng.randbytes(rng.randrange(60))),
)
WEIGHTS = (50, 21, 9, 8, 5, 4, 2, 1)


def _headers(rng: Random, charset: str) -> Headers:
    headers: list[tuple[bytes, bytes]] = []
    if charset and rng.random() < 0.8:
        headers.append((b"content-type", f"text/xml; charset={charset}".encode()))
    elif rng.random() < 0.7:
        headers.append((b"content-type", rng.choice(CONTENT_TYPES)))
    if rng.random() < 0.1:
        headers.append(rng.choice(ODD_HEADERS))
    return tuple(headers)
