"""Secrets: none is ever written down in the repository, not even a used-up one."""

import ast
import math
import re
from collections import Counter
from collections.abc import Iterator

from tools.lint.house import ROOMS, Finding, House

_SHAPES = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "a token": re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.|\b(AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_\w{30,}"),
    "an address with a password": re.compile(r"://[^\s:/@{}<>$]+:(?!PASSWORD@)[^\s:/@{}<>$*]+@"),
}
_RANDOM = re.compile(r"[A-Za-z0-9+/_-]{32,}={0,2}")
_RANDOM_BITS_MIN = 4.4
"""Of entropy per character: words and identifiers stay below, keys in base64 lie above."""


def no_secret(house: House) -> Iterator[Finding]:
    """What was once in git is known for ever: secrets come from the environment, tests make their own."""
    rooms = [room for room in ROOMS if room != "tests"]
    for source in house.under(*rooms):
        for node in source.nodes(ast.Constant):
            assert isinstance(node, ast.Constant)
            if isinstance(node.value, str):
                for shape in _secret_shapes(node.value):
                    yield source.finding(node, f"looks like {shape}")


def _secret_shapes(text: str) -> Iterator[str]:
    yield from (shape for shape, pattern in _SHAPES.items() if pattern.search(text))
    if any(_is_random(match.group()) for match in _RANDOM.finditer(text)):
        yield "a key"


def _is_random(word: str) -> bool:
    """Tell a key from a name: all kinds of characters, spread evenly."""
    kinds = (str.isupper, str.islower, str.isdigit)
    if not all(any(kind(letter) for letter in word) for kind in kinds):
        return False
    shares = [count / len(word) for count in Counter(word).values()]
    return -sum(share * math.log2(share) for share in shares) >= _RANDOM_BITS_MIN
