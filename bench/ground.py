"""A durable PostgreSQL of its own for the length of a benchmark, migrated and seeded."""

import base64
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tools.stack.postgres import Postgres
from tools.stack.postgres_cluster import find_binary

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def ground() -> Generator[Postgres]:
    """Start the server, point HUB_* at it, bring it up to date; stop and forget it afterwards."""
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        Path(folder).chmod(0o755)
        postgres = Postgres(Path(folder) / "postgres")
        postgres.start()
        try:
            os.environ |= {
                "HUB_ENV": "demo",
                "HUB_DATABASE_URL": postgres.url("hub_app"),
                "HUB_DATABASE_OWNER_URL": postgres.url("hub_owner"),
                "HUB_REDIS_URL": "redis://127.0.0.1:1/0",
                "HUB_DATA_KEYS": f"b1:{_key()}",
                "HUB_INDEX_KEY": _key(),
                "HUB_TOKEN_KEY": _key(),
                "HUB_SMS_TOKEN": "bench",
                "HUB_POOL_SIZE": "40",
            }
            for module in (["alembic", "upgrade", "head"], ["tools.seed"]):
                subprocess.run([sys.executable, "-m", *module], cwd=ROOT, check=True, capture_output=True)
            yield postgres
        finally:
            postgres.stop(immediate=True)


def make_pgbench_tables(postgres: Postgres) -> None:
    """Fill the yardstick's tables, scale 10."""
    pgbench = str(find_binary("pgbench"))
    subprocess.run([pgbench, "-i", "-q", "-s", "10", _owner(postgres)], check=True, capture_output=True)


def pgbench_tps(postgres: Postgres, *, clients: int, seconds: int) -> float:
    """Run the tpcb-like yardstick on tables that `make_pgbench_tables` made."""
    run = subprocess.run(
        [
            str(find_binary("pgbench")),
            "-n",
            "-c",
            str(clients),
            "-j",
            "2",
            "-T",
            str(seconds),
            _owner(postgres),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    [line] = [line for line in run.stdout.splitlines() if line.startswith("tps = ")]
    return float(line.split()[2])


def _owner(postgres: Postgres) -> str:
    return postgres.url("hub_owner").replace("+psycopg", "", 1)


def _key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
