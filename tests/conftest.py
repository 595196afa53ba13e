"""A real PostgreSQL and Redis per test process, migrated once, emptied between tests."""

import base64
import os
import secrets
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from hub.db import engine as engines
from hub.kernel import settings as configuration
from hub.kernel.rates import RateClass
from tools.stack.postgres import Postgres
from tools.stack.redis import Redis

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Servers:
    """The servers of this test process."""

    postgres: Postgres
    redis: Redis

    @property
    def superuser_conninfo(self) -> str:
        return self.postgres.url("postgres").replace("+psycopg", "", 1)


def random_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Generator[Servers]:
    """PostgreSQL and Redis of their own for this process; HUB_* point at them."""
    home = tmp_path_factory.mktemp("servers")
    home.parent.chmod(0o755)
    home.chmod(0o755)
    postgres = Postgres(home / "postgres", is_durable=False)
    redis = Redis(home / "redis", password="test-redis-password")
    postgres.start()
    redis.start()
    os.environ |= {
        "HUB_ENV": "demo",
        "HUB_DATABASE_URL": postgres.url("hub_app"),
        "HUB_DATABASE_OWNER_URL": postgres.url("hub_owner"),
        "HUB_REDIS_URL": redis.url(),
        "HUB_DATA_KEYS": f"t1:{random_key()}",
        "HUB_INDEX_KEY": random_key(),
        "HUB_TOKEN_KEY": random_key(),
        "HUB_AUDIT_KEYS": random_key(),
        "HUB_SMS_TOKEN": "test-sms-token-0123456789",
        "HUB_LOG_LEVEL": "WARNING",
        # Tests call by the thousand from one address; those of the limits bring their own.
        "HUB_RATES": ",".join(f"{rate}=1000000" for rate in RateClass),
    }
    yield Servers(postgres, redis)
    redis.stop()
    postgres.stop(immediate=True)


@pytest.fixture(scope="session")
def database(servers: Servers) -> Generator[Servers]:
    """The migrated schema; the application's engine and settings read afresh."""
    command.upgrade(Config(str(ROOT / "alembic.ini")), "heads")
    configuration.settings.cache_clear()
    configuration.vault.cache_clear()
    engines.engine.cache_clear()
    yield servers
    engines.engine().dispose()
    engines.engine.cache_clear()


@pytest.fixture(scope="session")
def pristine(database: Servers) -> dict[str, bytes]:
    """What the migrations themselves put into tables, to be put back after emptying."""
    with psycopg.connect(database.superuser_conninfo) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.oid::regclass::text FROM pg_class c"
            " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition"
            " AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'alembic_version'"
        )
        tables = {}
        for (table,) in cursor.fetchall():
            with cursor.copy(f"COPY {table} TO STDOUT") as copy:
                tables[table] = b"".join(bytes(block) for block in copy)
    return tables


@pytest.fixture
def clean(database: Servers, pristine: dict[str, bytes]) -> Servers:
    """An empty database before the test (append-only tables too: their triggers sleep for us alone)."""
    with psycopg.connect(database.superuser_conninfo) as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"TRUNCATE {', '.join(pristine)}")
        for table, rows in pristine.items():
            if rows:
                with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                    copy.write(rows)
    return database
