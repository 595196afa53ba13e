"""The floors hold: each kind of forbidden import, planted into a copy of the house, is refused."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("hub", "api", "workers", "schedules", "sandbox", "tools")
CONTRACT = re.compile(r"^(\d+)\. .*?(KEPT|BROKEN)\s*$", re.MULTILINE)
PLANTED = {
    1: ("workers/app.py", "import api.version"),
    2: ("hub/stray/__init__.py", "import hub.kernel.clock"),
    3: ("hub/domain/ledger/kinds.py", "import hub.domain.visits.models"),
    4: ("hub/integrations/sms/sender.py", "import hub.integrations.onec.errors"),
    5: ("hub/flows/tend.py", "import starlette.requests"),
    6: ("hub/domain/clinics/queries.py", "import httpx"),
    7: ("api/version.py", "import celery"),
    8: ("hub/contracts/parties.py", "import sqlalchemy"),
    9: ("hub/domain/clinics/rules.py", "import hub.kernel.settings"),
    10: ("api/wire.py", "import hub.integrations.onec.names"),
    11: ("workers/inbox_tasks.py", "import hub.domain.clinics.queries"),
    12: ("hub/flows/balance.py", "import hub.domain.ledger.models"),
    13: ("sandbox/sms/wires.py", "import hub.kernel.clock"),
    14: ("tools/seed.py", "import sandbox.sms.gateway"),
    15: ("hub/kernel/errors.py", "import hub.kernel.crypto\nimport hub.kernel.settings"),
}
BACK = ("hub/kernel/crypto.py", "import hub.kernel.errors")
"""Closes the circle of contract 15."""


def judge(house: Path) -> dict[int, str]:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import importlinter.cli; importlinter.cli.lint_imports_command()",
            "--no-cache",
        ],
        cwd=house,
        capture_output=True,
        text=True,
        check=False,
    )
    verdicts = {int(number): verdict for number, verdict in CONTRACT.findall(done.stdout)}
    assert verdicts, done.stdout + done.stderr
    return verdicts


@pytest.fixture
def house(tmp_path: Path) -> Path:
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def plant(house: Path, path: str, line: str) -> None:
    file = house / path
    file.parent.mkdir(exist_ok=True)
    with file.open("a", encoding="utf-8") as text:
        text.write(f"\n{line}\n")


def test_every_floor_refuses_an_import_that_does_not_belong_there(house: Path) -> None:
    for path, line in [*PLANTED.values(), BACK]:
        plant(house, path, line)
    assert judge(house) == dict.fromkeys(PLANTED, "BROKEN")
