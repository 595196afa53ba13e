"""Transactions: one file begins and ends them; nothing is flushed without a reason."""

import ast
from collections.abc import Iterator

from tools.lint.house import ENGINE_ROOMS, Finding, House, Source

TRANSACTION_PATHS = ("hub/db/transaction.py", "hub/db/engine.py")
"""The heart itself, and the SETs of a fresh connection."""
_ENDS = frozenset({"commit", "rollback", "begin", "begin_nested"})


def transaction_ends(house: House) -> Iterator[Finding]:
    """A verb that commits cannot be part of a larger story: only hub/db/transaction.py begins and ends."""
    for source in house.under(*ENGINE_ROOMS, but=TRANSACTION_PATHS):
        for call, name in _method_calls(source):
            if name in _ENDS:
                yield source.finding(call, f".{name}() outside {TRANSACTION_PATHS[0]}")


def flush_reason(house: House) -> Iterator[Finding]:
    """A flush costs a round trip and orders writes by accident: a comment says which value is needed."""
    for source in house.under(*ENGINE_ROOMS):
        for call, name in _method_calls(source):
            if name == "flush" and call.lineno not in source.comments:
                yield source.finding(call, ".flush() without a comment on its line")


def _method_calls(source: Source) -> Iterator[tuple[ast.Call, str]]:
    for node in source.nodes(ast.Call):
        assert isinstance(node, ast.Call)
        if isinstance(node.func, ast.Attribute):
            yield node, node.func.attr
