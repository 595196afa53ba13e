"""How much memory stays taken by bodies full of names that nobody uses: a process of its own, to be exact.

python -m tests.fuzz.memory '<n#/>'      prints bytes; # becomes a new name each time
"""

import resource
import sys
from pathlib import Path

from tests.fuzz.laws import read_lawfully

WARMING, MEASURED = 10, 40
NAMES = 18_000


def main(piece: str) -> int:
    """Give the growth of the second part of the bodies over the first."""
    before = 0
    for body in range(WARMING + MEASURED):
        if body == WARMING:
            before = _resident_bytes()
        names = (piece.replace("#", f"{body:04}_{index:06}_a_long_name_of_nothing") for index in range(NAMES))
        read_lawfully(f"<r>{''.join(names)}</r>".encode(), None)
    return _resident_bytes() - before


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()


if __name__ == "__main__":
    sys.stdout.write(str(main(sys.argv[1])))
