"""Deliveries by one io worker against a bare httpx loop to the same gateway with the same concurrency.

A benchmark of its own (`python -m bench.deliveries`): it wants a living broker, which the others do without.
Throughput: from the end of a pause to the last row delivered. Latency: from the order's commit to the
gateway's own stamp, one message at a time, through broker and worker; the yardstick is a bare POST.
"""

import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from statistics import median

import httpx
from sqlalchemy import text

from bench.ground import ROOT, ground
from bench.report import print_pair
from hub.contracts.messages import SendSms
from hub.contracts.parties import DeliveryKind, Destination
from hub.db.transaction import transaction
from hub.kernel import clock
from hub.outbox.destinations import change_rate, pause, resume
from hub.outbox.enqueueing import Order, enqueue
from hub.taskqueue.names import TaskName
from hub.taskqueue.nudge import nudge
from tools.stack.ports import pick_free
from tools.stack.redis import Redis

ROUNDS = 5
MESSAGES = 1_000
SINGLES = 20
AT_ONCE = 8
_ROUND_S_MAX = 120.0
_TOKEN = "bench"  # noqa: S105  # of a gateway that lives as long as this run
_TEXT = "Баллы скоро сгорят"


def run() -> None:
    """Interleave the hub and the bare loop, and print both pairs."""
    ours, yardstick, ours_ms, yardstick_ms = [], [], [], []
    with ground(), _gateway() as gateway, _worker():
        with transaction() as session:
            change_rate(
                session, Destination.SMS, rate_per_minute=600_000, burst=10_000, in_flight_max=AT_ONCE
            )
        for _ in range(ROUNDS):
            ours.append(_deliver_many())
            yardstick.append(_post_many(gateway))
            ours_ms += [_deliver_one(gateway) for _ in range(SINGLES)]
            yardstick_ms += [_post_one(gateway) for _ in range(SINGLES)]
    print_pair("deliveries, one io worker", ours=ours, yardstick=yardstick, unit="sends/s", against="httpx")
    print_pair("latency, commit to gateway", ours=ours_ms, yardstick=yardstick_ms, unit="ms", against="POST")
    p99 = sorted(ours_ms)[int(len(ours_ms) * 0.99) - 1]
    print(f"latency: median {median(ours_ms):.1f} ms, p99 {p99:.1f} ms; POST {median(yardstick_ms):.1f} ms")


def _deliver_many() -> float:
    with transaction() as session:
        pause(session, Destination.SMS, by="bench")
        for number in range(MESSAGES):
            enqueue(session, _order(f"+7900{number:07d}"))
    with transaction() as session:
        resume(session, Destination.SMS)
        nudge(session, TaskName.DELIVER, Destination.SMS)
    return MESSAGES / _wait_until_delivered()


def _post_many(gateway: httpx.Client) -> float:
    begun_at_s = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda number: _post(gateway, f"+7900{number:07d}"), range(MESSAGES)))
    return MESSAGES / (time.perf_counter() - begun_at_s)


def _deliver_one(gateway: httpx.Client) -> float:
    phone = _draw_phone()
    with transaction() as session:
        enqueue(session, _order(phone))
    ordered_at = clock.now()
    _wait_until_delivered()
    [message] = gateway.get("/messages", params={"phone": phone}).json()
    return (datetime.fromisoformat(message["at"]) - ordered_at).total_seconds() * 1000


def _post_one(gateway: httpx.Client) -> float:
    begun_at_s = time.perf_counter()
    _post(gateway, _draw_phone())
    return (time.perf_counter() - begun_at_s) * 1000


def _post(gateway: httpx.Client, phone: str) -> None:
    answer = gateway.post("/send", json={"phone": phone, "text": _TEXT, "client_id": str(uuid.uuid4())})
    answer.raise_for_status()


def _order(phone: str) -> Order:
    return Order(DeliveryKind.SMS_NOTICE, str(uuid.uuid4()), SendSms(phone, _TEXT))


def _draw_phone() -> str:
    return f"+79{uuid.uuid4().int % 10**9:09d}"


def _wait_until_delivered() -> float:
    begun_at_s = time.perf_counter()
    while time.perf_counter() - begun_at_s < _ROUND_S_MAX:
        with transaction() as session:
            left = session.scalar(text("SELECT count(*) FROM outbox_delivery WHERE finished_at IS NULL"))
        if left == 0:
            return time.perf_counter() - begun_at_s
        time.sleep(0.01)
    message = f"deliveries are left after {_ROUND_S_MAX} s"
    raise TimeoutError(message)


@contextmanager
def _gateway() -> Generator[httpx.Client]:
    """Run the sandbox's gateway, and point the hub at it."""
    port = pick_free()
    url = f"http://127.0.0.1:{port}"
    os.environ |= {"HUB_SMS_URL": url, "HUB_SMS_TOKEN": _TOKEN}
    command = [sys.executable, "-m", "sandbox.sms", "--port", str(port), "--token", _TOKEN]
    headers = {"Authorization": f"Bearer {_TOKEN}"}
    with (
        subprocess.Popen(command, cwd=ROOT) as process,
        httpx.Client(base_url=url, headers=headers, timeout=10, trust_env=False) as client,
    ):
        try:
            _wait_until_up(client)
            yield client
        finally:
            process.terminate()


def _wait_until_up(client: httpx.Client) -> None:
    for _ in range(200):
        try:
            client.get("/faults").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    message = "the gateway did not start"
    raise TimeoutError(message)


@contextmanager
def _worker() -> Generator[None]:
    """Run a broker and one io worker, as the stack does."""
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        redis = Redis(Path(folder) / "redis", password=uuid.uuid4().hex)
        redis.start()
        os.environ["HUB_REDIS_URL"] = redis.url()
        celery = [sys.executable, "-m", "celery", "-A", "workers.app", "worker", "-Q", "io", "-P", "threads"]
        with subprocess.Popen([*celery, "-c", "4"], cwd=ROOT, stdout=subprocess.DEVNULL) as process:
            try:
                yield
            finally:
                process.terminate()
                process.wait(30)
                redis.stop()


if __name__ == "__main__":
    run()
