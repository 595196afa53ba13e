"""Keeps servers and programs running, starts the crashed ones again, and stops everything in the right order.

All starting happens in the main thread (see spawning.py); signals only raise a flag that the loops look at.
"""

import http.client
import signal
import time
from types import FrameType
from typing import Protocol

from tools.stack.children import Child, Program
from tools.stack.console import Console
from tools.stack.errors import StackError, StopRequested
from tools.stack.ports import LOOPBACK

_TICK_S = 0.1
_BACKOFF_MAX_S = 30.0
# Who ran this long was healthy: its next crash starts from the shortest pause again.
_HEALTHY_AFTER_S = 60.0
# A worker's drain takes seconds at most; a person who pressed Ctrl-C should not wait longer than this.
_STOP_PATIENCE_S = 10.0
_READY_PATIENCE_S = 120.0
_HTTP_OK = 200


class Kept(Protocol):
    """Something to keep running."""

    name: str

    def start(self) -> None: ...

    def is_running(self) -> bool: ...


class Server(Kept, Protocol):
    """PostgreSQL or Redis: stops by itself, and only after the programs that use it."""

    def stop(self) -> None: ...


class StopFlag:
    """Ctrl-C, SIGTERM or a closed terminal, counted: the second one means at once."""

    def __init__(self) -> None:
        self.count = 0

    def listen(self) -> None:
        """Take over the signals of this process."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1


class Supervisor:
    """The keeper of one stack."""

    def __init__(self, console: Console, stop_flag: StopFlag) -> None:
        self._console = console
        self._stop_flag = stop_flag
        self._servers: list[Server] = []
        self._children: list[Child] = []
        self._watches: list[_Watch] = []

    def start_server(self, server: Server) -> None:
        """Start a server and keep it. Raises: StackError."""
        self._servers.append(server)
        server.start()
        self._watches.append(_Watch(server))

    def start_program(self, program: Program) -> None:
        """Start a program and keep it."""
        child = Child(program, self._console)
        self._children.append(child)
        child.start()
        self._watches.append(_Watch(child))

    def run_once(self, program: Program) -> None:
        """Run a program to its end. Raises: StackError when it fails; StopRequested."""
        child = Child(program, self._console)
        self._children.append(child)
        child.start()
        while (code := child.exit_code()) is None:
            self._pause()
        self._children.remove(child)
        if code != 0:
            raise StackError(
                f"{program.name}: код завершения {code}, дальше нельзя.",
                f"{program.name} failed with exit code {code}.",
            )

    def wait_until_ready(self, port: int, path: str) -> None:
        """Wait for 200 from our own HTTP door. Raises: StackError after two minutes; StopRequested."""
        deadline = time.monotonic() + _READY_PATIENCE_S
        while not _answers_ok(port, path):
            if time.monotonic() > deadline:
                raise StackError(
                    f"http://{LOOPBACK}:{port}{path} так и не ответил 200.",
                    "Our own HTTP door never answered 200.",
                )
            self._pause()

    def keep_running(self) -> None:
        """Watch over everything until somebody asks to stop."""
        while not self._stop_flag.count:
            self._tick()
            time.sleep(_TICK_S)

    def stop(self) -> None:
        """Stop programs, then servers, last started first. A second Ctrl-C cuts the patience short."""
        asked = self._stop_flag.count
        for child in self._children:
            child.ask_to_stop()
        deadline = time.monotonic() + _STOP_PATIENCE_S
        while any(child.is_running() for child in self._children):
            if time.monotonic() > deadline or self._stop_flag.count > max(asked, 1):
                break
            time.sleep(_TICK_S / 2)
        for child in self._children:
            if child.is_running():
                self._console.say(f"{child.name}: не остановился сам, снимаю / did not stop, killed")
            child.kill()
        for server in reversed(self._servers):
            server.stop()

    def _pause(self) -> None:
        """Let time pass while the stack comes up. Raises: StopRequested."""
        if self._stop_flag.count:
            raise StopRequested
        self._tick()
        time.sleep(_TICK_S)

    def _tick(self) -> None:
        for watch in self._watches:
            watch.look(self._console)


class _Watch:
    """Looks after one kept thing: notices its end, starts it again after a pause that doubles."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._crashes = 0
        self._started_at_s = time.monotonic()
        self._start_due_s: float | None = None

    def look(self, console: Console) -> None:
        """Do what is due now."""
        now_s = time.monotonic()
        if self._start_due_s is None:
            if not self._kept.is_running():
                self._plan_restart(now_s, console)
        elif now_s >= self._start_due_s:
            self._restart(now_s, console)

    def _plan_restart(self, now_s: float, console: Console) -> None:
        if now_s - self._started_at_s > _HEALTHY_AFTER_S:
            self._crashes = 0
        pause_s = min(2.0**self._crashes, _BACKOFF_MAX_S)
        self._crashes += 1
        self._start_due_s = now_s + pause_s
        console.say(
            f"{self._kept.name}: упал, запуск через {pause_s:.0f} с / ended, starts again in {pause_s:.0f} s"
        )

    def _restart(self, now_s: float, console: Console) -> None:
        self._started_at_s, self._start_due_s = now_s, None
        try:
            self._kept.start()
        except (StackError, OSError) as error:
            console.say(f"{self._kept.name}: {error}")


def _answers_ok(port: int, path: str) -> bool:
    # Not urllib: a proxy from the environment must not stand between us and our own loopback.
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == _HTTP_OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
