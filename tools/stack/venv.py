"""Keep `.venv` equal to a hashed lock file. Runs on the bare `python3`: standard library only.

    python3 -m tools.stack.venv requirements-stack.lock

Does nothing when the lock's stamp in the venv is current. Several locks may share the venv, a stamp for each.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_VENV = _ROOT / ".venv"
_PYTHON = str(_VENV / "bin" / "python")
_PYTHON_OLDEST = (3, 11)
_SHOW_EVERY = 10


def main(lock_name: str) -> int:
    """Bring the venv up to date; give the exit code. Two at once wait for each other."""
    if sys.version_info < _PYTHON_OLDEST:
        found = sys.version.split(maxsplit=1)[0]
        return _refuse(
            f"Нужен Python 3.11 или новее, а здесь {found}. Другой: make PYTHON=python3.12 …",
            "Python 3.11 or newer is needed: make PYTHON=python3.12 …",
        )
    lock_file = _ROOT / lock_name
    guard = os.open(_ROOT, os.O_RDONLY)
    try:
        fcntl.flock(guard, fcntl.LOCK_EX)
        return _bring_up_to_date(lock_file)
    finally:
        os.close(guard)


def _bring_up_to_date(lock_file: Path) -> int:
    version = _read_venv_version()
    if version is None:
        print("Создаю .venv / creating .venv", flush=True)
        try:
            venv.create(_VENV, clear=True, with_pip=True)
        except (OSError, subprocess.CalledProcessError) as error:
            return _refuse(
                f"Окружение не создалось ({error}). В Debian и Ubuntu нужен пакет python3-venv.",
                "The environment could not be made; Debian and Ubuntu need the package python3-venv.",
            )
        version = _read_venv_version()
    stamp = _VENV / f".{lock_file.name}.stamp"
    wanted = f"{version} {hashlib.sha256(lock_file.read_bytes()).hexdigest()}\n"
    if stamp.exists() and stamp.read_text() == wanted:
        return 0
    code = _install(lock_file)
    if code == 0:
        stamp.write_text(wanted)
    return code


def _read_venv_version() -> str | None:
    """Give the venv's Python version; None when there is no venv, or it no longer works."""
    question = (
        "import importlib.util, sys; importlib.util.find_spec('pip') or sys.exit(1);"
        "print('%d.%d' % sys.version_info[:2])"
    )
    try:
        asked = subprocess.run([_PYTHON, "-c", question], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return asked.stdout.strip() if asked.returncode == 0 else None


def _install(lock_file: Path) -> int:
    """Install every package of the lock, by hash, showing how far it is."""
    total = len(re.findall(r"^[A-Za-z0-9]", lock_file.read_text(), re.MULTILINE))
    print(f"Ставлю пакеты из {lock_file.name} ({total}) / installing", flush=True)
    command = [
        _PYTHON,
        "-m",
        "pip",
        "install",
        "--require-hashes",
        "--no-input",
        "--disable-pip-version-check",
    ]
    lines: list[str] = []
    seen = 0
    with subprocess.Popen(
        [*command, "-r", str(lock_file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as pip:
        for line in pip.stdout or ():
            lines.append(line)
            if line.startswith(("Collecting ", "Requirement already satisfied")):
                seen += 1
                if seen % _SHOW_EVERY == 0:
                    print(f"  {seen} из {total}…", flush=True)
            elif line.startswith("Installing collected"):
                print("  раскладываю по местам… / unpacking…", flush=True)
    if pip.returncode != 0:
        sys.stderr.write("".join(lines[-20:]))
        return _refuse(
            "Пакеты не поставились, причина выше.", "The packages could not be installed, see above."
        )
    return 0


def _refuse(russian: str, english: str) -> int:
    sys.stderr.write(f"{russian}\n{english}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
