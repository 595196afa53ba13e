"""Everything the stack shows: its own words, and the children's lines behind their names."""

import threading
from typing import TextIO

_COLOURS = (36, 32, 33, 35, 34, 96, 92, 93, 95, 94)
_NAME_WIDTH = 8


class Console:
    """One writer for many threads; colours only on a terminal; a closed stream is not an error."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._has_colours = stream.isatty()
        self._names: list[str] = []

    def say(self, text: str = "") -> None:
        """Write the stack's own line."""
        self._write(text)

    def show(self, name: str, line: str) -> None:
        """Write a child's line behind its name."""
        self._write(f"{self._label(name)} {line}")

    def _label(self, name: str) -> str:
        label = f"{name:<{_NAME_WIDTH}}|"
        if not self._has_colours:
            return label
        if name not in self._names:
            self._names.append(name)
        colour = _COLOURS[self._names.index(name) % len(_COLOURS)]
        return f"\x1b[{colour}m{label}\x1b[0m"

    def _write(self, line: str) -> None:
        with self._lock:
            try:
                self._stream.write(line + "\n")
                self._stream.flush()
            except (OSError, ValueError):
                # The reader of our output is gone (`make run | head`); the children must not notice.
                return
