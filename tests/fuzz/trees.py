"""Mutations of trees: fields dropped, doubled, renamed, retyped, moved and nested, before they are written.

A tree is what JSON holds (dict, list, str, bool, None, and `Raw` for numbers); XML is written of the same.
"""

from collections.abc import Callable, MutableMapping, MutableSequence
from copy import deepcopy
from random import Random
from typing import Any

from tests.fuzz.values import CANARY, nested, odd_key, odd_value

Place = tuple[Any, Any]
"""A container and a key or index of it."""
PLACES_MAX = 400


def mutated(tree: Any, rng: Random, *, times: int) -> Any:
    """Give a mutated copy."""
    holder = [deepcopy(tree)]
    for _ in range(times):
        rng.choice(MUTATIONS)(holder, rng)
    return holder[0]


def places(root: Any) -> list[Place]:
    """List where a value stands, a bounded number of them."""
    found: list[Place] = []
    waiting = [root]
    while waiting and len(found) < PLACES_MAX:
        node = waiting.pop()
        keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        for key in keys:
            found.append((node, key))
            if isinstance(node[key], dict | list):
                waiting.append(node[key])
    return found


def replace(root: Any, rng: Random) -> None:
    """Put an odd value where another stood."""
    node, key = rng.choice(places(root))
    node[key] = deepcopy(odd_value(rng))


def drop(root: Any, rng: Random) -> None:
    """Leave a field out."""
    node, key = rng.choice(places(root))
    if node is not root:
        del node[key]


def rename(root: Any, rng: Random) -> None:
    """Send a field under another name: an alias, a look-alike, nonsense."""
    node, key = rng.choice(places(root))
    if isinstance(node, MutableMapping):
        value = node.pop(key)
        node[rng.choice((odd_key(rng), key.upper(), key.title(), key.replace("_", ""), f"{key}\u00a0"))] = (
            value
        )


def retype(root: Any, rng: Random) -> None:
    """Keep the value and change its clothes: text for number, list for one, one for list, object for text."""
    node, key = rng.choice(places(root))
    value = node[key]
    if isinstance(value, str):
        node[key] = rng.choice(
            ([value], {"УИД": value}, {"value": value}, f" {value}\n", value.upper(), value * 2)
        )
    elif isinstance(value, MutableSequence):
        node[key] = value[0] if value else {}
    else:
        node[key] = [value, deepcopy(value)]


def nest(root: Any, rng: Random) -> None:
    """Put a value deep inside a tower, or a whole section inside itself."""
    node, key = rng.choice(places(root))
    if rng.random() < 0.5:
        node[key] = {key if isinstance(key, str) else "row": deepcopy(node[key])}
    else:
        node[key] = nested(rng.choice((1, 5, 17, 20, 22)), rng.choice(("list", "dict", "ref")))


def multiply(root: Any, rng: Random) -> None:
    """Repeat a row, up to more rows than any document has."""
    lists = [node[key] for node, key in places(root) if isinstance(node[key], list) and node[key]]
    if lists:
        chosen = rng.choice(lists)
        chosen.extend(deepcopy(rng.choice(chosen)) for _ in range(rng.choice((1, 2, 60))))


def swap(root: Any, rng: Random) -> None:
    """Exchange two values of different fields."""
    found = places(root)
    (one, here), (other, there) = rng.choice(found), rng.choice(found)
    one[here], other[there] = deepcopy(other[there]), deepcopy(one[here])


def plant(root: Any, rng: Random) -> None:
    """Add fields that the hub must neither keep nor tell: somebody's, or medical."""
    nodes = [node for node, _ in places(root) if isinstance(node, dict)]
    if nodes:
        name = rng.choice(
            ("Диагноз", "comment", "МКБ", "surname", "phone", "Анамнез", "name", "email", odd_key(rng))
        )
        rng.choice(nodes)[name] = rng.choice((CANARY, {"text": CANARY}, [CANARY], deepcopy(odd_value(rng))))


MUTATIONS: tuple[Callable[[Any, Random], None], ...] = (
    replace, replace, replace, replace, drop, drop, rename, rename, retype, retype, nest, multiply, swap,
    plant,
)  # fmt: skip
