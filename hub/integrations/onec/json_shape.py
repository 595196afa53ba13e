"""JSON text to trees: strict grammar, numbers as text, bounded depth, each array item with its slice."""

import json
import re
from typing import Any, NoReturn

from hub.integrations.onec.errors import BatchTooLargeError, UnparsableError, XmlUnsafeError
from hub.integrations.onec.tree import Tree
from hub.integrations.xml import DEPTH_MAX

BATCH_ITEMS_MAX = 200
_NUMBER_LENGTH_MAX = 100
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_BLANKS = re.compile(r"[ \t\r\n]*")


class _RefusedLiteralError(ValueError):
    """A number of absurd length, NaN or Infinity."""


def parse_json(text: str) -> Tree:
    """Read one value. Raises: UnparsableError; XmlUnsafeError when it is nested too deep."""
    tree, end = _parse_at(text, _skip_blanks(text, 0))
    if _skip_blanks(text, end) != len(text):
        raise _unparsable(text, end)
    return tree


def split_batch(text: str) -> list[tuple[str, Tree]]:
    """Read an array: each item's own slice of the text, and its tree.

    Raises: UnparsableError; XmlUnsafeError; BatchTooLargeError beyond 200 items.
    """
    items: list[tuple[str, Tree]] = []
    position = _skip_blanks(text, _skip_blanks(text, 0) + 1)
    if text[position : position + 1] == "]":
        position += 1
    else:
        position = _read_items(text, position, items)
    if _skip_blanks(text, position) != len(text):
        raise _unparsable(text, position)
    return items


def _read_items(text: str, position: int, items: list[tuple[str, Tree]]) -> int:
    while True:
        if len(items) == BATCH_ITEMS_MAX:
            raise BatchTooLargeError(items_max=BATCH_ITEMS_MAX)
        tree, end = _parse_at(text, position)
        items.append((text[position:end], tree))
        position = _skip_blanks(text, end)
        separator = text[position : position + 1]
        if separator == "]":
            return position + 1
        if separator != ",":
            raise _unparsable(text, position)
        position = _skip_blanks(text, position + 1)


def _parse_at(text: str, start: int) -> tuple[Tree, int]:
    tree: Any
    try:
        tree, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise UnparsableError(line=error.lineno, column=error.colno) from error
    except _RefusedLiteralError as error:
        raise _unparsable(text, text.find(str(error), start)) from error
    except RecursionError as error:
        raise XmlUnsafeError from error
    _refuse_depth(tree)
    _refuse_lone_surrogates(text, start, end, tree)
    return tree, end


def _refuse_depth(tree: Tree) -> None:
    level = [tree]
    for _ in range(DEPTH_MAX):
        level = [child for node in level for child in _children(node)]
        if not level:
            return
    raise XmlUnsafeError


def _children(node: Tree) -> list[Tree]:
    if isinstance(node, dict):
        return [child for child in node.values() if isinstance(child, dict | list)]
    return [child for child in node if isinstance(child, dict | list)] if isinstance(node, list) else []


def _refuse_lone_surrogates(text: str, start: int, end: int, tree: Tree) -> None:
    """Refuse half a character, an escape of a lone surrogate: neither UTF-8 nor the database can carry it."""
    escape = _SURROGATE.search(text, start, end)
    if escape is None:
        return
    try:
        json.dumps(tree, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise _unparsable(text, escape.start()) from error


def _skip_blanks(text: str, position: int) -> int:
    blanks = _BLANKS.match(text, position)
    return blanks.end() if blanks else position


def _unparsable(text: str, position: int) -> UnparsableError:
    line_start = text.rfind("\n", 0, position) + 1
    return UnparsableError(line=text.count("\n", 0, position) + 1, column=position - line_start + 1)


def _number(literal: str) -> str:
    return literal if len(literal) <= _NUMBER_LENGTH_MAX else _refuse(literal)


def _refuse(literal: str) -> NoReturn:
    raise _RefusedLiteralError(literal)


_DECODER = json.JSONDecoder(parse_float=_number, parse_int=_number, parse_constant=_refuse)
