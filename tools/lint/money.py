"""Money: integers only, and rounding only where it has a name."""

import ast
from collections.abc import Iterator

from tools.lint.house import Finding, House, Source

MONEY_PATH = "hub/kernel/money.py"
_DIVISIONS = {ast.Div: "/", ast.FloorDiv: "//"}


def exact_money(house: House) -> Iterator[Finding]:
    """A float loses kopecks and a nameless rounding hides who gets them: split_exact, share_floor."""
    for source in house.under("hub/domain", MONEY_PATH):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, float):
                yield source.finding(node, f"float {node.value}")
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
                yield source.finding(node, "float()")
            elif isinstance(node, ast.BinOp | ast.AugAssign):
                yield from _division(source, node)


def _division(source: Source, node: ast.BinOp | ast.AugAssign) -> Iterator[Finding]:
    sign = _DIVISIONS.get(type(node.op))
    if sign == "/" or (sign == "//" and source.path != MONEY_PATH):
        yield source.finding(node, f"{sign} outside {MONEY_PATH}" if sign == "//" else "/ gives a float")
