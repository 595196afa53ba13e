"""Servers of its own for a campaign: PostgreSQL and Redis, migrated, seeded, forgotten afterwards."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import ROOT, random_key
from tests.fuzz.road import Ground
from tools.stack.postgres import Postgres
from tools.stack.redis import Redis


@contextmanager
def prepared_ground() -> Generator[Ground]:
    """Start the servers, point HUB_* at them, and keep the demo's tables to be restored."""
    with tempfile.TemporaryDirectory(prefix="hub-fuzz-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        postgres = Postgres(home / "postgres", is_durable=False)
        redis = Redis(home / "redis", password="fuzz-redis-password")
        try:
            postgres.start()
            redis.start()
            os.environ |= {
                "HUB_ENV": "demo",
                "HUB_DATABASE_URL": postgres.url("hub_app"),
                "HUB_DATABASE_OWNER_URL": postgres.url("hub_owner"),
                "HUB_REDIS_URL": redis.url(),
                "HUB_DATA_KEYS": f"f1:{random_key()}",
                "HUB_INDEX_KEY": random_key(),
                "HUB_TOKEN_KEY": random_key(),
                "HUB_AUDIT_KEYS": random_key(),
                "HUB_SMS_TOKEN": "fuzz-sms-token-0123456789",
            }
            for module in (["alembic", "upgrade", "head"], ["tools.seed"]):
                subprocess.run([sys.executable, "-m", *module], cwd=ROOT, check=True, capture_output=True)
            ground = Ground(postgres.url("postgres").replace("+psycopg", "", 1))
            ground.keep()
            yield ground
        finally:
            redis.stop()
            postgres.stop(immediate=True)
