"""One program of ours that runs until it is told to stop: its process, and the thread for its lines."""

import signal
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from tools.stack.console import Console
from tools.stack.spawning import kill_group, spawn


@dataclass(frozen=True)
class Program:
    """What to run, and under which name its lines are shown. `env` is its whole environment."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    directory: Path
    stop_signal: signal.Signals = signal.SIGTERM


class Child:
    """A program that runs now, ran, or will run again."""

    def __init__(self, program: Program, console: Console) -> None:
        self.name = program.name
        self._program = program
        self._console = console
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run it. Main thread only (see spawning.py)."""
        self._process = spawn(
            self._program.command,
            output=subprocess.PIPE,
            env=self._program.env,
            directory=self._program.directory,
        )
        output = cast("IO[bytes]", self._process.stdout)  # a pipe, as asked for
        threading.Thread(target=self._show_lines, args=(output,), daemon=True).start()

    def exit_code(self) -> int | None:
        """Give the code when it has ended, and end whatever it left behind in its session."""
        if self._process is None:
            return None
        code = self._process.poll()
        if code is not None:
            kill_group(self._process.pid)
        return code

    def is_running(self) -> bool:
        """Say whether the process lives."""
        return self._process is not None and self.exit_code() is None

    def ask_to_stop(self) -> None:
        """Send the stop signal to the program alone: a Celery parent sees to its own children."""
        if self.is_running() and self._process is not None:
            self._process.send_signal(self._program.stop_signal)

    def kill(self) -> None:
        """End the program and all of its session. Repeating does nothing."""
        if self._process is not None:
            kill_group(self._process.pid)
            self._process.wait()

    def _show_lines(self, output: IO[bytes]) -> None:
        with output:
            for line in output:
                self._console.show(self.name, line.decode("utf-8", "replace").rstrip())
