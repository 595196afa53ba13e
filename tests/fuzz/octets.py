"""Mutations of bytes: flips, cuts, splices, marks and encodings that do not fit what they stand before."""

import codecs
from collections.abc import Callable, Sequence
from random import Random

_BOMS = (
    codecs.BOM_UTF8,
    codecs.BOM_UTF16_LE,
    codecs.BOM_UTF16_BE,
    codecs.BOM_UTF32_LE,
    codecs.BOM_UTF32_BE,
    b"+/v8",
)
_ENCODINGS = (
    ("utf-8", ""), ("utf-16-le", ""), ("utf-16-be", ""), ("cp1251", ""), ("koi8-r", "koi8-r"),
    ("cp866", "cp866"), ("iso-8859-5", "iso-8859-5"), ("utf-7", "utf-7"), ("utf-32-le", ""), ("latin-1", ""),
    ("cp037", ""),
)  # fmt: skip
_MARKS = {"utf-8": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
_TOKENS = (
    b"\0", b"\xff", b"\xfe\xff", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"\xd0", b"\xe2\x80\xae",
    b"{", b"}", b"[", b"]", b'"', b"\\", b"\\u", b"\\ud800", b"<", b">", b"&", b"<![CDATA[", b"<!--",
    b"<!DOCTYPE", b"<?xml", b":", b",", b"9" * 400, b"1e999", b"NaN", b"\x98", b"\xa0", b"\xd0\x90" * 3,
    b"\xef\xbb\xbf", b"\r\n", b"\t" * 100, b"null", b"-", b"e", b"/", b"'",
)  # fmt: skip


def encoded(text: str, rng: Random) -> tuple[bytes, str]:
    """Write the text in some encoding; gives the charset that a header must name, or ""."""
    name, charset = ("utf-8", "") if rng.random() < 0.8 else rng.choice(_ENCODINGS)
    mark = _MARKS.get(name, b"") if rng.random() < (0.1 if name == "utf-8" else 0.7) else b""
    # What an encoding lacks is left broken on purpose; lone surrogates become the bytes of one.
    errors = "surrogatepass" if name.startswith("utf") and name != "utf-7" else "ignore"
    return mark + text.encode(name, errors), charset


def damaged(body: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Damage the bytes once or a few times."""
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        body = rng.choice(DAMAGES)(body, rng, others)
    return body


def _place(body: bytes, rng: Random) -> int:
    return rng.randrange(len(body) + 1)


def _flip(body: bytes, rng: Random, _others: Sequence[bytes]) -> bytes:
    if not body:
        return b"\0"
    at = rng.randrange(len(body))
    return body[:at] + bytes([body[at] ^ (1 << rng.randrange(8))]) + body[at + 1 :]


def _put(body: bytes, rng: Random, _others: Sequence[bytes]) -> bytes:
    at = _place(body, rng)
    return body[:at] + rng.choice(_TOKENS) + body[at + rng.choice((0, 0, 1, 3)) :]


def _cut(body: bytes, rng: Random, _others: Sequence[bytes]) -> bytes:
    at = _place(body, rng)
    return body[:at] + body[at + rng.choice((1, 2, 7, 30, 10_000)) :]


def _repeat(body: bytes, rng: Random, _others: Sequence[bytes]) -> bytes:
    at = _place(body, rng)
    return body[:at] + body[at : at + rng.choice((1, 4, 40))] * rng.choice((2, 3, 20)) + body[at:]


def _splice(body: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    other = rng.choice(others)
    return body[: _place(body, rng)] + other[_place(other, rng) :]


def _mark(body: bytes, rng: Random, _others: Sequence[bytes]) -> bytes:
    return rng.choice(_BOMS) * rng.choice((1, 1, 2)) + body


def _widen(body: bytes, rng: Random, _others: Sequence[bytes]) -> bytes:
    return body.decode("latin-1").encode(rng.choice(("utf-16-le", "utf-16-be", "utf-8")))


def _noise(_body: bytes, rng: Random, _others: Sequence[bytes]) -> bytes:
    return rng.randbytes(rng.choice((0, 1, 2, 3, 10, 100, 1_000)))


DAMAGES: tuple[Callable[[bytes, Random, Sequence[bytes]], bytes], ...] = (
    _flip, _flip, _flip, _put, _put, _put, _put, _cut, _cut, _repeat, _splice, _mark, _widen, _noise,
)  # fmt: skip
