"""Whatever the hub tells the world arrives once, or is seen by a person: real workers, a real gateway."""

import uuid
from collections.abc import Generator
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from hub.contracts.messages import SendSms
from hub.contracts.parties import DeliveryKind
from hub.outbox.enqueueing import PRIORITY_MAILING, Order
from tests.conftest import Servers
from tests.inbox.arrivals import rows
from tests.outbox.orders import end_outage, enqueue, expire_leases, gate, set_gate
from tests.sandbox.stranger_process import running_stranger
from tests.scenarios.conftest import Hub, wait_until
from tests.scenarios.witness import Witness, watching

TOKEN = "sms-token-of-a-scenario"
IN_FLIGHT = 8
RETRY_AFTER_S = 2


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[httpx.Client]:
    monkeypatch.setenv("HUB_SMS_TOKEN", TOKEN)
    log_path = tmp_path / "sms.log"
    with running_stranger("sandbox.sms", "/messages", log_path, "--token", TOKEN) as client:
        monkeypatch.setenv("HUB_SMS_URL", str(client.base_url))
        yield client


@pytest.fixture
def witness(gateway: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> Generator[Witness]:
    with watching(gateway) as seen:
        monkeypatch.setenv("HUB_SMS_URL", seen.url)
        yield seen


def queue(count: int, *, bad: int | None = None) -> None:
    """Queue so many notices, one of them to a number that is none."""
    enqueue(
        *[
            Order(
                DeliveryKind.SMS_NOTICE,
                str(uuid.uuid4()),
                SendSms("+7" if number == bad else f"+7900{number:07d}", "Баллы скоро сгорят"),
                priority=PRIORITY_MAILING,
            )
            for number in range(count)
        ]
    )


def count_states(servers: Servers) -> dict[str, int]:
    found = rows(servers, "SELECT state, count(*) AS n FROM outbox_delivery GROUP BY state")
    return {row["state"]: row["n"] for row in found}


def test_workers_killed_between_send_and_record_under_a_burst_double_and_lose_nothing(
    hub: Hub, witness: Witness, clean: Servers
) -> None:
    set_gate(clean, rate_per_minute=600_000, burst=10_000)
    queue(60)
    witness.hold_after = 20
    hub.start("relay")
    hub.start("io")
    wait_until(lambda: witness.held >= IN_FLIGHT, within_s=40, what="sends stand between send and record")
    hub.kill("io")
    assert set(count_states(clean)) <= {"ready", "running", "delivered"}
    assert count_states(clean)["running"] >= IN_FLIGHT
    witness.hold_after = None
    witness.release.set()
    hub.start("io")
    expire_leases(clean)
    wait_until(lambda: count_states(clean) == {"delivered": 60}, within_s=60, what="all are delivered")
    assert set(witness.taken.values()) == {1}
    assert len(witness.taken) == 60
    looked_up = rows(clean, "SELECT id FROM outbox_delivery WHERE reason = 'look-up: taken'")
    assert len(looked_up) >= IN_FLIGHT


def test_an_outage_burns_one_attempt_per_probe_and_ends_by_itself(
    hub: Hub, witness: Witness, clean: Servers
) -> None:
    """An hour of it: every half-open probe of that time, with the waits between them left out."""
    queue(30)
    witness.fault("down")
    hub.start("relay")
    hub.start("io")
    for trips in range(1, 8):
        wait_until(
            lambda trips=trips: gate(clean)["trips"] == trips,  # type: ignore[misc]
            within_s=40,
            what="the circuit opens",
        )
        end_outage(clean)
    witness.fault("ok")
    tried = rows(clean, "SELECT coalesce(sum(attempts), 0) AS n FROM outbox_delivery")[0]["n"]
    assert tried <= 2 * IN_FLIGHT + 8
    assert set(count_states(clean)) <= {"ready", "running", "delivered"}
    rows(clean, "UPDATE outbox_delivery SET next_attempt_at = now() WHERE state = 'ready'")
    end_outage(clean)
    wait_until(lambda: count_states(clean) == {"delivered": 30}, within_s=60, what="the backlog drains")
    assert set(witness.taken.values()) == {1}
    assert (gate(clean)["breaker"], gate(clean)["trips"]) == ("closed", 0)


def test_a_storm_of_429_meets_one_request_per_silence_and_burns_no_attempt(
    hub: Hub, witness: Witness, clean: Servers
) -> None:
    queue(20)
    witness.fault("limit")
    hub.start("relay")
    hub.start("io")
    probes = 4
    wait_until(lambda: len(witness.calls) >= IN_FLIGHT + probes, within_s=60, what="several silences")
    witness.fault("ok")
    storm = [call for call in witness.calls if call[2] == httpx.codes.TOO_MANY_REQUESTS]
    wait_until(lambda: count_states(clean) == {"delivered": 20}, within_s=60, what="all are delivered")
    assert len(storm) >= IN_FLIGHT + probes
    for before, after in pairwise(storm[IN_FLIGHT - 1 :]):
        # From the answer to the next arrival: never sooner than was asked for.
        assert after[0] - before[1] >= RETRY_AFTER_S
    assert {row["attempts"] for row in rows(clean, "SELECT attempts FROM outbox_delivery")} == {1}
    assert set(witness.taken.values()) == {1}


@pytest.mark.long
@pytest.mark.timeout(400)
@pytest.mark.usefixtures("gateway")
def test_ten_thousand_notices_with_one_bad_number_are_all_delivered_but_one(hub: Hub, clean: Servers) -> None:
    set_gate(clean, rate_per_minute=600_000, burst=10_000, in_flight_max=16)
    queue(10_000, bad=5_000)
    hub.start("relay")
    hub.start("io")
    ended = {"delivered": 9_999, "buried": 1}
    wait_until(lambda: count_states(clean) == ended, within_s=300, what="all ended")
    [buried] = rows(clean, "SELECT reason, tries FROM outbox_delivery WHERE state = 'buried'")
    assert buried == {"reason": "http 400", "tries": 1}
    query = "SELECT count(DISTINCT provider_reference) AS n, max(tries) AS tries FROM outbox_delivery"
    assert rows(clean, query) == [{"n": 9_999, "tries": 1}]
