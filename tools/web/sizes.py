"""What a first visit weighs, against a budget: the files that a page names itself, gzipped as nginx does."""

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.web.node import ROOT

_NAMED = re.compile(r'(?:src|href)="(?:/admin)?/(assets/[^"]+\.(js|css))"')
_KB = 1000


@dataclass(frozen=True)
class Budget:
    """Kilobytes, gzipped: the entry's scripts and styles, and any one script that is fetched later."""

    script_kb: int
    style_kb: int
    lazy_kb: int


BUDGETS = {
    # A phone on a slow network paints within 2.5 s; staff sit at a desk.
    "frontend": Budget(script_kb=175, style_kb=15, lazy_kb=40),
    "admin": Budget(script_kb=230, style_kb=45, lazy_kb=60),
}


def find_excesses(app: str, dist: Path, budget: Budget) -> Iterator[str]:
    """Give a sentence for each part that is above its budget."""
    named = {match[1]: match[2] for match in _NAMED.finditer((dist / "index.html").read_text())}
    if not named:
        yield f"{app}: index.html names no script"
    sizes = {
        kind: sum(_weigh(dist / file) for file in named if named[file] == kind) for kind in ("js", "css")
    }
    yield from _compare(f"{app}: entry scripts", sizes["js"], budget.script_kb)
    yield from _compare(f"{app}: entry styles", sizes["css"], budget.style_kb)
    for path in sorted((dist / "assets").glob("*.js")):
        if f"assets/{path.name}" not in named:
            yield from _compare(f"{app}: {path.name}", _weigh(path), budget.lazy_kb)


def judge() -> list[str]:
    """Judge both builds."""
    return [
        excess
        for app, budget in BUDGETS.items()
        for excess in find_excesses(app, ROOT / app / "dist", budget)
    ]


def _compare(what: str, size: int, budget_kb: int) -> Iterator[str]:
    if size > budget_kb * _KB:
        yield f"{what}: {size / _KB:.1f} kB of {budget_kb} kB"


def _weigh(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 6))
