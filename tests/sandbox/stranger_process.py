"""Starts a stranger of sandbox/ as the stack does: a real process on a free port."""

import contextlib
import pathlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import httpx

ROOT = pathlib.Path(__file__).parents[2]
START_TIMEOUT_S = 20.0


@contextlib.contextmanager
def running_stranger(
    module: str, ready_path: str, log_path: pathlib.Path, *options: str
) -> Iterator[httpx.Client]:
    """Run the module until the block ends; gives a client of its door."""
    with started_stranger(module, ready_path, log_path, *options) as (_, client):
        yield client


@contextlib.contextmanager
def started_stranger(
    module: str, ready_path: str, log_path: pathlib.Path, *options: str
) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """Run the module until the block ends; gives the process too, to end it otherwise."""
    port = _free_port()
    command = [sys.executable, "-m", module, "--port", str(port), *options]
    with (
        log_path.open("wb") as log,
        subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False) as client,
    ):
        try:
            _wait_until_up(process, client, ready_path, log_path)
            yield process, client
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def until(claim: Callable[[], bool], timeout_s: float = 15) -> None:
    """Ask a process again and again until the claim holds; fail at the deadline."""
    deadline_s = time.monotonic() + timeout_s
    while not claim():
        assert time.monotonic() < deadline_s, "the deadline passed"
        time.sleep(0.02)


def _wait_until_up(
    process: subprocess.Popen[bytes], client: httpx.Client, ready_path: str, log_path: pathlib.Path
) -> None:
    deadline_s = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline_s:
        assert process.poll() is None, log_path.read_text()
        with contextlib.suppress(httpx.TransportError):
            if client.get(ready_path).is_success:
                return
        time.sleep(0.05)
    raise AssertionError(log_path.read_text())


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
