"""`python -m bench.accruing`: one process that accrues batch after batch, and tells its speed."""

import argparse
import json
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import text

from hub.db.transaction import transaction
from hub.domain.ledger.accruing import accrue
from hub.domain.ledger.drafts import AccrualDraft, EntrySource
from hub.kernel.money import Asset

_OCCURRED_AT = datetime(2026, 5, 1, 7, 35, tzinfo=UTC)
_EXPIRES_AT = datetime.now(UTC).replace(microsecond=0) + timedelta(days=365)
_WARM_UP_BATCHES = 5


def main() -> None:
    """Warm up, wait for the common start, accrue, tell."""
    words = _read_words()
    with transaction() as session:
        owners = [row.id for row in session.execute(text("SELECT id FROM patient"))]
    for _ in range(_WARM_UP_BATCHES):
        _accrue_batch(owners, words.batch)
    time.sleep(max(0.0, words.start_at - time.time()))
    started_at_s = time.perf_counter()
    accrued = 0
    while time.perf_counter() - started_at_s < words.seconds:
        accrued += _accrue_batch(owners, words.batch)
    json.dump({"per_s": accrued / (time.perf_counter() - started_at_s)}, sys.stdout)


def _accrue_batch(owners: list[UUID], size: int) -> int:
    drafts = [_draft(random.choice(owners)) for _ in range(size)]  # noqa: S311  # who is next is no secret
    with transaction() as session:
        return sum(not posted.is_repeat for posted in accrue(session, drafts))


def _draft(owner_id: UUID) -> AccrualDraft:
    key = str(uuid4())
    return AccrualDraft(
        entry_key=f"bench:{key}",
        owner_id=owner_id,
        asset=Asset.CASHBACK,
        amount=10_000,
        occurred_at=_OCCURRED_AT,
        activates_at=None,
        expires_at=_EXPIRES_AT,
        source=EntrySource("visit", "00ЦК-000123", f"visit:{key}"),
        rule_code="base",
        rule_version=1,
        reason="visit",
    )


def _read_words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.accruing", description=__doc__)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--start-at", type=float, required=True, help="seconds since the epoch")
    return parser.parse_args()


if __name__ == "__main__":
    main()
