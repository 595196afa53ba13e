from concurrent.futures import ThreadPoolExecutor

import pytest

from hub.domain.ledger.kinds import EntryKind
from hub.kernel import ids
from tests.domain.ledger.factories import DAY, NOON, accrual, clawback
from tests.domain.ledger.purses import Purse, activate, balance, give, history, purse, take, violations

pytestmark = pytest.mark.usefixtures("clean")


def test_due_accrual_becomes_a_lot_with_its_own_expiry() -> None:
    owner = ids.new_id()
    give(accrual(owner, 800, activates_at=NOON + DAY, expires_at=NOON + 30 * DAY))
    assert activate(NOON + DAY) == 1
    found = balance(owner, NOON + DAY)
    assert [(part.amount, part.expires_at) for part in found.expiring] == [(800, NOON + 30 * DAY)]
    assert purse(owner, NOON + DAY) == Purse(available=800)
    (row,) = history(owner)
    assert (row.kind, row.amount, row.document_number) == (EntryKind.ACTIVATION, 800, "000123")
    assert violations() == []


def test_accrual_that_is_not_due_stays_pending() -> None:
    owner = ids.new_id()
    give(accrual(owner, 800, activates_at=NOON + 2 * DAY))
    assert activate(NOON + DAY) == 0
    assert purse(owner) == Purse(pending=800)


def test_activation_repeated_has_no_effect() -> None:
    owner = ids.new_id()
    give(accrual(owner, 800, activates_at=NOON + DAY))
    assert [activate(NOON + DAY), activate(NOON + DAY)] == [1, 0]
    assert purse(owner) == Purse(available=800)


def test_activation_takes_the_earliest_due_up_to_its_limit() -> None:
    owner = ids.new_id()
    give(accrual(owner, 1, activates_at=NOON + 3 * DAY), accrual(owner, 10, activates_at=NOON + 2 * DAY))
    assert activate(NOON + 5 * DAY, limit=1) == 1
    assert purse(owner) == Purse(available=10, pending=1)


def test_activation_passes_over_what_was_clawed_back() -> None:
    owner = ids.new_id()
    give(
        accrual(owner, 800, activates_at=NOON + DAY),
        accrual(owner, 5, document="v2", activates_at=NOON + DAY),
    )
    take(clawback(owner, 800))
    assert activate(NOON + DAY) == 1
    assert purse(owner) == Purse(available=5)
    assert violations() == []


def test_activation_repays_debt_first() -> None:
    owner = ids.new_id()
    late = NOON + 3 * DAY
    give(accrual(owner, 500, expires_at=NOON + DAY), accrual(owner, 800, document="v2", activates_at=late))
    take(clawback(owner, 500), at=NOON + 2 * DAY)
    assert purse(owner, late) == Purse(pending=800, debt=500)
    activate(late)
    assert purse(owner, late) == Purse(available=300)
    assert violations() == []


def test_concurrent_activations_turn_each_part_once() -> None:
    owners = [ids.new_id() for _ in range(10)]
    give(*(accrual(owner, 100, activates_at=NOON + DAY) for owner in owners for _ in range(10)))
    with ThreadPoolExecutor(6) as pool:
        turned = list(pool.map(lambda _: activate(NOON + DAY, limit=40), range(18)))
    assert sum(turned) == 100
    assert {purse(owner) for owner in owners} == {Purse(available=1_000)}
    assert violations() == []
