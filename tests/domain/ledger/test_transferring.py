"""A purse goes to an heir whole: dates, documents and debts with it."""

from datetime import datetime
from uuid import UUID

import psycopg
import pytest

from hub.db.transaction import transaction
from hub.domain.ledger.accounts import lock_accounts
from hub.domain.ledger.drafts import PostedEntry
from hub.domain.ledger.errors import PurseHeldError, PurseMovedError
from hub.domain.ledger.queries import NetAccrual, net_accrued
from hub.domain.ledger.transferring import TransferDraft, transfer_purses
from hub.kernel import clock, ids
from hub.kernel.money import Asset
from tests.conftest import Servers
from tests.domain.ledger.factories import DAY, NOON, accrual, clawback
from tests.domain.ledger.purses import Purse, activate, balance, give, history, purse, take, violations

pytestmark = pytest.mark.usefixtures("clean")


def transfer(*pairs: tuple[UUID, UUID], at: datetime = NOON) -> dict[UUID, list[PostedEntry]]:
    with clock.frozen(at), transaction() as session:
        return transfer_purses(
            session,
            [
                TransferDraft(
                    owner_id=owner,
                    heir_id=heir,
                    occurred_at=NOON,
                    reason="patients-merged",
                    actor="onec:test",
                )
                for owner, heir in pairs
            ],
        )


def nets(document: str = "visit-1") -> dict[UUID, NetAccrual]:
    with transaction() as session:
        return net_accrued(session, [document], asset=Asset.CASHBACK).get(document, {})


def owe(owner: UUID, amount: int, document: str) -> None:
    """Make a debt: what was given burned before it is taken back."""
    give(accrual(owner, amount, document=document, expires_at=NOON + DAY))
    take(clawback(owner, amount, document=document), at=NOON + 2 * DAY)


def test_lots_keep_their_expiry_and_promises_their_day() -> None:
    old, heir = ids.new_id(), ids.new_id()
    give(
        accrual(old, 100, expires_at=NOON + 5 * DAY),
        accrual(old, 30, expires_at=None, document="visit-2"),
        accrual(old, 7, activates_at=NOON + DAY, expires_at=NOON + 3 * DAY, document="visit-3"),
    )
    moved = transfer((old, heir))
    assert [(entry.amount, entry.owner_id) for entry in moved[old]] == [(100, heir), (30, heir), (7, heir)]
    assert purse(old) == Purse()
    found = balance(heir)
    assert (found.available, found.pending, found.non_expiring) == (130, 7, 30)
    assert {part.expires_at: part.amount for part in found.expiring} == {NOON + 5 * DAY: 100}
    activate(NOON + DAY)
    assert {part.expires_at: part.amount for part in balance(heir, NOON + DAY).expiring} == {
        NOON + 3 * DAY: 7,
        NOON + 5 * DAY: 100,
    }
    assert violations() == []


def test_what_had_burned_already_does_not_come_along() -> None:
    old, heir = ids.new_id(), ids.new_id()
    give(accrual(old, 100, expires_at=NOON + DAY))
    assert transfer((old, heir), at=NOON + 2 * DAY) == {old: []}
    assert purse(heir, NOON) == Purse()
    assert violations() == []


def test_debt_comes_along_and_is_repaid_from_what_the_heir_has() -> None:
    old, heir = ids.new_id(), ids.new_id()
    owe(old, 50, "visit-1")
    give(accrual(heir, 20, document="a", expires_at=None), accrual(heir, 15, document="b"))
    transfer((old, heir), at=NOON + 2 * DAY)
    assert purse(heir, NOON + 2 * DAY) == Purse(debt=15)
    assert purse(old, NOON + 2 * DAY) == Purse()
    assert violations() == []


def test_an_heir_who_owes_pays_with_what_comes() -> None:
    old, heir = ids.new_id(), ids.new_id()
    owe(heir, 50, "visit-1")
    give(accrual(old, 30, document="a"), accrual(old, 40, document="b"))
    transfer((old, heir), at=NOON + 2 * DAY)
    assert purse(heir, NOON + 2 * DAY) == Purse(available=20)
    assert violations() == []


def test_what_a_document_gave_is_taken_back_from_the_heir_its_own_lot_first() -> None:
    old, heir = ids.new_id(), ids.new_id()
    give(accrual(heir, 500, document="other", expires_at=NOON + DAY), accrual(old, 100))
    transfer((old, heir))
    assert nets() == {heir: NetAccrual(100, NOON)}
    take(clawback(heir, 60))
    assert nets() == {heir: NetAccrual(40, NOON)}
    assert {part.expires_at: part.amount for part in balance(heir).expiring}[NOON + DAY] == 500
    assert violations() == []


def test_what_was_taken_back_before_or_burned_is_not_taken_back_again() -> None:
    old, heir = ids.new_id(), ids.new_id()
    owe(old, 50, "visit-1")
    transfer((old, heir), at=NOON + 2 * DAY)
    assert nets() == {}
    assert purse(heir, NOON + 2 * DAY) == Purse(debt=50)


def test_purses_follow_a_chain_of_heirs() -> None:
    first, second, third = ids.new_id(), ids.new_id(), ids.new_id()
    give(accrual(first, 100), accrual(second, 10, document="visit-2"))
    transfer((first, second))
    transfer((second, third))
    assert (purse(first), purse(second), purse(third)) == (Purse(), Purse(), Purse(available=110))
    assert nets() == {third: NetAccrual(100, NOON)}
    assert violations() == []


def test_repeating_a_transfer_moves_nothing() -> None:
    old, heir = ids.new_id(), ids.new_id()
    give(accrual(old, 100))
    transfer((old, heir))
    before = len(history(heir))
    assert transfer((old, heir)) == {old: []}
    assert len(history(heir)) == before


def test_nothing_is_posted_to_a_purse_that_was_taken_over() -> None:
    old, heir = ids.new_id(), ids.new_id()
    transfer((old, heir))
    with pytest.raises(PurseMovedError):
        give(accrual(old, 1))
    with transaction() as session:
        assert lock_accounts(session, [(heir, Asset.CASHBACK)])


def test_a_purse_with_an_open_hold_waits(clean: Servers) -> None:
    old, heir = ids.new_id(), ids.new_id()
    give(accrual(old, 100))
    with psycopg.connect(clean.superuser_conninfo) as connection:
        connection.execute("UPDATE ledger_account SET held = 40 WHERE kind = 'active' AND posted = 100")
    with pytest.raises(PurseHeldError):
        transfer((old, heir))
    assert balance(old).held == 40


def test_the_history_of_both_shows_the_transfer() -> None:
    old, heir = ids.new_id(), ids.new_id()
    give(accrual(old, 100), accrual(old, 7, activates_at=NOON + DAY, document="visit-3"))
    transfer((old, heir))
    assert [(row.kind, row.amount, row.is_pending) for row in history(heir)] == [
        ("transfer", 7, True),
        ("transfer", 100, False),
    ]
    assert [(row.kind, row.amount) for row in history(old)] == [("transfer", -100), ("accrual", 100)]
