"""How every process of the stack is born: own session, tied to us by the leash, never on the terminal.

Spawn from the main thread only: the kernel ties a process to the *thread* that started it.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

_LEASH = Path(__file__).with_name("leash.py")


def spawn(
    command: Sequence[str],
    *,
    output: IO[bytes] | int,
    env: Mapping[str, str] | None = None,
    stdin: IO[bytes] | int = subprocess.DEVNULL,
    death_signal: signal.Signals = signal.SIGKILL,
    identity: str = "-",
    directory: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program with stdout and stderr going to `output`. Raises: OSError."""
    return subprocess.Popen(
        [*leash(death_signal, identity), *command],
        stdin=stdin,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=env,
        cwd=directory,
        start_new_session=True,
    )


def leash(death_signal: signal.Signals, identity: str) -> list[str]:
    """Give the words to put before a command."""
    return [sys.executable, "-I", str(_LEASH), death_signal.name, str(os.getpid()), identity]


def kill_group(pid: int) -> None:
    """Kill what a process of ours left of its session. Repeating does nothing."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def stop_process(process: subprocess.Popen[bytes], signals: Sequence[tuple[signal.Signals, float]]) -> None:
    """Send each (signal, patience in seconds) in turn until the process ends, then kill its group."""
    for number, patience_s in signals:
        if process.poll() is None:
            process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience_s)
            break
    kill_group(process.pid)
    process.wait()
