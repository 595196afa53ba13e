"""The house as the rules see it: every Python file with its text, its tree and its comments."""

import ast
import io
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

ROOMS = ("hub", "api", "workers", "schedules", "sandbox", "tools", "bench", "migrations", "tests")
ENGINE_ROOMS = ("hub", "api", "workers", "schedules")
"""What runs in production."""


class Finding(NamedTuple):
    """A place that breaks a rule, and how."""

    path: str
    line: int
    message: str


@dataclass(frozen=True)
class Source:
    """One file. `path` is relative to the top of the repository, with slashes."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return ast.parse(self.text, filename=self.path)

    @cached_property
    def comments(self) -> Mapping[int, str]:
        """Comments by line number."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}

    def nodes(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        """Give every node of these kinds, at any depth."""
        return (node for node in ast.walk(self.tree) if isinstance(node, kinds))

    def finding(self, node: ast.expr | ast.stmt | ast.ExceptHandler, message: str) -> Finding:
        """Name a place in this file."""
        return Finding(self.path, node.lineno, message)


@dataclass(frozen=True)
class House:
    """All files together."""

    sources: tuple[Source, ...]

    def under(self, *rooms: str, but: Iterable[str] = ()) -> Iterator[Source]:
        """Give the files of these rooms or with these paths, without the excepted paths."""
        excepted = frozenset(but)
        for source in self.sources:
            is_inside = any(source.path == room or source.path.startswith(f"{room}/") for room in rooms)
            if is_inside and source.path not in excepted:
                yield source


def read_house(root: Path) -> House:
    """Read every Python file of the rooms. Raises: OSError, SyntaxError when asked for a tree."""
    paths = sorted(path for room in ROOMS for path in (root / room).rglob("*.py"))
    return House(
        tuple(Source(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")) for path in paths)
    )
