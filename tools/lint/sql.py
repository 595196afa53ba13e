"""SQL is written, never put together from values: values travel as parameters."""

import ast
from collections.abc import Iterator

from tools.lint.house import ENGINE_ROOMS, Finding, House, Source

PUT_TOGETHER_PATHS = (
    "hub/domain/ledger/checks.py",  # each check is a constant of its own, in one frame
    "hub/flows/reseal.py",  # names of our own tables, in DDL, which takes no parameters
)
_TEXTS = frozenset({"text", "literal_column", "exec_driver_sql"})
_RUNS = frozenset({"execute", "scalar", "scalars", "stream"})


def written_sql(house: House) -> Iterator[Finding]:
    """A value in a statement's text is an injection that waits for its caller: only constants stand there."""
    for source in house.under(*ENGINE_ROOMS, but=PUT_TOGETHER_PATHS):
        names = _sql_names(source)
        for call in source.nodes(ast.Call):
            assert isinstance(call, ast.Call)
            if not call.args:
                continue
            called = _called(call.func, names)
            if called in _TEXTS and not _is_constant(call.args[0]):
                yield source.finding(call, f"{called}() of something that is no constant")
            elif called in _RUNS and _is_put_together(call.args[0]):
                yield source.finding(call, f"{called}() of a text that is put together")


def _sql_names(source: Source) -> frozenset[str]:
    """Names that this file took from SQLAlchemy: `text` is also a word for other things."""
    return frozenset(
        alias.asname or alias.name
        for node in source.nodes(ast.ImportFrom)
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "sqlalchemy"
        for alias in node.names
    )


def _called(function: ast.expr, names: frozenset[str]) -> str:
    if isinstance(function, ast.Name):
        return function.id if function.id in names else ""
    if not isinstance(function, ast.Attribute):
        return ""
    is_module = isinstance(function.value, ast.Name) and function.value.id in {"sa", "sqlalchemy"}
    return function.attr if is_module or function.attr not in {"text", "literal_column"} else ""


def _is_constant(given: ast.expr) -> bool:
    """Whether nothing but literals and NAMES_OF_CONSTANTS stands in it."""
    if isinstance(given, ast.JoinedStr):
        return all(
            not isinstance(part, ast.FormattedValue) or _is_constant(part.value) for part in given.values
        )
    if isinstance(given, ast.BinOp) and isinstance(given.op, ast.Add):
        return _is_constant(given.left) and _is_constant(given.right)
    if isinstance(given, ast.Call) and isinstance(given.func, ast.Attribute) and given.func.attr == "format":
        return all(
            map(_is_constant, [given.func.value, *given.args, *(word.value for word in given.keywords)])
        )
    if isinstance(given, ast.Name):
        return given.id.isupper()
    return isinstance(given, ast.Constant)


def _is_put_together(given: ast.expr) -> bool:
    """Whether it is a text made here; a statement that SQLAlchemy builds is none of these."""
    is_format = (
        isinstance(given, ast.Call) and isinstance(given.func, ast.Attribute) and given.func.attr == "format"
    )
    return (is_format or isinstance(given, ast.JoinedStr | ast.BinOp)) and not _is_constant(given)
