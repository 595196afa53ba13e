"""The real application over the real database, with the demo's people in it."""

import base64
import functools
import hashlib
import hmac
import json
import re
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.front_ends import FrontEnds
from hub.contracts.parties import Destination
from hub.db.transaction import transaction
from hub.domain.patients.queries import find_by_card
from hub.domain.staff import adding
from hub.domain.staff.adding import add_credential
from hub.domain.staff.passwords import hash_password
from hub.flows.drain import drain
from hub.kernel import clock, tokens
from hub.kernel.ids import new_id
from hub.outbox.claiming import claim
from tests.conftest import Servers
from tools import seed

MARIA_PHONE = "+79000000001"
FAMILY_PHONE = "+79000000004"
SERVICE_SECRET = "a-service-secret-of-tests"


@dataclass(frozen=True)
class Hub:
    """A started application and the ways people come in."""

    http: httpx.Client
    app: FastAPI

    @property
    def onec(self) -> dict[str, str]:
        """Headers of the demo infobase."""
        return basic(seed.INFOBASE, seed.INFOBASE_SECRET)

    def staff(self, login: str) -> dict[str, str]:
        answer = self.http.post("/api/auth/password", json={"login": login, "password": f"demo-{login}"})
        assert answer.status_code == 200, answer.text
        return bearer(answer.json()["access_token"])

    def patient(self, user_id: UUID | None = None) -> dict[str, str]:
        return bearer(tokens.issue_access(user_id or self.maria_id, ["patient"]))

    @property
    def maria_id(self) -> UUID:
        return self.holder_of("ML-7K2Q-91XC")

    @property
    def andrey_id(self) -> UUID:
        return self.holder_of("ML-3D8T-44PA")

    def holder_of(self, card: str) -> UUID:
        with transaction() as session:
            found = find_by_card(session, card)
        assert found is not None
        return found

    def push(self, *events: dict[str, Any], headers: dict[str, str] | None = None) -> Any:
        body = events[0] if len(events) == 1 else list(events)
        answer = self.http.post("/api/1c/v1/events", json=body, headers={**self.onec, **(headers or {})})
        assert answer.status_code == 202, answer.text
        return answer.json()

    def push_and_drain(self, *events: dict[str, Any]) -> Any:
        told = self.push(*events)
        drain("core")
        return told

    def read_code(self) -> str:
        """Take the newest code out of the message that waits for the gateway."""
        with transaction() as session:
            waiting = claim(session, destination=Destination.SMS, lease_s=60)
        newest = max(waiting, key=lambda delivery: delivery.id)
        found = re.search(r"\d{6}", newest.message.text)
        assert found
        return found[0]


@pytest.fixture(scope="session")
def app(database: Servers) -> FastAPI:
    return create_app(FrontEnds({}))


@contextmanager
def serving(app: FastAPI) -> Generator[str]:
    """The application behind a real server on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, ws="none", log_config=None, access_log=False, proxy_headers=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with httpx.Client(timeout=30, trust_env=False) as http:
            assert http.get(f"{address}/api/livez").status_code == 200
        yield address
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def address(app: FastAPI) -> Generator[str]:
    with serving(app) as address:
        yield address


@pytest.fixture(scope="session")
def quick_hashes() -> Generator[None]:
    """Hash each demo password once: six honest hashes per test would be most of its time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adding, "hash_password", functools.cache(hash_password))
        yield


@pytest.fixture
def hub(clean: Servers, quick_hashes: None, app: FastAPI, address: str) -> Generator[Hub]:
    seed.main()
    with transaction() as session:
        add_credential(session, login="till", secret=SERVICE_SECRET, infobase=None)
    app.state.credentials.reload()
    limits = httpx.Limits(max_connections=20)
    with httpx.Client(base_url=address, limits=limits, timeout=30, trust_env=False) as http:
        yield Hub(http, app)


def basic(login: str, secret: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{login}:{secret}'.encode()).decode()}"}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def signed(secret: str, body: bytes, *, skew_s: int = 0) -> dict[str, str]:
    timestamp = str(int(clock.now().timestamp()) + skew_s)
    signature = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Hub-Timestamp": timestamp, "X-Hub-Signature": f"sha256={signature}"}


def patient_event(**fields: Any) -> dict[str, Any]:
    ref = fields.pop("ref", "92c7ea9d-2cab-11e4-9f84-1078d2d69c01")
    event: dict[str, Any] = {
        "event_id": str(new_id()),
        "event_type": "patient.upserted",
        "schema_version": 1,
        "occurred_at": "2026-05-01T09:00:00",
        "source": {"infobase": seed.INFOBASE, "node": "UMC01", "tz": "Europe/Moscow"},
        "object": {
            "type": "Catalog.Клиенты",
            "ref": ref,
            "data_version": "AAAABQAAAAA=",
            "deletion_mark": False,
        },
        "patient": {
            "ref": ref,
            "code": "000099",
            "surname": "Новикова",
            "name": "Ольга",
            "phone": "89000000099",
        },
    }
    return event | fields


def dump(event: object) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode()
