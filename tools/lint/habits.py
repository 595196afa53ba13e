"""Habits of writing: imports, catching, printing, promises, names."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.lint.house import ENGINE_ROOMS, ROOMS, Finding, House

CATCH_ALL_PATHS = (
    "hub/taskqueue/nudge.py",  # a nudge may be lost for any reason, its sender must live on
    "hub/flows/drain.py",  # an event that fails, however, ends alone and with a reason
    "hub/inbox/intake.py",  # a writer thread that dies would deafen the door
    "workers/tasking.py",  # the last net under a task
    "api/problems.py",  # the last net under a request
)
_PRINTING_ROOMS = ("tools", "bench", "sandbox")
_PROMISE = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?!\s*\(?#\d)")
_EMPTY_WORDS = frozenset(
    {"manager", "managers", "helper", "helpers", "util", "utils", "common", "misc", "miscellaneous"}
)
_EVERYTHING = frozenset({"Exception", "BaseException"})


def import_on_top(house: House) -> Iterator[Finding]:
    """An import inside a function hides a dependency from the reader, and often a cycle."""
    for source in house.under(*ROOMS):
        for function in source.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield source.finding(node, "import inside a function")


def absolute_import(house: House) -> Iterator[Finding]:
    """A full module path says on which floor the thing lives, and survives a move."""
    for source in house.under(*ROOMS):
        for node in source.nodes(ast.ImportFrom):
            assert isinstance(node, ast.ImportFrom)
            if node.level:
                yield source.finding(node, "relative import")


def narrow_catch(house: House) -> Iterator[Finding]:
    """Who catches everything hides the bug of tomorrow; cleaning up and raising again is not catching."""
    for source in house.under(*ENGINE_ROOMS, but=CATCH_ALL_PATHS):
        for handler in source.nodes(ast.ExceptHandler):
            assert isinstance(handler, ast.ExceptHandler)
            if _catches_everything(handler.type) and not _raises_again(handler):
                yield source.finding(handler, "catches everything")


def no_print(house: House) -> Iterator[Finding]:
    """What runs as a service logs, with masking and a correlation id; only console programs print."""
    rooms = [room for room in ROOMS if room not in {*_PRINTING_ROOMS, "tests"}]
    for source in house.under(*rooms):
        for node in source.nodes(ast.Call):
            assert isinstance(node, ast.Call)
            if isinstance(node.func, ast.Name) and node.func.id == "print":
                yield source.finding(node, "print()")


def promise_kept(house: House) -> Iterator[Finding]:
    """A promise without an issue number is forgotten: it carries one, or is not written."""
    for source in house.under(*ROOMS):
        for line, comment in source.comments.items():
            if _PROMISE.search(comment):
                yield Finding(source.path, line, "a promise without an issue number")


def telling_name(house: House) -> Iterator[Finding]:
    """`helpers` and `utils` say nothing and collect everything: a module is named for what it keeps true."""
    for source in house.under(*ROOMS):
        words = {
            word for part in PurePosixPath(source.path).with_suffix("").parts for word in part.split("_")
        }
        for word in sorted(words & _EMPTY_WORDS):
            yield Finding(source.path, 1, f"“{word}” in a module's name")


def _catches_everything(caught: ast.expr | None) -> bool:
    if caught is None:
        return True
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(isinstance(name, ast.Name) and name.id in _EVERYTHING for name in names)


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None
