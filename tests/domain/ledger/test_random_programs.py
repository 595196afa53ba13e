from datetime import datetime
from random import Random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hub.domain.ledger.drafts import AccrualDraft
from hub.domain.ledger.errors import ClawbackExceedsAccrualError
from hub.kernel import ids
from tests.domain.ledger.factories import DAY, NOON, accrual, clawback
from tests.domain.ledger.oracle import OraclePurse
from tests.domain.ledger.purses import activate, balance, give, take, violations

OWNERS = 2
LIMIT = 10_000
owner_numbers = st.integers(0, OWNERS - 1)
documents = st.sampled_from(["a", "b", "c"])
amounts = st.integers(1, 1_000)
days = st.one_of(st.none(), st.integers(0, 12))


class LedgerProgram(RuleBasedStateMachine):
    """Any program of verbs leaves what the oracle says, and every invariant intact."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.owners = [ids.new_id() for _ in range(OWNERS)]
        self.oracles = [OraclePurse() for _ in range(OWNERS)]
        self.given: list[AccrualDraft] = []
        self.prefix = str(self.owners[0])

    @rule(plans=st.lists(st.tuples(owner_numbers, documents, amounts, days, days), min_size=1, max_size=4))
    def accrue(self, plans: list[tuple[int, str, int, int | None, int | None]]) -> None:
        drafts = [
            accrual(
                self.owners[owner],
                amount,
                document=f"{self.prefix}:{document}",
                activates_at=self.after(activates),
                expires_at=self.after(expires),
            )
            for owner, document, amount, activates, expires in plans
        ]
        give(*drafts, at=self.now)
        # A batch sweeps before it posts: the oracle burns for the whole batch first.
        for draft in drafts:
            if draft.activates_at is None or draft.activates_at <= self.now:
                self.oracle(draft).burn(self.now)
        for draft in drafts:
            self.oracle(draft).accrue(draft, self.now)
        self.given += drafts

    @precondition(lambda self: self.given)
    @rule(pick=st.randoms(use_true_random=False))
    def accrue_again(self, pick: Random) -> None:
        assert give(pick.choice(self.given), at=self.now)[0].is_repeat

    @rule(owner=owner_numbers, document=documents, amount=amounts)
    def claw_back(self, owner: int, document: str, amount: int) -> None:
        draft = clawback(self.owners[owner], amount, document=f"{self.prefix}:{document}")
        is_possible = self.oracles[owner].claw_back(draft, self.now)
        if is_possible:
            take(draft, at=self.now)
        else:
            with pytest.raises(ClawbackExceedsAccrualError):
                take(draft, at=self.now)

    @rule()
    def activate(self) -> None:
        activate(self.now, LIMIT)
        for oracle in self.oracles:
            oracle.activate(self.now)

    @rule(passed=st.integers(1, 6))
    def wait(self, passed: int) -> None:
        self.now += passed * DAY

    @invariant()
    def balances_agree(self) -> None:
        for owner_id, oracle in zip(self.owners, self.oracles, strict=True):
            found = balance(owner_id, self.now)
            assert (found.available, found.pending, found.debt) == (
                oracle.available(self.now),
                oracle.pending,
                oracle.debt,
            )
            assert {part.expires_at: part.amount for part in found.expiring} == oracle.expiring(self.now)
            assert sum(part.amount for part in found.expiring) + found.non_expiring == found.available

    def teardown(self) -> None:
        assert violations() == []

    def after(self, passed: int | None) -> datetime | None:
        return None if passed is None else self.now + passed * DAY

    def oracle(self, draft: AccrualDraft) -> OraclePurse:
        return self.oracles[self.owners.index(draft.owner_id)]


@pytest.mark.usefixtures("clean")
def test_any_program_agrees_with_the_oracle() -> None:
    chosen = settings(
        max_examples=40,
        stateful_step_count=30,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(LedgerProgram, settings=chosen)
