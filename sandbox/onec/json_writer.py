"""A tree as JSON in 1C's hand: one member a line by default, amounts with two decimals."""

import json

from sandbox.onec.spelling import Bare, Nothing, Spelled, Spelling
from sandbox.onec.tree import Node, Tree


def write_json(tree: Tree, spelling: Spelling, *, is_compact: bool) -> str:
    """Spell a tree; pretty text has LF line ends and tabs, as 1C's ЗаписьJSON writes."""
    return _Writer(spelling, is_compact=is_compact).object(tree, "event", "")


def write_array(items: list[str]) -> str:
    """Join events into a top-level array."""
    return "[" + ",\n".join(items) + "]"


class _Writer:
    def __init__(self, spelling: Spelling, *, is_compact: bool) -> None:
        self._spelling = spelling
        self._is_compact = is_compact

    def object(self, tree: Tree, place: str, indent: str) -> str:
        deeper = f"{indent}\t"
        members = [
            f'"{self._spelling.key(place, name)}": {text}'
            for name, node in tree.items()
            if (text := self._value(node, name, deeper)) is not None
        ]
        return self._enclosed("{", members, "}", indent)

    def _value(self, node: Node, name: str, indent: str) -> str | None:
        if isinstance(node, dict):
            return self.object(node, name, indent)
        if not isinstance(node, list):
            return _literal(self._spelling.scalar(node))
        if not node:
            return self._no_rows()
        if self._spelling.is_collapsed(node):
            return self.object(node[0], name, indent)
        rows = [self.object(row, name, f"{indent}\t") for row in node]
        return self._enclosed("[", rows, "]", indent)

    def _no_rows(self) -> str | None:
        said = self._spelling.nothing(Nothing.NULL)
        return "[]" if said is Nothing.NULL else _literal(said)

    def _enclosed(self, left: str, parts: list[str], right: str, indent: str) -> str:
        if self._is_compact or not parts:
            return left + ",".join(parts) + right
        deeper = f"\n{indent}\t"
        return f"{left}{deeper}" + f",{deeper}".join(parts) + f"\n{indent}{right}"


def _literal(spelled: Spelled) -> str | None:
    match spelled:
        case Nothing.NULL:
            return "null"
        case Nothing.BRACES:
            return "{}"
        case Nothing.ABSENT:
            return None
    return str(spelled) if isinstance(spelled, Bare) else json.dumps(spelled, ensure_ascii=False)
