from datetime import timedelta

import pytest

from hub.db.transaction import transaction
from hub.domain.ledger.kinds import EntryKind
from hub.domain.ledger.queries import balances, list_postings
from hub.kernel import ids
from hub.kernel.errors import CursorInvalidError
from hub.kernel.money import Asset
from tests.domain.ledger.factories import DAY, NOON, accrual, clawback
from tests.domain.ledger.purses import activate, balance, give, history, take

pytestmark = pytest.mark.usefixtures("clean")


def test_unknown_owner_has_zero_of_both_assets() -> None:
    with transaction() as session:
        found = balances(session, ids.new_id())
    assert [asset.asset for asset in found] == [Asset.POINTS, Asset.CASHBACK]
    assert {(asset.available, asset.version, asset.next_boundary_at) for asset in found} == {(0, 0, None)}


def test_overdue_lots_count_as_burned_before_any_sweep() -> None:
    owner = ids.new_id()
    give(
        accrual(owner, 100, expires_at=NOON + DAY),
        accrual(owner, 20, expires_at=NOON + 2 * DAY),
        accrual(owner, 20, expires_at=NOON + 2 * DAY),
        accrual(owner, 3, expires_at=None),
    )
    early, late = balance(owner, NOON + DAY - timedelta(microseconds=1)), balance(owner, NOON + DAY)
    assert (early.available, early.next_boundary_at) == (143, NOON + DAY)
    assert (late.available, late.next_boundary_at) == (43, NOON + 2 * DAY)
    assert ([part.amount for part in late.expiring], late.non_expiring) == ([40], 3)
    assert early.version == late.version == 4


def test_touching_an_account_burns_what_is_overdue_without_changing_the_balance() -> None:
    owner = ids.new_id()
    give(accrual(owner, 100, expires_at=NOON + DAY), accrual(owner, 50))
    before = balance(owner, NOON + DAY).available
    give(accrual(owner, 7), at=NOON + DAY)
    assert (before, balance(owner, NOON + DAY).available) == (50, 57)
    rows = [(row.kind, row.amount, row.balance_after) for row in history(owner)[:2]]
    assert rows == [(EntryKind.ACCRUAL, 7, 57), (EntryKind.EXPIRY, -100, 50)]


def test_history_shows_active_postings_and_what_is_still_pending() -> None:
    owner = ids.new_id()
    give(accrual(owner, 100))
    give(accrual(owner, 900, document="v2", activates_at=NOON + DAY, expires_at=NOON + 9 * DAY))
    take(clawback(owner, 200, document="v2"))
    pending, active = history(owner)
    assert (pending.amount, pending.is_pending, pending.balance_after) == (700, True, None)
    assert (pending.kind, pending.expires_at) == (EntryKind.ACCRUAL, NOON + 9 * DAY)
    assert (active.amount, active.is_pending, active.balance_after) == (100, False, 100)
    activate(NOON + DAY)
    assert [(row.kind, row.amount) for row in history(owner)] == [
        (EntryKind.ACTIVATION, 700),
        (EntryKind.ACCRUAL, 100),
    ]


def test_history_pages_meet_without_gap_or_overlap() -> None:
    owner = ids.new_id()
    for number in range(1, 8):
        asset = Asset.POINTS if number % 2 else Asset.CASHBACK
        give(accrual(owner, number, asset=asset, activates_at=NOON + DAY if number % 3 == 0 else None))
    amounts, cursor, pages = [], None, 0
    with transaction() as session:
        while pages == 0 or cursor:
            page = list_postings(
                session, owner, asset=None, kind=None, from_at=None, to_at=None, cursor=cursor, limit=3
            )
            amounts += [row.amount for row in page.items]
            cursor, pages = page.next_cursor, pages + 1
    assert (amounts, pages) == ([7, 6, 5, 4, 3, 2, 1], 3)


def test_history_is_filtered_by_asset_kind_and_posting_day() -> None:
    owner = ids.new_id()
    give(accrual(owner, 1, asset=Asset.POINTS), accrual(owner, 2))
    give(accrual(owner, 3), at=NOON + DAY)
    take(clawback(owner, 1), at=NOON + 2 * DAY)

    def amounts(**chosen: object) -> list[int]:
        every = {"asset": None, "kind": None, "from_at": None, "to_at": None, "cursor": None, "limit": 50}
        with transaction() as session:
            return [row.amount for row in list_postings(session, owner, **(every | chosen)).items]  # type: ignore[arg-type]

    assert amounts(asset=Asset.POINTS) == [1]
    assert amounts(kind="clawback") == [-1]
    assert amounts(from_at=NOON + DAY, to_at=NOON + 2 * DAY) == [3]
    assert amounts(from_at=NOON + DAY) == [-1, 3]
    assert amounts(kind="unheard-of") == []


def test_foreign_cursor_is_refused() -> None:
    with transaction() as session, pytest.raises(CursorInvalidError):
        list_postings(
            session, ids.new_id(), asset=None, kind=None, from_at=None, to_at=None, cursor="bm8", limit=5
        )
