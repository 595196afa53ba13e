"""The state folder of one stack: where it is, and that only one stack works in it."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tools.stack.errors import StackError


def open_state_dir(given: Mapping[str, str], root: Path) -> Path:
    """Give the folder that keeps everything of this stack (HUB_STATE_DIR, default `.local`), made if missing.

    Raises: StackError.
    """
    path = (root / Path(given.get("HUB_STATE_DIR") or ".local").expanduser()).absolute()
    try:
        (path / "beat").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StackError(
            f"HUB_STATE_DIR: каталог {path} не создать: {error.strerror}.",
            f"HUB_STATE_DIR: the folder {path} cannot be made.",
        ) from error
    return path


@contextmanager
def only_one_here(state_dir: Path) -> Iterator[None]:
    """Hold the folder for this process; the kernel lets go when it dies. Raises: StackError."""
    try:
        lock = (state_dir / "stack.lock").open("a+", encoding="utf-8")
    except OSError as error:
        raise StackError(
            f"В каталог {state_dir} нельзя писать (его создал root?). Смените владельца или HUB_STATE_DIR.",
            f"The folder {state_dir} is not writable: change its owner, or set HUB_STATE_DIR.",
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            pid = lock.read().strip()
            raise StackError(
                f"Стенд в {state_dir} уже работает (pid {pid}). Для второго: HUB_STATE_DIR, HUB_PORT_OFFSET.",
                "This stack is already running. For a second one set HUB_STATE_DIR and HUB_PORT_OFFSET.",
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
