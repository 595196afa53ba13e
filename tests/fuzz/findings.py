"""Bodies that broke a law: written to a file each, with the command that sends it again."""

import base64
import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.bodies import Body

FINDINGS_MAX = 2_000
"""A campaign that breaks laws so often has nothing more to tell."""
ALIKE_MAX = 3
"""So many of one kind are written down; the rest are only counted."""
_KIND_LENGTH = 60


@dataclass
class Findings:
    """Where findings are written, and how many there are."""

    folder: Path
    count: int = 0
    kinds: Counter[str] = field(default_factory=Counter)

    def add(self, body: Body, law: str, *, origin: str) -> str:
        """Write the body down; gives what to tell a person, "" when enough of the kind was told."""
        self.count += 1
        kind = re.sub(r"[\d-]+", "", law)[:_KIND_LENGTH]
        self.kinds[kind] += 1
        if self.kinds[kind] > ALIKE_MAX:
            return ""
        digest = hashlib.sha256(body.content).hexdigest()[:12]
        path = self.folder / f"finding-{digest}.json"
        self.folder.mkdir(parents=True, exist_ok=True)
        path.write_text(
            json.dumps({"law": law[:4_000], "origin": origin, **written(body)}, indent=1), encoding="utf-8"
        )
        again = f".venv/bin/python -m tests.fuzz replay {path}"
        return f"BROKEN ({origin}, {body.recipe}): {law[:1_500]}\n  again: {again}"

    @property
    def is_enough(self) -> bool:
        """Tell whether going on is worth nothing."""
        return self.count >= FINDINGS_MAX


def written(body: Body) -> dict[str, object]:
    """Write a body as JSON holds it."""
    headers = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in body.headers]
    return {"recipe": body.recipe, "headers": headers, "content": base64.b64encode(body.content).decode()}


def read(path: Path) -> Body:
    """Read a finding; any other file is taken for a bare body."""
    raw = path.read_bytes()
    try:
        told = json.loads(raw)
        headers = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in told["headers"])
        return Body(base64.b64decode(told["content"]), headers, told["recipe"])
    except (ValueError, KeyError, TypeError):
        return Body(raw, (), path.name)
