"""Trees to JSON text, well-formed in many styles, or broken in the ways in which hands break JSON."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.fuzz.values import Raw, odd_value


@dataclass(frozen=True, slots=True)
class Style:
    """How JSON is written; the last two break or bend it."""

    is_ascii: bool = False
    indent: str = ""
    doubles_keys: Random | None = None


def written(tree: Any, style: Style) -> str:
    """Write a tree."""
    return "".join(_pieces(tree, style, "\n" if style.indent else ""))


def odd_style(rng: Random) -> Style:
    """Draw a style; a lone surrogate survives only as an escape, so ASCII is the usual one."""
    return Style(
        is_ascii=rng.random() < 0.4,
        indent=rng.choice(("", "", "\t", "  ")),
        doubles_keys=rng if rng.random() < 0.06 else None,
    )


def _pieces(tree: Any, style: Style, line: str) -> list[str]:
    deeper = line + style.indent
    if isinstance(tree, Raw):
        return [str(tree)]
    if isinstance(tree, dict):
        rows = [(key, value) for key, value in tree.items()]
        if style.doubles_keys and rows:
            key = style.doubles_keys.choice(rows)[0]
            rows.insert(style.doubles_keys.randrange(len(rows)), (key, odd_value(style.doubles_keys)))
        items = [
            [deeper, json.dumps(key, ensure_ascii=style.is_ascii), ":", *_pieces(value, style, deeper)]
            for key, value in rows
        ]
        return _joined("{", items, line, "}")
    if isinstance(tree, list):
        return _joined("[", [[deeper, *_pieces(item, style, deeper)] for item in tree], line, "]")
    return [json.dumps(tree, ensure_ascii=style.is_ascii)]


def _joined(opening: str, items: list[list[str]], line: str, closing: str) -> list[str]:
    pieces = [opening]
    for number, item in enumerate(items):
        pieces += [",", *item] if number else item
    return [*pieces, line, closing] if items else [*pieces, closing]


def broken(text: str, rng: Random) -> str:
    """Break the grammar, or bend it."""
    return rng.choice(BREAKS)(text, rng)


def _trailing_comma(text: str, rng: Random) -> str:
    at = rng.choice([index for index, sign in enumerate(text) if sign in "}]"] or [0])
    return f"{text[:at]},{text[at:]}"


def _comment(text: str, rng: Random) -> str:
    at = rng.choice([index for index, sign in enumerate(text) if sign in ",{["] or [0]) + 1
    return text[:at] + rng.choice(("/* x */", "// x\n", "# x\n", "<!-- x -->")) + text[at:]


def _raw_control(text: str, rng: Random) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice("\0\x01\x08\x0b\x1f\x7f\ufeff\u2028") + text[at:]


def _bad_escape(text: str, rng: Random) -> str:
    escapes = (
        "\\x41",
        "\\u12",
        "\\ud800",
        "\\udc00\\ud800",
        "\\u0000",
        "\\'",
        "\\",
        "\\uD83D\\u0041",
        "\\U0001F60A",
    )
    at = rng.choice([index for index, sign in enumerate(text) if sign == '"'] or [0]) + 1
    return text[:at] + rng.choice(escapes) + text[at:]


BREAKS: tuple[Callable[[str, Random], str], ...] = (
    _trailing_comma,
    _comment,
    _raw_control,
    _bad_escape,
    _bad_escape,
    lambda text, _: text.replace('"', "'"),
    lambda text, _: text.replace(":", "="),
    lambda text, rng: text[: rng.randrange(len(text) + 1)],
    lambda text, rng: (
        text + rng.choice((text, ",", "}", "\0", "\x1a", "null", " \r\n\t", "\u00a0", "\ufeff", "//"))
    ),
    lambda text, rng: (
        rng.choice(("\0", "\ufeff", "\u00a0", "\r\n\t ", "\x0c", "\u2028", ")]}',\n", "json=")) + text
    ),
    lambda text, rng: (
        rng.choice(("[", "[[", "[,", "[null,", '["",')) + text + rng.choice(("]", "]]", ",]", "}", ""))
    ),
    lambda text, _: json.dumps(text),
    lambda text, rng: text.replace('":', '"' + rng.choice(" \t\r\n\v\u00a0") + ":", 3),
)
