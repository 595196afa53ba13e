"""Four drains, six people, merges, everything shuffled: no deadlock, and the totals are the model's."""

import random
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import pytest
from psycopg.errors import DeadlockDetected
from sqlalchemy.exc import DBAPIError

from hub.db.transaction import transaction
from hub.domain.ledger.checks import find_violations
from hub.domain.ledger.queries import balances
from hub.domain.patients.queries import find_patients_by_ref
from hub.flows import drain as draining
from hub.kernel.money import Asset
from tests.conftest import Servers
from tests.flows.conftest import INFOBASE, Road
from tests.flows.order_model import Message, copies, expect
from tests.flows.test_convergence import Plot, numbered, refund_of, visit_of
from tests.inbox.arrivals import rows, run_in_threads

PEOPLE = "PQRSTU"
THREADS = 4


class City:
    """Six people with their cards and merges, and many visits of theirs."""

    def __init__(self, chance: random.Random, visits: int) -> None:
        self.people = {name: str(uuid.uuid4()) for name in PEOPLE}
        self.cards = [Message(kind="card", name=name, minute=0) for name in PEOPLE]
        # Each at most once, into somebody earlier in a random row: a forest, so no order refuses any.
        row = chance.sample(PEOPLE, len(PEOPLE))
        for place, name in enumerate(row[1:], 1):
            if chance.random() < 0.6:
                into = chance.choice(row[:place])
                self.cards.append(Message(kind="merge", name=name, into=into, minute=chance.randrange(9)))
        self.plots = [self.visit(chance) for _ in range(visits)]

    def visit(self, chance: random.Random) -> Plot:
        story = [visit_of(chance) for _ in range(chance.randint(1, 3))]
        story = [replace(one, patient=chance.choice(PEOPLE)) for one in story]
        story += [refund_of(chance) for _ in range(chance.randint(0, 2))]
        if chance.random() < 0.2:
            story.append(Message(kind="cancel"))
        chance.shuffle(story)
        told = [copy for one in numbered(story, chance) for copy in copies(one, chance.choice([1, 1, 2]))]
        return Plot(told, [], [], dict(self.people))

    def deliveries(self, chance: random.Random) -> list[tuple[Plot, Message]]:
        cards = Plot(self.cards, [], [], dict(self.people))
        told = [(cards, one) for one in self.cards for _ in range(chance.choice([1, 2]))]
        told += [(plot, one) for plot in self.plots for one in plot.deliveries]
        chance.shuffle(told)
        return told

    def totals(self) -> Counter[str]:
        """What each person should have, the merged ones as one: by the name of one of their cards."""
        totals: Counter[str] = Counter()
        for plot in self.plots:
            found = expect([*self.cards, *plot.arrived()])
            totals[found.owner] += found.cashback
        return totals

    def holders(self) -> dict[str, str]:
        return expect(self.cards).holder


def deliver(road: Road, told: Iterable[tuple[Plot, Message]], chance: random.Random) -> None:
    waiting = list(told)
    while waiting:
        size = chance.randint(1, 30)
        road.send(*(plot.event(one) for plot, one in waiting[:size]))
        waiting = waiting[size:]
        road.drain()


def check(city: City) -> None:
    totals, holders = city.totals(), city.holders()
    with transaction() as session:
        assert find_violations(session) == []
        refs = {uuid.UUID(ref): name for name, ref in city.people.items()}
        found = find_patients_by_ref(session, INFOBASE, list(refs))
        people = {refs[ref]: patient_id for ref, patient_id in found.items()}
        for name in PEOPLE:
            assert people[name] == people[holders[name]]
            [cashback] = [one for one in balances(session, people[name]) if one.asset is Asset.CASHBACK]
            assert cashback.available + cashback.pending - cashback.debt == totals[holders[name]], name


def try_city(
    road: Road,
    servers: Servers,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
    visits: int,
) -> None:
    collisions: list[BaseException] = []
    is_collision = draining._is_collision
    monkeypatch.setattr(
        draining, "_is_collision", lambda error: collisions.append(error) or is_collision(error)
    )
    chance = random.Random(seed)
    city = City(chance, visits)
    told = city.deliveries(chance)
    shares = [told[number::THREADS] for number in range(THREADS)]
    results = run_in_threads(
        *[lambda share=share, n=n: deliver(road, share, random.Random(n)) for n, share in enumerate(shares)]
    )
    assert results == [None] * THREADS
    while road.drain()["claimed"]:
        continue
    deadlocks = [
        error
        for error in collisions
        if isinstance(error, DBAPIError) and isinstance(error.orig, DeadlockDetected)
    ]
    assert deadlocks == []
    states = {row["state"] for row in rows(servers)}
    assert states <= {"processed", "duplicate", "stale"}, [
        (row["topic"], row["state"], row["reason_code"], row["reason"])
        for row in rows(servers)
        if row["state"] not in {"processed", "duplicate", "stale"}
    ]
    check(city)


@pytest.mark.parametrize("seed", range(2))
def test_four_drains_of_one_stream_end_as_the_model_says(
    road: Road, clean: Servers, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    try_city(road, clean, monkeypatch, seed, visits=40)


@pytest.mark.long
@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", range(100, 112))
def test_four_drains_of_a_long_stream_end_as_the_model_says(
    road: Road, clean: Servers, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    try_city(road, clean, monkeypatch, seed, visits=120)
