"""The hub as it runs: API, worker, relay, beat as processes on real PostgreSQL and Redis; killed at will."""

import os
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from hub.db.transaction import transaction
from hub.domain.ledger.checks import find_violations
from hub.domain.ledger.queries import balances
from hub.domain.patients.queries import find_patients_by_ref
from hub.kernel.money import Asset
from tests.conftest import Servers
from tests.factories.onec import SAMPLE_PATIENT, body
from tests.processes import HubProcesses
from tools import seed
from tools.stack.ports import pick_free

AUTH = (seed.INFOBASE, seed.INFOBASE_SECRET)


def wait_until(condition: Callable[[], bool], *, within_s: float, what: str) -> float:
    """Poll until the condition holds; gives how long it took."""
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > within_s:
            pytest.fail(f"not within {within_s} s: {what}")
        time.sleep(0.05)
    return time.monotonic() - started


class Hub(HubProcesses):
    """Processes of one installation, and what a caller sees of them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, port=pick_free(), environment=os.environ)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", auth=AUTH, timeout=15)

    def stop(self) -> None:
        super().stop()
        self.client.close()

    def is_ready(self) -> bool:
        try:
            return self.client.get("/api/readyz").status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def push(self, event: dict[str, Any]) -> httpx.Response:
        return self.client.post("/api/1c/v1/events", content=body(event))

    def state(self, event_id: str) -> str:
        return str(self.client.get(f"/api/1c/v1/events/{event_id}").json().get("state"))

    def cashback(self, ref: str = SAMPLE_PATIENT) -> int:
        """Hundredths; proves the ledger's invariants on the way."""
        with transaction() as session:
            patient_id = find_patients_by_ref(session, seed.INFOBASE, [UUID(ref)])[UUID(ref)]
            [found] = [one for one in balances(session, patient_id) if one.asset is Asset.CASHBACK]
            assert find_violations(session) == []
        return found.available + found.pending - found.debt


@pytest.fixture
def hub(clean: Servers, tmp_path: Path) -> Generator[Hub]:
    """A seeded hub with nothing running yet but PostgreSQL and Redis."""
    seed.main()
    running = Hub(tmp_path)
    yield running
    running.stop()
