"""JSON text to trees: strict grammar, numbers as text, bounded depth, each array item with its slice.

A key that comes twice in one object has its last value, as everywhere; the door looks at all of them,
because the first ones would be kept though nobody reads them.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
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


class _RepeatedKeyError(Exception):
    """A key came twice in one object."""


@dataclass(frozen=True, slots=True)
class JsonItem:
    """One value with its own slice of the text."""

    text: str
    tree: Tree
    whole: Tree
    """The tree with every value of a repeated key, as a list; mostly it is the tree."""


def parse_json(text: str) -> Tree:
    """Read one value. Raises: UnparsableError; XmlUnsafeError when it is nested too deep."""
    tree, end = _parse_at(text, _skip_blanks(text, 0), _DECODER)
    _refuse_rest(text, end)
    return tree


def read_item(text: str) -> JsonItem:
    """Read one value with all that its repeated keys hide. Raises: UnparsableError; XmlUnsafeError."""
    item, end = _item_at(text, _skip_blanks(text, 0))
    _refuse_rest(text, end)
    return item


def split_batch(text: str) -> list[JsonItem]:
    """Read an array. Raises: UnparsableError; XmlUnsafeError; BatchTooLargeError beyond 200 items."""
    items: list[JsonItem] = []
    position = _skip_blanks(text, _skip_blanks(text, 0) + 1)
    if text[position : position + 1] == "]":
        position += 1
    else:
        position = _read_items(text, position, items)
    _refuse_rest(text, position)
    return items


def write_json(text: str, strip: Callable[[Tree], Tree]) -> str:
    """Write a value again as `strip` leaves it; numbers keep their digits."""
    tree, _ = _parse_at(text, _skip_blanks(text, 0), _MARKING_DECODER)
    return _written(strip(tree))


def _written(tree: Tree) -> str:
    if isinstance(tree, dict):
        members = (f"{json.dumps(key, ensure_ascii=False)}:{_written(value)}" for key, value in tree.items())
        return "{" + ",".join(members) + "}"
    if isinstance(tree, list):
        return "[" + ",".join(map(_written, tree)) + "]"
    return tree if isinstance(tree, _Number) else json.dumps(tree, ensure_ascii=False)


def _read_items(text: str, position: int, items: list[JsonItem]) -> int:
    while True:
        if len(items) == BATCH_ITEMS_MAX:
            raise BatchTooLargeError(items_max=BATCH_ITEMS_MAX)
        item, end = _item_at(text, position)
        items.append(item)
        position = _skip_blanks(text, end)
        separator = text[position : position + 1]
        if separator == "]":
            return position + 1
        if separator != ",":
            raise _unparsable(text, position)
        position = _skip_blanks(text, position + 1)


def _item_at(text: str, start: int) -> tuple[JsonItem, int]:
    try:
        tree, end = _parse_at(text, start, _NOTICING_DECODER)
    except _RepeatedKeyError:
        tree, end = _parse_at(text, start, _MARKING_DECODER)
        whole, _ = _GATHERING_DECODER.raw_decode(text, start)
        return JsonItem(text[start:end], tree, whole), end
    return JsonItem(text[start:end], tree, tree), end


def _parse_at(text: str, start: int, decoder: json.JSONDecoder) -> tuple[Tree, int]:
    tree: Any
    try:
        tree, end = decoder.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise UnparsableError(line=error.lineno, column=error.colno) from error
    except _RefusedLiteralError as error:
        raise _unparsable(text, text.find(str(error), start)) from error
    except RecursionError as error:
        raise XmlUnsafeError from error
    # Depth costs brackets: a text of few of them need not be walked.
    if text.count("{", start, end) + text.count("[", start, end) > DEPTH_MAX:
        _refuse_depth(tree)
    if "\\u" in text:
        _refuse_lone_surrogates(text, start, end, tree)
    return tree, end


def _refuse_rest(text: str, position: int) -> None:
    if _skip_blanks(text, position) != len(text):
        raise _unparsable(text, position)


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


def _fields(pairs: list[tuple[str, Tree]]) -> dict[str, Tree]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise _RepeatedKeyError
    return fields


def _gathered(pairs: list[tuple[str, Tree]]) -> dict[str, Tree]:
    fields: dict[str, Tree] = {}
    repeated: dict[str, list[Tree]] = {}
    for key, value in pairs:
        if key in repeated:
            repeated[key].append(value)
        elif key in fields:
            fields[key] = repeated[key] = [fields[key], value]
        else:
            fields[key] = value
    return fields


class _Number(str):
    """The digits of a number, told from a text that looks like one."""

    __slots__ = ()


def _marked(literal: str) -> _Number:
    return _Number(_number(literal))


_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_refuse)
"""For text that passed the door, where numbers of absurd length stay."""
_NOTICING_DECODER = json.JSONDecoder(
    parse_float=_number, parse_int=_number, parse_constant=_refuse, object_pairs_hook=_fields
)
_GATHERING_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, object_pairs_hook=_gathered)
_MARKING_DECODER = json.JSONDecoder(parse_float=_marked, parse_int=_marked, parse_constant=_refuse)
