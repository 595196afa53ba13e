"""A stack of stand-ins as a process of its own, for tests to start, read, and kill."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tools.stack.ports import Ports, is_free, read_ports

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE_S = 25.0


class StandInStack:
    """`python -m tests.stack.standin_stack` on a folder and ports of its own."""

    def __init__(self, state_dir: Path, ports_offset: int) -> None:
        self.state_dir = state_dir
        self.lines: list[str] = []
        hub_free = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        self.env = hub_free | {"HUB_STATE_DIR": str(state_dir), "HUB_PORT_OFFSET": str(ports_offset)}
        self.ports: Ports = read_ports(self.env)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.stack.standin_stack"],
            cwd=ROOT,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def wait_for_line(self, line: str) -> None:
        wait_until(lambda: line in self.lines, lambda: self.output)

    def worker_pids(self) -> list[int]:
        """Pids of the stand-in worker, one for each time it was started."""
        path = self.state_dir / "worker.pids"
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    def end(self, number: signal.Signals) -> int:
        """Send a signal, wait for the end, give the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(_PATIENCE_S)
        self._reader.join(_PATIENCE_S)
        return code

    def leftovers(self) -> list[str]:
        """Command lines of processes that still belong to this stack."""
        return [line for line in list_command_lines() if str(self.state_dir) in line]

    def _read(self) -> None:
        with self.process.stdout or open(os.devnull, encoding="utf-8") as output:  # noqa: PTH123
            for line in output:
                self.lines.append(line.rstrip("\n"))


def list_command_lines() -> list[str]:
    """Environment and command line of every process we may look at; zombies have neither."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            content = (folder / "environ").read_bytes() + b"\0" + (folder / "cmdline").read_bytes()
        except OSError:
            continue
        found.append(content.replace(b"\0", b" ").decode("utf-8", "replace"))
    return found


def wait_until(is_true: Callable[[], bool], explain: Callable[[], str] = str) -> None:
    """Poll with a deadline."""
    deadline = time.monotonic() + _PATIENCE_S
    while not is_true():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.05)


def pick_ports_offset() -> int:
    """Find an offset whose ports are all free now; xdist's workers look in different places."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for offset in range(12_000 + 1_000 * worker, 40_000, 37):
        if all(is_free(port) for port in vars(read_ports({"HUB_PORT_OFFSET": str(offset)})).values()):
            return offset
    raise AssertionError("no free ports")
