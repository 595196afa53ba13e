"""The hub's processes as tests start them: each in a session of its own, its output in a file."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil

from tools.stack.spawning import kill_group, spawn

ROOT = Path(__file__).resolve().parent.parent
_LIGHT = ("--without-gossip", "--without-mingle")


class HubProcesses:
    """Processes of one installation by name. `relay-standby` is one more of the kind `relay`."""

    def __init__(
        self, folder: Path, *, port: int, environment: Mapping[str, str], worker_app: str = "workers.app"
    ) -> None:
        self.folder = folder
        self.port = port
        self.environment = environment
        self.worker_app = worker_app
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str) -> None:
        """Start processes; output is appended to `<name>.log`. Main thread only (see spawning)."""
        for name in names:
            assert name not in self._running, f"{name} runs already"
            with (self.folder / f"{name}.log").open("ab") as output:
                self._running[name] = spawn(
                    self._command(name), output=output, env=self.environment, directory=ROOT
                )

    def kill(self, name: str) -> None:
        """kill -9 the process and its children."""
        process = self._running.pop(name)
        kill_group(process.pid)
        process.wait()

    def terminate(self, name: str, *, within_s: float) -> int:
        """Ask to stop as an orchestrator does, wait, give the exit code; what is late is killed and told."""
        process = self._running[name]
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(within_s)
        finally:
            self.kill(name)
        return code

    def stop(self) -> None:
        """kill -9 whatever still runs. Repeating does nothing."""
        for name in list(self._running):
            self.kill(name)

    def is_running(self, name: str) -> bool:
        return name in self._running and self._running[name].poll() is None

    def names(self) -> list[str]:
        """Names of what was started and not stopped."""
        return list(self._running)

    def pids(self, name: str) -> list[int]:
        """Pids of the process and its children."""
        parent = psutil.Process(self._running[name].pid)
        return [parent.pid, *(child.pid for child in parent.children(recursive=True))]

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def _command(self, name: str) -> list[str]:
        celery = [sys.executable, "-m", "celery", "-A"]
        worker = [*celery, self.worker_app, "worker", *_LIGHT]
        commands = {
            "api": [
                *[sys.executable, "-m", "uvicorn", "--factory", "api.app:create_app", "--no-access-log"],
                *["--host", "127.0.0.1", "--port", str(self.port)],
            ],
            "core": [*worker, "-Q", "core,sched", "-n", f"{name}@%h", "-P", "prefork", "-c", "2"],
            "io": [*worker, "-Q", "io,slow", "-n", f"{name}@%h", "-P", "threads", "-c", "2"],
            "relay": [sys.executable, "-m", "workers.relay"],
            "beat": [
                *[*celery, "schedules.app", "beat", "--pidfile="],
                *["-s", str(self.folder / f"{name}.schedule")],
            ],
        }
        return commands[name.partition("-")[0]]


def environment_with(hub: Mapping[str, str]) -> dict[str, str]:
    """This process's environment, with these HUB_ variables and no others."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HUB_")} | dict(hub)
