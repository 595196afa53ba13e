"""Sizes: what does not fit into a head is cut in two."""

import ast
from collections.abc import Iterator

from tools.lint.house import ROOMS, Finding, House

FILE_LINES_MAX = 300
TEST_FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50


def file_length(house: House) -> Iterator[Finding]:
    """A file is read in one go: 300 lines, 400 for tests, which are lists by nature."""
    for source in house.sources:
        limit = TEST_FILE_LINES_MAX if source.path.startswith("tests/") else FILE_LINES_MAX
        lines = len(source.text.splitlines())
        if lines > limit:
            yield Finding(source.path, limit + 1, f"{lines} lines, at most {limit}")


def function_length(house: House) -> Iterator[Finding]:
    """A function fits on a screen: 50 lines; longer ones hide a second story."""
    for source in house.under(*ROOMS):
        for node in source.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
            assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield source.finding(node, f"{node.name} has {lines} lines, at most {FUNCTION_LINES_MAX}")
