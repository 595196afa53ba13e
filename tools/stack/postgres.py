"""A real PostgreSQL out of a wheel, driven by its own binaries: TCP on loopback, scram passwords, no socket.

`hub_owner` owns the database `hub`; `hub_app` is the application: no superuser, owner of nothing.
"""

import secrets
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psycopg

from tools.stack.errors import StackError
from tools.stack.ports import LOOPBACK, pick_free
from tools.stack.postgres_cluster import (
    adopt_cluster,
    choose_identity,
    create_cluster,
    find_binary,
    settle_stale_pid,
)
from tools.stack.postgres_roles import DATABASE, SUPERUSER, set_up_roles
from tools.stack.spawning import spawn, stop_process

Role = Literal["hub_owner", "hub_app", "postgres"]
_START_PATIENCE_S = 30.0
_OLD_MEMORY = "pre-existing shared memory block"
_SETTINGS: Mapping[str, str] = {
    "listen_addresses": LOOPBACK,
    # No socket: its path is limited to about 100 characters, and blanks in it need quoting.
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "jit": "off",
}
_CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Passwords:
    """One per login."""

    postgres: str
    hub_owner: str
    hub_app: str


def make_passwords() -> Passwords:
    """Make random ones; a later start on the same folder needs the same `postgres` password."""
    return Passwords(*(secrets.token_urlsafe(24) for _ in range(3)))


class Postgres:
    """One server on one data folder. Start from the main thread: the server dies with its starter."""

    name = "postgres"

    def __init__(
        self,
        data_dir: Path,
        port: int = 0,
        passwords: Passwords | None = None,
        *,
        is_durable: bool = True,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._data_dir = data_dir.absolute()
        self._passwords = passwords or make_passwords()
        self._settings = {**_SETTINGS, **({} if is_durable else _CARELESS), **(settings or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self.port = port or pick_free()

    def start(self) -> None:
        """Create the cluster if there is none, start, and wait for the logins to work.

        Raises: StackError with the end of the server's log. Repeating after stop() or a crash keeps the data.
        """
        self.stop(immediate=True)  # reaps one that crashed
        self._data_dir.parent.mkdir(parents=True, exist_ok=True)
        identity = choose_identity(self._data_dir)
        if not (self._data_dir / "PG_VERSION").exists():
            create_cluster(self._data_dir, identity=identity, password=self._passwords.postgres)
        adopt_cluster(self._data_dir, identity=identity)
        deadline = time.monotonic() + _START_PATIENCE_S
        while not self._try_to_start(identity):
            # Backends of a killed server hold its shared memory for a moment longer; waiting helps then only.
            if _OLD_MEMORY not in self._log_tail() or time.monotonic() > deadline:
                raise StackError("PostgreSQL не запустился.", "PostgreSQL did not start.", self._log_tail())
            time.sleep(0.5)
        set_up_roles(self._conninfo(SUPERUSER, "postgres"), vars(self._passwords))

    def stop(self, *, immediate: bool = False) -> None:
        """Stop it; `immediate` leaves the repair to the next start, like a crash."""
        if self._process is None:
            return
        # SIGINT disconnects the clients; SIGTERM would wait for them to leave by themselves.
        fast, crash = (signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0)
        stop_process(self._process, [crash] if immediate else [fast, crash])
        self._process = None

    def is_running(self) -> bool:
        """Say whether the process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Process id of the server; 0 when it was never started."""
        return self._process.pid if self._process else 0

    def url(self, role: Role, *, database: str = DATABASE) -> str:
        """Give SQLAlchemy's address for one login, password included."""
        password = vars(self._passwords)[role]
        return f"postgresql+psycopg://{role}:{password}@{LOOPBACK}:{self.port}/{database}"

    def _try_to_start(self, identity: str) -> bool:
        """Start once. False: it ended at once, and trying again may help."""
        settle_stale_pid(self._data_dir)
        options = [word for key, value in self._settings.items() for word in ("-c", f"{key}={value}")]
        with self._log_path.open("wb") as log:
            self._process = spawn(
                [str(find_binary("postgres")), "-D", str(self._data_dir), "-p", str(self.port), *options],
                output=log,
                death_signal=signal.SIGQUIT,
                identity=identity,
                directory=Path("/"),
            )
        try:
            return self._wait_until_ready(self._process)
        except BaseException:
            self.stop(immediate=True)
            raise

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + _START_PATIENCE_S
        while process.poll() is None:
            try:
                psycopg.connect(self._conninfo(SUPERUSER, "postgres"), connect_timeout=2).close()
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error):
                    raise StackError(
                        f"У базы в {self._data_dir} другой пароль: верните secrets.json или удалите каталог.",
                        "The cluster has another password: restore secrets.json, or remove the state folder.",
                    ) from error
                if time.monotonic() > deadline:
                    raise StackError(
                        "PostgreSQL не отвечает.", "PostgreSQL does not answer.", self._log_tail()
                    ) from error
                time.sleep(0.05)
            else:
                return True
        return False

    def _conninfo(self, role: Role, database: str) -> str:
        return self.url(role, database=database).replace("+psycopg", "", 1)

    @property
    def _log_path(self) -> Path:
        return self._data_dir.with_name(f"{self._data_dir.name}.log")

    def _log_tail(self) -> str:
        return self._log_path.read_text("utf-8", "replace")[-2000:]
