"""A migrated and seeded cluster, made once and copied for each scenario."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import random_key
from tests.processes import ROOT, environment_with
from tools.stack.postgres import Passwords, Postgres, make_passwords

_CLUSTER = "postgres"


@dataclass(frozen=True)
class Ground:
    """The folder of the pattern, and what every copy of it shares."""

    folder: Path
    passwords: Passwords
    secrets: dict[str, str]

    def copy(self, folder: Path) -> Postgres:
        """Give a server on a copy of the pattern, not yet started; its commits are durable."""
        shutil.copytree(self.folder / _CLUSTER, folder / _CLUSTER)
        return Postgres(folder / _CLUSTER, passwords=self.passwords)


def make_ground(folder: Path) -> Ground:
    """Make the pattern: cluster, roles, migrations, demo clinics and people."""
    ground = Ground(
        folder,
        make_passwords(),
        {
            "HUB_ENV": "demo",
            "HUB_DATA_KEYS": f"c1:{random_key()}",
            "HUB_INDEX_KEY": random_key(),
            "HUB_TOKEN_KEY": random_key(),
            "HUB_AUDIT_KEYS": random_key(),
            "HUB_SMS_TOKEN": "chaos-sms-token-0123456789",
            "HUB_LOG_LEVEL": "WARNING",
        },
    )
    postgres = Postgres(folder / _CLUSTER, passwords=ground.passwords)
    postgres.start()
    try:
        environment = environment_with(
            ground.secrets
            | {
                "HUB_DATABASE_URL": postgres.url("hub_app"),
                "HUB_DATABASE_OWNER_URL": postgres.url("hub_owner"),
                "HUB_REDIS_URL": "redis://127.0.0.1:1/0",
            }
        )
        for module in (["alembic", "upgrade", "head"], ["tools.seed"]):
            subprocess.run(
                [sys.executable, "-m", *module], cwd=ROOT, env=environment, check=True, capture_output=True
            )
    finally:
        postgres.stop()
    return ground
