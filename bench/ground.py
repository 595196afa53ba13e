"""What every benchmark stands on: PostgreSQL and Valkey as `make run` starts them, migrated, with patients.

Everything lives in a temporary folder and on ports of its own, dies with us, and is forgotten afterwards.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import psycopg
import redis as redis_client

from bench.events import patient_refs
from hub.contracts.facts import DocumentStamp, PatientSnapshot
from hub.db.engine import engine
from hub.db.transaction import transaction
from hub.flows.patient_upserted import record_cards
from tools.seed import INFOBASE, LONG_AGO
from tools.stack.children import Program
from tools.stack.ports import is_free, read_ports
from tools.stack.postgres import Postgres
from tools.stack.postgres_cluster import find_binary
from tools.stack.programs import Desk, hub_programs, preparations
from tools.stack.redis import Redis
from tools.stack.run import prepare_desk
from tools.stack.spawning import kill_group, spawn, stop_process

ROOT = Path(__file__).resolve().parent.parent
_STOP_PATIENCE_S = 4.0
_CARDS_PER_COMMIT = 200
_OFFSETS = range(11_000, 50_000, 1_000)


class StalledError(Exception):
    """Something did not happen in time; the message says what."""


@dataclass(frozen=True)
class Ground:
    """The servers and the desk of one benchmark run."""

    desk: Desk
    postgres: Postgres
    redis: Redis
    folder: Path

    def program(self, name: str) -> Program:
        """Give the hub's program of this name, with the very command that `make run` starts."""
        [program] = [program for program in hub_programs(self.desk) if program.name == name]
        return program

    def worker_of(self, module: str, queue: str) -> Program:
        """Describe a worker of another module and queue with all the options of the hub's core worker."""
        core = self.program("core")
        swapped = {"workers.app": module, "core,sched": queue, "core@%h": f"{queue}@%h"}
        command = tuple(swapped.get(word, word) for word in core.command)
        return replace(core, name=f"bench-{queue}", command=command)

    @contextmanager
    def running(self, program: Program) -> Generator[subprocess.Popen[bytes]]:
        """Run a program for the length of the block; its lines go to a file in the folder."""
        with (self.folder / f"{program.name}.log").open("ab") as log:
            process = spawn(program.command, output=log, env=program.env, directory=program.directory)
        try:
            yield process
        finally:
            stop_process(process, [(program.stop_signal, _STOP_PATIENCE_S)])

    def connect(self) -> psycopg.Connection:
        """Open a connection as the superuser, each statement its own transaction."""
        return psycopg.connect(_plain(self.postgres.url("postgres")), autocommit=True)

    def broker(self) -> "redis_client.Redis":
        """Open a client to the broker."""
        return redis_client.Redis.from_url(self.redis.url(), socket_timeout=5)

    def forget_events(self) -> None:
        """Empty the inbox and the broker; what visits caused stays, as in any hub that has worked."""
        with self.connect() as connection:
            connection.execute("TRUNCATE inbox_event, inbox_body, inbox_sequence")
        with self.broker() as broker:
            broker.flushall()


def wait_until(is_so: Callable[[], bool], what: str, *, patience_s: float, every_s: float = 0.05) -> None:
    """Ask again and again until it is so. Raises: StalledError."""
    deadline = time.monotonic() + patience_s
    while not is_so():
        if time.monotonic() > deadline:
            raise StalledError(what)
        time.sleep(every_s)


@contextmanager
def ground() -> Generator[Ground]:
    """Start the servers, point HUB_* at them, bring them up to date; stop and forget all of it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="hub-bench-"))
    folder.chmod(0o755)  # PostgreSQL refuses to be root, and as another user it must pass here
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        desk, servers = prepare_desk(clean_environment(), ROOT, folder)
        for server in servers:
            stack.callback(server.stop, immediate=True)
            server.start()
        postgres, redis = servers
        assert isinstance(postgres, Postgres)
        assert isinstance(redis, Redis)
        for program in preparations(desk):
            run_to_end(program.command, program.env)
        os.environ |= desk.hub_env
        stack.callback(_close_engine)
        _add_patients(patient_refs())
        yield Ground(desk, postgres, redis, folder)


def clean_environment() -> dict[str, str]:
    """Give our environment without any HUB_ setting, and with free ports."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    for offset in _OFFSETS:
        given["HUB_PORT_OFFSET"] = str(offset)
        if all(is_free(number) for number in vars(read_ports(given)).values()):
            return given
    raise StalledError("no free ports")


def run_to_end(command: Sequence[str], env: Mapping[str, str], *, patience_s: float = 180) -> str:
    """Run a program and give what it printed. Raises: StalledError with its words when it fails."""
    process = spawn(command, output=subprocess.PIPE, env=env, directory=ROOT)
    try:
        output, _ = process.communicate(timeout=patience_s)
    except subprocess.TimeoutExpired as error:
        raise StalledError(" ".join(command)) from error
    finally:
        kill_group(process.pid)
    text = output.decode("utf-8", "replace")
    if process.returncode != 0:
        raise StalledError(f"{' '.join(command)}\n{text[-2_000:]}")
    return text


def python_module(module: str, *words: object) -> list[str]:
    """Write the command of one of our modules."""
    return [sys.executable, "-m", module, *map(str, words)]


def make_pgbench_tables(ground: Ground) -> None:
    """Fill the yardstick's tables, scale 10."""
    run_to_end([str(find_binary("pgbench")), "-i", "-q", "-s", "10", _owner(ground)], os.environ)


def pgbench_tps(ground: Ground, *, clients: int, seconds: int) -> float:
    """Run the tpcb-like yardstick on tables that `make_pgbench_tables` made."""
    words = ["-n", "-c", str(clients), "-j", str(clients), "-T", str(seconds)]
    output = run_to_end([str(find_binary("pgbench")), *words, _owner(ground)], os.environ)
    [line] = [line for line in output.splitlines() if line.startswith("tps = ")]
    return float(line.split()[2])


def _owner(ground: Ground) -> str:
    return _plain(ground.postgres.url("hub_owner"))


def _plain(url: str) -> str:
    return url.replace("+psycopg", "", 1)


def _close_engine() -> None:
    engine().dispose()


def _add_patients(refs: list[UUID]) -> None:
    """Let 1C's cards of them arrive, as in a real installation."""
    for first in range(0, len(refs), _CARDS_PER_COMMIT):
        numbered = enumerate(refs[first : first + _CARDS_PER_COMMIT], first)
        with transaction() as session:
            record_cards(session, [_card(number, ref) for number, ref in numbered])


def _card(number: int, ref: UUID) -> PatientSnapshot:
    stamp = DocumentStamp(
        infobase=INFOBASE,
        object_type="Catalog.Клиенты",
        ref=ref,
        number=f"{number:09d}",
        data_version="",
        content_hash=sha256(ref.bytes).digest(),
        message_no=None,
        occurred_at=LONG_AGO,
        is_live=True,
    )
    return PatientSnapshot(
        stamp=stamp,
        code=f"{number:09d}",
        surname="Тестова",
        first_name="Анна",
        father_name="",
        birth_date=None,
        phone=f"+7911{number:07d}",
        email="",
        card_code="",
        referral_code="",
        merged_into_ref=None,
        consents=(),
    )
