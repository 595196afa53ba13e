"""`make run` as a newcomer meets it: it comes up, the sandbox pushes, Flower counts, Ctrl-C ends it."""

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.conftest import ROOT
from tests.factories.onec import body, visit_event
from tests.scenarios.conftest import AUTH, wait_until

BASE_PORTS = (8000, 5555, 8101, 8103, 5433, 6380)


class Desk:
    """A stack under its own state folder and ports."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.offset = next(offset for offset in iter(_random_offset, None) if _is_free(offset))
        self.output = state.parent / "run.log"
        hubless = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        self.environment = hubless | {
            "HUB_STATE_DIR": str(state),
            "HUB_PORT_OFFSET": str(self.offset),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tools.stack"],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        wait_until(self.is_ready, within_s=90, what="READY")

    def is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.output.read_text()
        return "\nREADY\n" in self.output.read_text()

    def url(self, base_port: int, path: str) -> str:
        return f"http://127.0.0.1:{base_port + self.offset}{path}"

    def descendants(self) -> list[psutil.Process]:
        assert self.process is not None
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, number: signal.Signals) -> int:
        assert self.process is not None
        children = self.descendants()
        self.process.send_signal(number)
        code = self.process.wait(timeout=40)
        _, alive = psutil.wait_procs(children, timeout=10)
        assert alive == []
        return code


def _random_offset() -> int:
    return random.randrange(11_000, 40_000, 10)


def _is_free(offset: int) -> bool:
    for port in BASE_PORTS:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port + offset)) == 0:
                return False
    return True


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Generator[Desk]:
    folder = tmp_path_factory.mktemp("стол с пробелом")
    desk = Desk(folder / "state")
    yield desk
    if desk.process is not None and desk.process.poll() is None:
        desk.stop(signal.SIGKILL)


@pytest.mark.timeout(240)
def test_a_newcomer_sees_visits_become_cashback_and_leaves_no_process_behind(desk: Desk) -> None:
    desk.start()
    with httpx.Client(base_url=desk.url(8000, ""), auth=AUTH, timeout=10) as api:
        send_and_wait(api, within_s=20)
        assert cashback(api) == 130.05
        wait_until(lambda: health(api) == "ok", within_s=30, what="every part is well")
        pushes = httpx.get(desk.url(8101, "/pushes"), params={"limit": 100}).json()
        assert {"json", "xml"} <= {push["format"] for push in pushes}
        assert "claimed" in flower_results(desk)
        next(child for child in desk.descendants() if "core@%h" in child.cmdline()).kill()
        send_and_wait(api, within_s=60)
    assert desk.stop(signal.SIGINT) == 0
    desk.start()
    with httpx.Client(base_url=desk.url(8000, ""), auth=AUTH, timeout=10) as api:
        assert cashback(api) == 260.10
    assert desk.stop(signal.SIGTERM) == 0


def send_and_wait(api: httpx.Client, *, within_s: float) -> None:
    event = visit_event()
    address = f"/api/1c/v1/events/{event['event_id']}"
    assert api.post("/api/1c/v1/events", content=body(event)).status_code == 202
    wait_until(
        lambda: api.get(address).json()["state"] == "processed", within_s=within_s, what="visit processed"
    )


def cashback(api: httpx.Client) -> float:
    [item] = api.get("/api/1c/v1/balances", params={"card_code": "ML-7K2Q-91XC"}).json()["items"]
    return float(item["cashback_available"])


def health(api: httpx.Client) -> str:
    return str(api.get("/api/health").json()["status"])


def flower_results(desk: Desk) -> str:
    """What Flower shows of finished drains; its password stands in the welcome table."""
    found = re.search(r"\(?ops / ([^)\s]+)", desk.output.read_text())
    assert found is not None
    address = desk.url(5555, "/flower/api/tasks")
    assert httpx.get(address).status_code == 401
    results: list[str] = []

    def has_drained() -> bool:
        tasks = httpx.get(address, auth=("ops", found[1]), params={"limit": 200}).json()
        results[:] = [str(task["result"]) for task in tasks.values() if task["name"] == "inbox.drain"]
        return any("claimed" in result for result in results)

    wait_until(has_drained, within_s=20, what="Flower shows a drain")
    return json.dumps(results)
