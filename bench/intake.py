"""Webhooks kept: our API against three yardsticks, 32 callers at once; then by the clock, 1,000 a second.

All four doors stand all the time, served by uvicorn as in `make run`; each round asks them in turn.
"""

import itertools
import json
import os
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from bench import doors
from bench.ground import Ground, python_module, run_to_end, wait_until
from bench.machine import now_text
from bench.measures import Part, Series
from tools.stack.children import Program
from tools.stack.ports import is_free, pick_free

ROUNDS = 5
EVENTS = 6_000
WARM_UP_EVENTS = 500
PACED_PER_S = 1_000
PACED_EVENTS = 5_000
HUB_PATH = "/api/1c/v1/events"
_DOORS = {
    "hub": ("hub", "api.app:create_app", HUB_PATH),
    "one_insert": ("FastAPI, one INSERT and commit a request", "bench.doors:create_one_insert", doors.PATH),
    "naive": ("naive inbox, ON CONFLICT a request", "bench.doors:create_naive_inbox", doors.PATH),
    "no_database": ("our door without a database", "bench.doors:create_without_database", HUB_PATH),
}
REMARKS = [
    "Bodies of 1.3–1.8 kB, each another visit: 85 % JSON, 5 % JSON in cp1251, 5 % XML, 5 % XML in cp1251.",
    "All but «one INSERT» check the credential and read the envelope; it checks and reads nothing.",
    "The sender is a process of its own on raw sockets; it, the door and PostgreSQL share the cores.",
    "Paced delays are counted from the moment a request was due, not from when it could be sent.",
]
_numbers = itertools.count(1, 100_000)


def run(ground: Ground) -> Part:
    """Ask every door in turn, round by round."""
    with ground.connect() as connection:
        for statement in doors.TABLES:
            connection.execute(statement.encode())
    rates: dict[str, list[float]] = defaultdict(list)
    delays: dict[str, list[float]] = defaultdict(list)
    with ExitStack() as stack:
        ports = {key: _open_door(stack, ground, key) for key in _DOORS}
        for key in _DOORS:
            send(ports[key], _DOORS[key][2], events=WARM_UP_EVENTS)
        for _ in range(ROUNDS):
            for key, (_, _, path) in _DOORS.items():
                told = send(ports[key], path, events=EVENTS)
                rates[key].append(told["statuses"]["202"] / told["elapsed_s"])
                delays[f"{key}_p50"].append(told["p50_ms"])
                delays[f"{key}_p99"].append(told["p99_ms"])
            told = send(ports["hub"], HUB_PATH, events=PACED_EVENTS, rate=PACED_PER_S)
            delays["paced_p50"].append(told["p50_ms"])
            delays["paced_p99"].append(told["p99_ms"])
    ground.forget_events()
    return Part(now_text(), _series(rates, delays), REMARKS)


def send(
    port: int,
    path: str,
    *,
    events: int,
    rate: float = 0,
    words: Sequence[str] = (),
) -> dict[str, Any]:
    """Send so many webhooks from a process of its own; what it tells. Raises: StalledError, RefusedError."""
    command = python_module("bench.load", "--port", port, "--path", path, "--events", events)
    command += ["--first-no", str(next(_numbers)), "--rate", str(rate), *words]
    told: dict[str, Any] = json.loads(run_to_end(command, os.environ))
    if set(told["statuses"]) != {"202"}:
        raise RefusedError(told["statuses"])
    return told


class RefusedError(Exception):
    """A door did not accept everything: its speed would mean nothing."""


def api_program(ground: Ground, factory: str, port: int) -> Program:
    """Describe uvicorn as `make run` starts it, with another application and port."""
    api = ground.program("api")
    swapped = {"api.app:create_app": factory, str(ground.desk.ports.api): str(port)}
    command = tuple(swapped.get(word, word) for word in api.command)
    return replace(api, name=f"api-{port}", command=command)


def _open_door(stack: ExitStack, ground: Ground, key: str) -> int:
    port = pick_free()
    stack.enter_context(ground.running(api_program(ground, _DOORS[key][1], port)))
    wait_until(lambda: not is_free(port), f"{key} listens", patience_s=30)
    return port


def _series(rates: dict[str, list[float]], delays: dict[str, list[float]]) -> dict[str, Series]:
    series = {key: Series(_DOORS[key][0], "/s", numbers) for key, numbers in rates.items()}
    for key, (title, _, _) in _DOORS.items():
        for point in ("p50", "p99"):
            series[f"{key}_{point}"] = Series(f"{title}, {point}", "ms", delays[f"{key}_{point}"])
    for point in ("p50", "p99"):
        series[f"paced_{point}"] = Series(
            f"hub at {PACED_PER_S:,}/s, {point}", "ms", delays[f"paced_{point}"]
        )
    return series
