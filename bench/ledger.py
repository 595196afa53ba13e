"""The accrue verb in batches, by one and two processes, against pgbench of the same wheel and server."""

import json
import subprocess
import time
from collections import defaultdict

from bench.ground import ROOT, Ground, StalledError, make_pgbench_tables, pgbench_tps, python_module
from bench.machine import now_text
from bench.measures import Part, Series
from tools.stack.spawning import kill_group, spawn

ROUNDS = 5
SECONDS = 3
_SHAPES = ((100, 1), (100, 2), (200, 1), (200, 2))
"""Batch size and number of processes."""
_STARTS_AFTER_S = 3.0
_PATIENCE_S = 30.0
REMARKS = [
    "Every accrual is an entry of two postings with a lot, spendable at once, for one of 2,000 patients.",
    "Its entry key is recalled, overdue lots are swept and debts repaid, as always. A batch is one commit.",
    "pgbench: built-in tpcb-like, `-c 2 -j 2 -s 10`, of the same wheel, on the same durable server.",
]


def run(ground: Ground) -> Part:
    """Interleave every shape with pgbench."""
    make_pgbench_tables(ground)
    rates: dict[str, list[float]] = defaultdict(list)
    for _ in range(ROUNDS):
        for batch, processes in _SHAPES:
            rates[f"batch{batch}x{processes}"].append(_accruals_per_s(ground, batch, processes))
        rates["pgbench"].append(pgbench_tps(ground, clients=2, seconds=SECONDS))
    series = {
        f"batch{batch}x{processes}": Series(
            f"accrue, {batch} a batch, {processes} process{'es' * (processes > 1)}",
            "/s",
            rates[f"batch{batch}x{processes}"],
        )
        for batch, processes in _SHAPES
    }
    series["pgbench"] = Series("pgbench tpcb-like, 2 clients", "/s", rates["pgbench"])
    return Part(now_text(), series, REMARKS)


def _accruals_per_s(ground: Ground, batch: int, processes: int) -> float:
    """Let processes accrue side by side for some seconds, all from the same instant on."""
    start_at_s = time.time() + _STARTS_AFTER_S
    words = ["--batch", batch, "--seconds", SECONDS, "--start-at", start_at_s]
    command = python_module("bench.accruing", *words)
    started = [
        spawn(command, output=subprocess.PIPE, env=ground.desk.hub_env, directory=ROOT)
        for _ in range(processes)
    ]
    try:
        told = [process.communicate(timeout=_PATIENCE_S)[0] for process in started]
    except subprocess.TimeoutExpired as error:
        raise StalledError("accruing") from error
    finally:
        for process in started:
            kill_group(process.pid)
    for process, output in zip(started, told, strict=True):
        if process.returncode != 0:
            raise StalledError(output.decode("utf-8", "replace")[-2_000:])
    return sum(float(json.loads(output)["per_s"]) for output in told)
