"""`python -m tools.stack` runs the stack; `… exec command` runs one command in its environment."""

import argparse
import ctypes
import os
import signal
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn

from tools.stack.console import Console
from tools.stack.errors import StackError
from tools.stack.run import prepare_desk, run_stack
from tools.stack.state import open_state_dir

_ROOT = Path(__file__).resolve().parents[2]
_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Read the command line and do it; give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.stack", description=__doc__)
    parser.add_argument("--follow-parent", action="store_true", help="stop when the starting process dies")
    parser.add_argument("exec", nargs=argparse.REMAINDER, help="exec command…: run it against this stack")
    words = parser.parse_args()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    if words.exec:
        _execute(words.exec[1:])
    if words.follow_parent and sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    return run_stack(os.environ, _ROOT, Console(sys.stdout))


def _execute(command: list[str]) -> NoReturn:
    """Become Python with the stack's addresses and secrets around it: `exec -m alembic upgrade head`."""
    try:
        desk, _ = prepare_desk(os.environ, _ROOT, open_state_dir(os.environ, _ROOT))
    except StackError as error:
        sys.exit(str(error))
    os.chdir(_ROOT)
    os.execve(sys.executable, [sys.executable, *command], dict(desk.hub_env))  # noqa: S606 - meant to be replaced


if __name__ == "__main__":
    sys.exit(main())
