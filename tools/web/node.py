"""Node and the packages of the front ends: found, or said to be missing; installed by the lock, once."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NODE_OLDEST = 20
_MODULES = ROOT / "node_modules"
_INSTALLED = _MODULES / ".installed.stamp"
_LOCK_FILES = (ROOT / "package-lock.json", ROOT / "package.json", ROOT / ".npmrc")


class WebError(Exception):
    """Why the front ends cannot be built or judged here, in both languages."""


@contextmanager
def only_one_here() -> Generator[None]:
    """Let two stacks of one folder wait for each other."""
    guard = os.open(ROOT / "packages", os.O_RDONLY)
    try:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield
    finally:
        os.close(guard)


def require_packages() -> None:
    """Bring node_modules in step with the lock. Raises: WebError."""
    version = _find_node_version()
    if version is None or shutil.which("npm") is None:
        raise WebError(
            f"Для экранов нужны Node.js {NODE_OLDEST} или новее и npm (nodejs.org).\n"
            f"The screens need Node.js {NODE_OLDEST} or newer, and npm."
        )
    if version < NODE_OLDEST:
        raise WebError(
            f"Для экранов нужен Node.js {NODE_OLDEST} или новее, а здесь {version}.\n"
            f"The screens need Node.js {NODE_OLDEST} or newer; this is {version}."
        )
    wanted = f"{version} {hash_files(_LOCK_FILES)}"
    if _INSTALLED.exists() and _INSTALLED.read_text() == wanted:
        return
    print("Ставлю пакеты экранов (npm ci) / installing the packages of the screens", flush=True)
    run_quietly("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
    _INSTALLED.write_text(wanted)


def run_quietly(*command: str, env: Mapping[str, str] | None = None) -> None:
    """Run to the end; show what it said only when it failed. Raises: WebError."""
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env=dict(env) if env else None,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if ended.returncode != 0:
        sys.stderr.write(ended.stdout[-4000:] + ended.stderr[-4000:])
        raise WebError(f"Не вышло, причина выше: {' '.join(command)}\nIt failed, see above.")


def hash_files(paths: Iterable[Path]) -> str:
    """Hash names and contents, in the order of names."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _find_node_version() -> int | None:
    try:
        said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return None
    found = re.match(r"v(\d+)\.", said)
    return int(found[1]) if found else None
