"""32 callers keep webhooks: through the group commit, and each with its own INSERT and commit."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.orm import Session

from bench.events import visit_body
from bench.report import print_pair
from hub.db.transaction import transaction
from hub.flows.onec_intake import read_arrivals
from hub.inbox.intake import Intake
from hub.inbox.store import Arrival, receive
from tools.seed import INFOBASE

CALLERS = 32
EVENTS = 3_000
ROUNDS = 5


def run() -> None:
    """Interleave the two ways and print the medians."""
    writer = Intake(queue_max=10_000, on_kept=_no_nudge)
    writer.start()
    ours, yardstick = [], []
    for _ in range(ROUNDS):
        ours.append(_rate(lambda arrival: writer.submit([arrival]).result()))
        yardstick.append(_rate(_keep_alone))
    writer.stop()
    print_pair(
        "intake, 32 callers", ours=ours, yardstick=yardstick, unit="events/s", against="own commit each"
    )


def _rate(keep: Callable[[Arrival], object]) -> float:
    arrivals = [_arrival(number) for number in range(EVENTS)]
    with ThreadPoolExecutor(CALLERS) as callers:
        started = time.perf_counter()
        list(callers.map(keep, arrivals))
        return EVENTS / (time.perf_counter() - started)


def _arrival(number: int) -> Arrival:
    [arrival] = read_arrivals(visit_body(number), None, infobase=INFOBASE, correlation_id="bench").arrivals
    return arrival


def _keep_alone(arrival: Arrival) -> None:
    with transaction() as session:
        receive(session, [arrival])


def _no_nudge(_session: Session) -> None:
    """Nothing listens: the rows are drained by the next benchmark."""
