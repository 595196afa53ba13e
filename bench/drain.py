"""Inbox rows to posted cashback, the whole domain in it, against pgbench tpcb-like on the same server."""

import time

from bench.ground import make_pgbench_tables, pgbench_tps
from bench.report import print_pair
from hub.flows.drain import drain
from tools.stack.postgres import Postgres

ROUNDS = 5
PGBENCH_S = 4


def run(postgres: Postgres) -> None:
    """Drain what the intake benchmark kept, a thousand events at a time, between pgbench runs."""
    make_pgbench_tables(postgres)
    ours, yardstick = [], []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        counts = drain("core")
        ours.append(counts["done"] / (time.perf_counter() - started))
        yardstick.append(pgbench_tps(postgres, clients=2, seconds=PGBENCH_S))
    print_pair(
        "drain, one process", ours=ours, yardstick=yardstick, unit="events/s", against="pgbench -c2 tps"
    )
