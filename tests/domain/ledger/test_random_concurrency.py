"""Threads of random operations on a few owners: no deadlock, no lost update, every invariant holds."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from random import Random
from uuid import UUID

import pytest

from hub.db.transaction import transaction
from hub.domain.ledger.errors import ClawbackExceedsAccrualError
from hub.domain.ledger.queries import net_accrued
from hub.kernel import ids
from hub.kernel.money import Asset
from tests.domain.ledger.factories import DAY, NOON, accrual, clawback
from tests.domain.ledger.purses import activate, balance, give, history, take, violations

THREADS = 8
"""As many as the pool has connections: on a slow machine, more would give up waiting for one."""
STEPS = 120
DOCUMENTS = 8
SHARED_KEYS = 30


def run_program(seed: int, owners: list[UUID]) -> None:
    """Walk through random operations; only an honest refusal is an acceptable error."""
    chance = Random(seed)  # a seed that can be replayed, not a secret
    for step in range(STEPS):
        now = NOON + step * DAY
        verb = chance.choice([accrue_some, accrue_shared, claw_back_some, activate_some])
        try:
            verb(chance, owners, now)
        except ClawbackExceedsAccrualError:
            continue


def accrue_some(chance: Random, owners: list[UUID], now: datetime) -> None:
    drafts = []
    for owner in chance.choices(owners, k=chance.randint(1, 6)):
        days = chance.choice([None, 0, 2, 5])
        drafts.append(
            accrual(
                owner,
                chance.randint(1, 500),
                document=document_of(owner, chance),
                activates_at=None if days is None else now + days * DAY,
                expires_at=now + chance.randint(1, 12) * DAY,
            )
        )
    give(*drafts, at=now)


def accrue_shared(chance: Random, owners: list[UUID], now: datetime) -> None:
    """The same key from several threads means the same facts."""
    number = chance.randrange(SHARED_KEYS)
    owner = owners[number % len(owners)]
    give(accrual(owner, 100 + number, key=f"shared-{number}", document=f"{owner}:0"), at=now)


def claw_back_some(chance: Random, owners: list[UUID], now: datetime) -> None:
    picked = chance.sample(owners, k=2)
    take(
        *(clawback(owner, chance.randint(1, 300), document=document_of(owner, chance)) for owner in picked),
        at=now,
    )


def activate_some(chance: Random, _owners: list[UUID], now: datetime) -> None:
    activate(now, chance.randint(1, 20))


def document_of(owner: UUID, chance: Random) -> str:
    return f"{owner}:{chance.randrange(DOCUMENTS)}"


@pytest.mark.usefixtures("clean")
def test_random_threads_leave_a_sound_ledger() -> None:
    owners = [ids.new_id() for _ in range(5)]
    with ThreadPoolExecutor(THREADS) as pool:
        for outcome in [pool.submit(run_program, seed, owners) for seed in range(THREADS)]:
            outcome.result()
    assert violations() == []
    for owner in owners:
        keys = [f"{owner}:{number}" for number in range(DOCUMENTS)]
        with transaction() as session:
            nets = net_accrued(session, keys, asset=Asset.CASHBACK)
        burned = sum(row.amount for row in history(owner, limit=10_000) if row.kind == "expiry")
        # At the very beginning of time nothing has burned by the clock alone.
        found = balance(owner, NOON - DAY)
        kept = found.available + found.pending - found.debt
        assert sum(net[owner].amount for net in nets.values() if owner in net) == kept - burned
