"""The strangers as real processes, one of each for a test file; the hub's stand-in as a real server."""

import pathlib
from collections.abc import Callable, Iterator

import httpx
import pytest
from lxml import etree

from tests.sandbox.hub_receiver import HubReceiver
from tests.sandbox.stranger_process import ROOT, running_stranger

Turn = Callable[..., None]
PORTAL_OPTIONS = (
    *("--handler", "http://127.0.0.1:1/api/auth/bitrix24/callback"),
    *("--client-id", "local.test", "--client-secret", "secret-of-the-test"),
    *("--member-id", "a" * 32, "--hook", "1/hook-of-a-test"),
)
SMS_TOKEN = "sms-token-of-a-test"


@pytest.fixture(scope="module")
def hub() -> Iterator[HubReceiver]:
    receiver = HubReceiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="module")
def onec(hub: HubReceiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    log_path = tmp_path_factory.mktemp("onec") / "log"
    options = ("--hub", hub.url, "--infobase", "umc_corp", "--secret", "test-secret", "--no-stream")
    with running_stranger("sandbox.onec", "/state", log_path, *options) as client:
        yield client


@pytest.fixture
def turn(onec: httpx.Client) -> Iterator[Turn]:
    """Turn knobs for one test; afterwards they are as they were."""
    before = onec.get("/state").json()["knobs"]

    def turned(**knobs: object) -> None:
        assert onec.post("/knobs", json=knobs).is_success

    yield turned
    turned(**before)


@pytest.fixture(scope="module")
def sms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    log_path = tmp_path_factory.mktemp("sms") / "log"
    with running_stranger("sandbox.sms", "/messages", log_path, "--token", SMS_TOKEN) as client:
        client.headers["Authorization"] = f"Bearer {SMS_TOKEN}"
        yield client


@pytest.fixture(scope="module")
def bitrix24(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    log_path = tmp_path_factory.mktemp("bitrix24") / "log"
    with running_stranger("sandbox.bitrix24", "/_sim/state", log_path, *PORTAL_OPTIONS) as client:
        yield client


@pytest.fixture(scope="session", params=["sandbox/onec", "hub/integrations/onec"])
def schema(request: pytest.FixtureRequest) -> etree.XMLSchema:
    """What the sandbox promises, and what the hub asks for."""
    path: pathlib.Path = ROOT / request.param / "exchange.xsd"
    return etree.XMLSchema(etree.parse(str(path)))
