"""Errors of the hub: each has a code for machines, a kind for doors, a cause for people."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tools.lint.house import ENGINE_ROOMS, Finding, House, Source

_BASE = "HubError"


@dataclass(frozen=True)
class _Refusal:
    source: Source
    node: ast.ClassDef
    bases: tuple[str, ...]
    assigned: frozenset[str]


def told_refusal(house: House) -> Iterator[Finding]:
    """An error without code, kind or cause reaches a person as a riddle; code and kind may be inherited."""
    classes = {refusal.node.name: refusal for refusal in _classes(house)}
    for name, refusal in classes.items():
        lineage = _lineage(name, classes)
        if name == _BASE or _BASE not in lineage:
            continue
        known = frozenset[str]().union(*(classes[step].assigned for step in lineage if step != _BASE))
        for missing in sorted({"code", "kind"} - known):
            yield refusal.source.finding(refusal.node, f"{name} has no {missing}")
        if not ast.get_docstring(refusal.node):
            yield refusal.source.finding(refusal.node, f"{name} has no docstring")


def _classes(house: House) -> Iterator[_Refusal]:
    for source in house.under(*ENGINE_ROOMS):
        for node in source.nodes(ast.ClassDef):
            assert isinstance(node, ast.ClassDef)
            bases = tuple(ast.unparse(base).rpartition(".")[2] for base in node.bases)
            yield _Refusal(source, node, bases, frozenset(_assigned(node)))


def _assigned(node: ast.ClassDef) -> Iterator[str]:
    for statement in node.body:
        if isinstance(statement, ast.Assign):
            yield from (target.id for target in statement.targets if isinstance(target, ast.Name))
        elif (
            isinstance(statement, ast.AnnAssign)
            and statement.value
            and isinstance(statement.target, ast.Name)
        ):
            yield statement.target.id


def _lineage(name: str, classes: Mapping[str, _Refusal]) -> set[str]:
    """Give the class and all its ancestors that are ours."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        step = waiting.pop()
        if step in found or (step != _BASE and step not in classes):
            continue
        found.add(step)
        waiting += classes[step].bases if step in classes else ()
    return found
