from concurrent.futures import ThreadPoolExecutor

import pytest

from hub.domain.ledger.errors import DraftAmountInvalidError, EntryKeyReusedError
from hub.domain.ledger.kinds import EntryKind
from hub.kernel import ids
from hub.kernel.money import Asset
from tests.domain.ledger.factories import DAY, NOON, accrual, clawback
from tests.domain.ledger.purses import Purse, balance, give, history, purse, take, violations

pytestmark = pytest.mark.usefixtures("clean")


def test_accrual_without_a_day_is_spendable_at_once() -> None:
    owner = ids.new_id()
    (posted,) = give(accrual(owner, 10_050))
    assert (posted.kind, posted.owner_id, posted.amount) == (EntryKind.ACCRUAL, owner, 10_050)
    assert not posted.is_repeat
    found = balance(owner)
    assert (found.available, found.pending, found.version) == (10_050, 0, 1)
    assert [(part.amount, part.expires_at) for part in found.expiring] == [(10_050, NOON + 365 * DAY)]
    assert violations() == []


def test_accrual_for_a_later_day_is_pending() -> None:
    owner = ids.new_id()
    give(accrual(owner, 500, activates_at=NOON + DAY), accrual(owner, 300, activates_at=NOON))
    assert purse(owner) == Purse(available=300, pending=500)
    assert violations() == []


def test_accruals_answer_in_the_order_of_the_drafts_and_keep_assets_apart() -> None:
    first, second = ids.new_id(), ids.new_id()
    posted = give(
        accrual(second, 1),
        accrual(first, 2, asset=Asset.POINTS),
        accrual(second, 3),
        accrual(first, 4),
    )
    assert [(entry.owner_id, entry.amount) for entry in posted] == [
        (second, 1),
        (first, 2),
        (second, 3),
        (first, 4),
    ]
    assert purse(second) == Purse(available=4)
    assert purse(first, asset=Asset.POINTS) == Purse(available=2)
    assert purse(first) == Purse(available=4)


@pytest.mark.parametrize("amount", [0, -100, 10**13 + 1])
def test_accrual_of_an_impossible_amount_is_refused(amount: int) -> None:
    owner = ids.new_id()
    with pytest.raises(DraftAmountInvalidError):
        give(accrual(owner, amount))
    assert purse(owner) == Purse()


def test_repeated_accrual_has_no_effect_and_gives_the_first_id() -> None:
    owner = ids.new_id()
    draft = accrual(owner, 700)
    (first,) = give(draft)
    in_batch, twin = give(draft, draft, at=NOON + DAY)
    assert (in_batch.is_repeat, twin.is_repeat) == (True, True)
    assert {in_batch.entry_id, twin.entry_id} == {first.entry_id}
    assert purse(owner) == Purse(available=700)


def test_key_twice_in_one_batch_is_a_repetition() -> None:
    owner = ids.new_id()
    draft = accrual(owner, 700)
    first, second = give(draft, draft)
    assert (first.is_repeat, second.is_repeat) == (False, True)
    assert first.entry_id == second.entry_id
    assert purse(owner) == Purse(available=700)


def test_key_reused_for_other_facts_is_refused_and_undoes_the_batch() -> None:
    owner = ids.new_id()
    give(accrual(owner, 700, key="visit-1:v1"))
    with pytest.raises(EntryKeyReusedError):
        give(accrual(owner, 50), accrual(owner, 701, key="visit-1:v1"))
    assert purse(owner) == Purse(available=700)


def test_key_taken_by_another_owner_is_refused() -> None:
    owner, stranger = ids.new_id(), ids.new_id()
    give(accrual(owner, 700, key="visit-1:v1"))
    with pytest.raises(EntryKeyReusedError):
        give(accrual(stranger, 700, key="visit-1:v1"))
    assert purse(stranger) == Purse()


def test_credit_repays_debt_first_with_a_visible_line() -> None:
    owner = ids.new_id()
    late = NOON + 10 * DAY
    give(accrual(owner, 1_000, expires_at=NOON + DAY))
    take(clawback(owner, 1_000), at=late)
    assert purse(owner, late) == Purse(debt=1_000)
    give(accrual(owner, 300, document="visit-2"), at=late)
    assert purse(owner, late) == Purse(debt=700)
    give(accrual(owner, 900, document="visit-3"), at=late)
    assert purse(owner, late) == Purse(available=200)
    newest = [(row.kind, row.amount, row.balance_after) for row in history(owner)[:2]]
    assert newest == [(EntryKind.DEBT_REPAYMENT, -700, 200), (EntryKind.ACCRUAL, 900, 900)]
    assert violations() == []


def test_hundred_parallel_copies_make_one_accrual() -> None:
    owner = ids.new_id()
    draft = accrual(owner, 700)
    with ThreadPoolExecutor(8) as pool:
        posted = list(pool.map(lambda _: give(draft)[0], range(100)))
    assert sum(not entry.is_repeat for entry in posted) == 1
    assert len({entry.entry_id for entry in posted}) == 1
    assert purse(owner) == Purse(available=700)
    assert violations() == []


def test_batches_that_meet_in_opposite_order_do_not_deadlock() -> None:
    owners = [ids.new_id() for _ in range(20)]

    def give_all(turn: int) -> int:
        ordered = owners if turn % 2 else owners[::-1]
        return len(give(*(accrual(owner, 10) for owner in ordered)))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(give_all, range(24))) == [20] * 24
    assert {purse(owner).available for owner in owners} == {240}
    assert violations() == []
