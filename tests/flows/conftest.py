"""The road without its processes: bodies in by the intake flow, out by the drain."""

import contextlib
from collections.abc import Callable, Generator, Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest
import structlog

from hub.contracts.facts import VisitSnapshot
from hub.db.transaction import transaction
from hub.domain.clinics.adding import add_clinic, add_infobase
from hub.domain.ledger.checks import find_violations
from hub.domain.ledger.queries import balances
from hub.domain.patients.queries import find_patients_by_ref
from hub.flows import handling, senders
from hub.flows.drain import drain
from hub.flows.ending import Ending
from hub.flows.onec_intake import read_arrivals
from hub.inbox.store import Receipt, receive
from hub.integrations.http import make_client
from hub.kernel import backoff
from hub.kernel.money import Asset
from tests.conftest import Servers
from tests.factories.onec import CLINIC, SAMPLE_PATIENT, body
from tests.flows.sms_gateway import TOKEN, fault, forget, point_at
from tests.sandbox.stranger_process import running_stranger

INFOBASE = "umc_corp"


class Road:
    """Send events, drain them, ask what came of it."""

    def send(self, *events: dict[str, Any]) -> list[Receipt]:
        receipts = []
        for event in events:
            reading = read_arrivals(body(event), None, infobase=INFOBASE, correlation_id="test-correlation")
            with transaction() as session:
                receipts += receive(session, reading.arrivals)
        return receipts

    def drain(self) -> dict[str, int]:
        return drain("core")

    def tell(self, *events: dict[str, Any]) -> dict[str, int]:
        self.send(*events)
        return self.drain()

    def patient_id(self, ref: str = SAMPLE_PATIENT) -> UUID:
        with transaction() as session:
            return find_patients_by_ref(session, INFOBASE, [UUID(ref)])[UUID(ref)]

    def cashback(self, ref: str = SAMPLE_PATIENT) -> int:
        """Hundredths of cashback, spendable and pending, less debt."""
        with transaction() as session:
            [found] = [one for one in balances(session, self_id(session, ref)) if one.asset is Asset.CASHBACK]
            assert find_violations(session) == []
        return found.available + found.pending - found.debt


def self_id(session: Any, ref: str) -> UUID:
    return find_patients_by_ref(session, INFOBASE, [UUID(ref)])[UUID(ref)]


@pytest.fixture
def road(clean: Servers) -> Road:
    with transaction() as session:
        add_infobase(session, code=INFOBASE, name="test")
        add_clinic(session, code="main", name="Main", timezone="Europe/Moscow", refs={INFOBASE: UUID(CLINIC)})
    return Road()


@pytest.fixture(autouse=True)
def log() -> Generator[list[Any]]:
    """What was logged; drawn tracebacks would cost seconds."""
    with structlog.testing.capture_logs() as lines:
        yield lines


@pytest.fixture
def told_by(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., list[Ending]]], None]:
    """Let visits be told by another story."""
    return lambda story: monkeypatch.setattr(handling, "STORIES", {**handling.STORIES, VisitSnapshot: story})


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Postponed events wait for minutes at least: on a slow machine a second is over within one drain."""
    monkeypatch.setattr(backoff, "INBOX", tuple(max(60, delay_s) for delay_s in backoff.INBOX))


@pytest.fixture
def ordered() -> Callable[[int], str]:
    """Instants in order: the n-th minute of a day."""
    return lambda minute: f"2026-05-02T10:{minute:02d}:00"


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    log_path = tmp_path_factory.mktemp("sms") / "log"
    with running_stranger("sandbox.sms", "/messages", log_path, "--token", TOKEN) as client:
        yield client


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Close what senders opened; a hub keeps them for its life."""
    with contextlib.ExitStack() as opened:
        monkeypatch.setattr(
            senders, "make_client", lambda **options: opened.enter_context(make_client(**options))
        )
        yield


@pytest.fixture
def gateway(
    clean: Servers, clients: None, stranger: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> Generator[httpx.Client]:
    """The gateway, healthy, with the hub pointed at it."""
    fault(stranger, "ok")
    point_at(monkeypatch, str(stranger.base_url))
    with structlog.testing.capture_logs():
        yield stranger
    fault(stranger, "ok")
    monkeypatch.undo()
    forget()
