from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from hub.db.transaction import transaction
from hub.domain.ledger.accounts import lock_accounts
from hub.domain.ledger.accruing import accrue
from hub.domain.ledger.clawing_back import claw_back
from hub.domain.ledger.drafts import ClawbackDraft, PostedEntry
from hub.domain.ledger.errors import (
    ClawbackExceedsAccrualError,
    DraftAmountInvalidError,
    EntryKeyReusedError,
)
from hub.domain.ledger.kinds import EntryKind
from hub.domain.ledger.queries import NetAccrual, net_accrued
from hub.kernel import clock, ids
from hub.kernel.money import Asset
from tests.domain.ledger.factories import DAY, NOON, accrual, clawback
from tests.domain.ledger.purses import Purse, activate, balance, give, history, purse, take, violations

pytestmark = pytest.mark.usefixtures("clean")


def test_clawback_takes_what_is_pending_before_what_is_spendable() -> None:
    owner = ids.new_id()
    give(accrual(owner, 400), accrual(owner, 600, activates_at=NOON + DAY))
    (posted,) = take(clawback(owner, 700))
    assert (posted.kind, posted.amount, posted.is_repeat) == (EntryKind.CLAWBACK, -700, False)
    assert purse(owner) == Purse(available=300)
    assert violations() == []


def test_clawback_takes_the_latest_pending_part_first() -> None:
    owner = ids.new_id()
    give(accrual(owner, 400, activates_at=NOON + DAY), accrual(owner, 100, activates_at=NOON + 2 * DAY))
    take(clawback(owner, 150))
    assert activate(NOON + DAY) == 1
    assert purse(owner) == Purse(available=350)
    assert activate(NOON + 2 * DAY) == 0


def test_clawback_takes_the_documents_own_lot_before_sooner_burning_ones() -> None:
    owner = ids.new_id()
    give(
        accrual(owner, 500, document="other", expires_at=NOON + DAY),
        accrual(owner, 500, expires_at=NOON + 9 * DAY),
    )
    take(clawback(owner, 200))
    assert [part.amount for part in balance(owner).expiring] == [500, 300]


def test_clawback_finds_the_lot_that_an_activation_made() -> None:
    owner = ids.new_id()
    give(
        accrual(owner, 500, document="other", expires_at=NOON + 2 * DAY),
        accrual(owner, 500, activates_at=NOON + DAY, expires_at=None),
    )
    activate(NOON + DAY)
    take(clawback(owner, 500), at=NOON + DAY)
    found = balance(owner, NOON + DAY)
    assert ([part.amount for part in found.expiring], found.non_expiring) == ([500], 0)


def test_clawback_of_what_has_burned_takes_other_lots_by_expiry_then_becomes_debt() -> None:
    owner = ids.new_id()
    late = NOON + 5 * DAY
    give(
        accrual(owner, 1_000, expires_at=NOON + DAY),
        accrual(owner, 200, document="never", expires_at=None),
        accrual(owner, 300, document="later", expires_at=NOON + 9 * DAY),
    )
    take(clawback(owner, 350), at=late)
    assert (balance(owner, late).expiring, balance(owner, late).non_expiring) == ((), 150)
    take(clawback(owner, 650), at=late)
    assert purse(owner, late) == Purse(debt=500)
    assert violations() == []


def test_clawback_never_exceeds_what_the_document_still_has() -> None:
    owner = ids.new_id()
    give(accrual(owner, 1_000), accrual(owner, 9_000, document="other"))
    take(clawback(owner, 600))
    with pytest.raises(ClawbackExceedsAccrualError) as refusal:
        take(clawback(owner, 401))
    assert refusal.value.facts == {"requested": 401, "accrued": 400}
    with pytest.raises(ClawbackExceedsAccrualError):
        take(clawback(owner, 300), clawback(owner, 101))
    assert purse(owner) == Purse(available=9_400)


def test_clawback_of_anothers_document_or_asset_is_refused() -> None:
    owner, stranger = ids.new_id(), ids.new_id()
    give(accrual(owner, 1_000), accrual(stranger, 1_000, document="visit-2"))
    with pytest.raises(ClawbackExceedsAccrualError):
        take(clawback(stranger, 1))
    with pytest.raises(ClawbackExceedsAccrualError):
        take(clawback(owner, 1, asset=Asset.POINTS))
    with pytest.raises(DraftAmountInvalidError):
        take(clawback(owner, 0))


def test_repeated_clawback_has_no_effect() -> None:
    owner = ids.new_id()
    give(accrual(owner, 1_000))
    draft = clawback(owner, 1_000)
    first, twin = take(draft, draft)
    (again,) = take(draft, at=NOON + DAY)
    assert (first.is_repeat, twin.is_repeat, again.is_repeat) == (False, True, True)
    assert {twin.entry_id, again.entry_id} == {first.entry_id}
    assert purse(owner) == Purse()
    with pytest.raises(EntryKeyReusedError):
        take(clawback(owner, 1, key=draft.entry_key))


def test_clawback_names_the_latest_accrual_it_reverses() -> None:
    owner = ids.new_id()
    give(accrual(owner, 100))
    (latest,) = give(accrual(owner, 50))
    take(clawback(owner, 150))
    newest = history(owner)[0]
    assert (newest.kind, newest.amount, newest.reverses) == (EntryKind.CLAWBACK, -150, latest.entry_id)


def test_net_accrued_follows_a_document_from_owner_to_owner() -> None:
    first, second = ids.new_id(), ids.new_id()
    give(accrual(first, 100, activates_at=NOON + DAY), accrual(first, 7, document="other"))
    take(clawback(first, 100))
    give(accrual(second, 80))
    with transaction() as session:
        nets = net_accrued(session, ["visit-1", "other", "unknown"], asset=Asset.CASHBACK)
    assert nets == {
        "visit-1": {second: NetAccrual(80, earned_at=NOON)},
        "other": {first: NetAccrual(7, earned_at=NOON)},
    }


def test_of_two_clawbacks_of_the_whole_one_wins() -> None:
    for _ in range(5):
        owner = ids.new_id()
        give(accrual(owner, 1_000))
        together = Barrier(2)

        def race(draft: ClawbackDraft, together: Barrier = together) -> PostedEntry | None:
            together.wait()
            try:
                return take(draft)[0]
            except ClawbackExceedsAccrualError:
                return None

        with ThreadPoolExecutor(2) as pool:
            posted = list(pool.map(race, [clawback(owner, 1_000), clawback(owner, 1_000)]))
        assert sum(entry is not None for entry in posted) == 1
        assert purse(owner) == Purse()
    assert violations() == []


def test_verbs_of_one_transaction_share_the_accounts_it_locked() -> None:
    owner, other = ids.new_id(), ids.new_id()
    give(accrual(owner, 400))
    with transaction() as session, clock.frozen(NOON):
        accounts = lock_accounts(session, [(owner, Asset.CASHBACK), (other, Asset.CASHBACK)])
        claw_back(session, [clawback(owner, 300)], accounts=accounts)
        accrue(session, [accrual(owner, 50), accrual(other, 70)], accounts=accounts)
    assert (purse(owner), purse(other)) == (Purse(available=150), Purse(available=70))
    assert [row.balance_after for row in history(owner)] == [150, 100, 400]
    assert violations() == []
