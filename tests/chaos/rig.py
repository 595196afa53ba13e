"""One hub with servers of its own, to be broken: its processes, its tables, its door, the load on it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import redis

from hub.db.locks import lock_key
from hub.taskqueue.names import Queue
from tests.chaos.ground import Ground
from tests.chaos.load import Answer, Order
from tests.chaos.marks import LEASE_VARIABLE, SWITCH_VARIABLE
from tests.chaos.story import Webhook
from tests.chaos.waiting import wait_until
from tests.processes import ROOT, HubProcesses, environment_with
from tools import seed
from tools.stack.ports import pick_free
from tools.stack.redis import Redis
from tools.stack.spawning import kill_group, spawn

PROCESSES = ("api", "core", "io", "relay", "relay-standby", "beat")
_GIVE_UP_AFTER_LOAD_S = 90.0


@dataclass(frozen=True, slots=True)
class Conditions:
    """How a hub is set up for a scenario. `lease_s`: None is the real one."""

    is_rigged: bool = False
    lease_s: int | None = None


class Load:
    """The sender process and its list of answers, read as it grows."""

    def __init__(self, process: subprocess.Popen[bytes], webhooks: Sequence[Webhook], answers: Path) -> None:
        self.webhooks = webhooks
        self.answers: list[Answer] = []
        self.started = time.monotonic()
        self._process = process
        self._list = answers
        self._read_bytes = 0

    def read(self) -> list[Answer]:
        """Read what was added to the list; a half-written last line is left for later."""
        with self._list.open("rb") as answers:
            answers.seek(self._read_bytes)
            added = answers.read()
        whole = added[: added.rfind(b"\n") + 1]
        self._read_bytes += len(whole)
        self.answers += [Answer(**json.loads(line)) for line in whole.splitlines()]
        return self.answers

    def newest(self) -> int:
        """Index of the furthest webhook that was sent."""
        return max((answer.webhook for answer in self.read()), default=0)

    def share(self) -> float:
        """How far the sender has come into the day."""
        return self.newest() / len(self.webhooks)

    def wait_for_share(self, share: float) -> None:
        """Wait until the sender has come so far."""
        wait_until(lambda: self.share() >= share, within_s=120, what=f"{share:.0%} of the load is sent")

    def wait(self, *, within_s: float) -> None:
        """Wait until every webhook was acknowledged or given up. Raises: NotWithinError."""
        wait_until(
            lambda: self._process.poll() is not None, within_s=within_s, what="all webhooks are answered"
        )
        assert self._process.returncode == 0, "the sender failed"
        self.read()

    def stop(self) -> None:
        kill_group(self._process.pid)
        self._process.wait()


class Rig:
    """A hub on a copy of the ground. Leave nothing running: `stop()` in a finally."""

    def __init__(self, ground: Ground, folder: Path, conditions: Conditions) -> None:
        self.folder = folder
        self.conditions = conditions
        self.postgres = ground.copy(folder)
        self.redis = Redis(folder / "redis", password="chaos-redis-password")
        self.port = pick_free()
        self.switch = folder / "faulty"
        self.lease_s = conditions.lease_s or 30
        environment = {
            **ground.secrets,
            "HUB_DATABASE_URL": self.postgres.url("hub_app"),
            "HUB_DATABASE_OWNER_URL": self.postgres.url("hub_owner"),
            "HUB_REDIS_URL": self.redis.url(),
        }
        rigging = {SWITCH_VARIABLE: str(self.switch)}
        if conditions.lease_s:
            rigging[LEASE_VARIABLE] = str(conditions.lease_s)
        is_rigged = conditions.is_rigged or conditions.lease_s is not None
        self.processes = HubProcesses(
            folder,
            port=self.port,
            environment=environment_with(environment) | rigging,
            worker_app="tests.chaos.rigged" if is_rigged else "workers.app",
        )
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", auth=(seed.INFOBASE, seed.INFOBASE_SECRET), timeout=15
        )
        self._loads: list[Load] = []
        self._frozen: set[int] = set()

    def start(self) -> None:
        """Start everything and wait until the door opens and both workers listen."""
        self.postgres.start()
        self.redis.start()
        self.processes.start(*PROCESSES)
        wait_until(self.is_ready, within_s=60, what="the API is ready")
        wait_until(lambda: self._listening_workers() == 2, within_s=60, what="both workers listen")

    def stop(self) -> None:
        for pid in list(self._frozen):
            self.thaw(pid)
        for load in self._loads:
            load.stop()
        self.client.close()
        self.processes.stop()
        self.redis.stop(immediate=True)
        self.postgres.stop(immediate=True)

    def is_ready(self) -> bool:
        try:
            return self.client.get("/api/readyz").status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def health(self) -> str:
        """The word of the health page; "away" when nobody answers."""
        try:
            return str(self.client.get("/api/health").json()["status"])
        except httpx.HTTPError:
            return "away"

    def describe(self) -> str:
        """How things stand: for whoever must find out why something did not come."""
        parts = [f"dead: {[name for name in PROCESSES if not self.processes.is_running(name)]}"]
        try:
            parts += [f"leader: {self.relay_leader()}", *map(str, self.sql(_STATES))]
        except psycopg.Error as error:
            parts.append(f"no database: {error}")
        try:
            with self.broker() as broker:
                parts += [str(broker.llen(f"hub:{queue}")) + f" nudges in {queue}" for queue in Queue]
                parts += [str({k: c[k] for k in ("cmd", "idle", "age")}) for c in broker.client_list()]
        except redis.RedisError as error:
            parts.append(f"no broker: {error}")
        logs = (f"--- {name}\n{self.processes.log(name)[-12_000:]}" for name in PROCESSES)
        return "\n".join((*parts, *logs))

    def start_load(self, webhooks: Sequence[Webhook], *, retries: bool = True) -> Load:
        """Start sending; the list of answers stays in the folder."""
        order_path = self.folder / f"order-{len(self._loads)}.json"
        answers = self.folder / f"answers-{len(self._loads)}.jsonl"
        answers.touch()
        Order(
            port=self.port,
            login=seed.INFOBASE,
            secret=seed.INFOBASE_SECRET,
            calls=[(webhook.at_s, webhook.body.decode()) for webhook in webhooks],
            retries=retries,
            give_up_after_s=webhooks[-1].at_s + _GIVE_UP_AFTER_LOAD_S,
            answers=str(answers),
        ).write(order_path)
        with (self.folder / "load.log").open("ab") as output:
            process = spawn(
                [sys.executable, "-m", "tests.chaos.load", str(order_path)],
                output=output,
                env=environment_with({}),
                directory=ROOT,
            )
        load = Load(process, webhooks, answers)
        self._loads.append(load)
        return load

    def connect(self, *, role: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        """Connect past the hub, as the superuser unless told otherwise; autocommit."""
        url = self.postgres.url("hub_app" if role == "hub_app" else "postgres")
        return psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True, connect_timeout=3)

    def sql(self, query: str, **values: object) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(query.encode(), values).fetchall()

    def count(self, query: str, **values: object) -> int:
        [(number,)] = self.sql(query, **values)
        return int(number)

    def broker(self) -> redis.Redis:
        return redis.Redis.from_url(self.redis.url(), socket_timeout=5)

    def freeze(self, pid: int) -> None:
        """SIGSTOP: alive, and deaf."""
        self._frozen.add(pid)
        os.kill(pid, signal.SIGSTOP)

    def thaw(self, pid: int) -> None:
        self._frozen.discard(pid)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    @contextmanager
    def in_mid_batch(self, load: Load) -> Generator[int]:
        """Hold a document that is about to come, so that a worker's child stands inside its transaction.

        Gives the child's pid, of this moment. The document is let go at the end of the block.
        """
        visit = self._coming_visit(load)
        key = lock_key(f"visit:{seed.INFOBASE}:{visit}")
        with self.connect() as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", [key])
            wait_until(
                lambda: bool(self._lock_ports(key, is_granted=False)),
                within_s=60,
                what="a worker stands in mid-batch",
            )
            [(claimed_by,)] = self.sql(_HOLDER, visit=visit)
            yield int(claimed_by.rpartition(":")[2])

    def relay_leader(self) -> str | None:
        """Name of the relay process whose connection holds the leader's lock."""
        ports = self._lock_ports(lock_key("relay"), is_granted=True)
        for name in ("relay", "relay-standby"):
            for port in ports:
                if self.processes.is_running(name) and port in self._local_ports(name):
                    return name
        return None

    def _lock_ports(self, key: int, *, is_granted: bool) -> list[int]:
        """Ports of the connections that hold an advisory lock, or wait for it."""
        unsigned = key & 0xFFFF_FFFF_FFFF_FFFF
        found = self.sql(_LOCK_PORT, high=unsigned >> 32, low=unsigned & 0xFFFF_FFFF, granted=is_granted)
        return [port for (port,) in found]

    def _listening_workers(self) -> int:
        with self.broker() as broker:
            return sum(client["cmd"] == "brpop" for client in broker.client_list())

    def _local_ports(self, name: str) -> set[int]:
        found = set()
        for pid in self.processes.pids(name):
            for connection in psutil.Process(pid).net_connections("tcp"):
                found.add(connection.laddr.port)
        return found

    def _coming_visit(self, load: Load) -> str:
        """A document whose first message will be sent a moment from now."""
        newest = load.newest()
        ahead = load.webhooks[newest].at_s + 0.7
        known = {message.document for webhook in load.webhooks[: newest + 1] for message in webhook.messages}
        for webhook in load.webhooks[newest + 1 :]:
            for message in webhook.messages:
                if webhook.at_s >= ahead and message.kind == "visit" and message.document not in known:
                    return message.document
        raise AssertionError("the load is over: nothing new is coming")


_STATES = """
    SELECT queue, topic, state, attempts, crashes, reason_code, count(*), min(next_attempt_at) - now(), now()
      FROM inbox_event WHERE state NOT IN ('processed', 'duplicate', 'stale', 'ignored')
     GROUP BY 1, 2, 3, 4, 5, 6 LIMIT 50
"""
_HOLDER = """
    SELECT claimed_by FROM inbox_event WHERE object_ref = %(visit)s AND state = 'running' ORDER BY id LIMIT 1
"""
_LOCK_PORT = """
    SELECT activity.client_port FROM pg_locks AS lock JOIN pg_stat_activity AS activity USING (pid)
     WHERE lock.locktype = 'advisory' AND lock.granted = %(granted)s AND lock.objsubid = 1
       AND lock.classid = %(high)s::bigint::oid AND lock.objid = %(low)s::bigint::oid
"""
