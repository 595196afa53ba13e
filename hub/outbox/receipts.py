"""Receipts: what a destination says later of messages that it had taken. "Failed" is the last word."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.contracts.messages import Message
from hub.contracts.parties import Destination
from hub.contracts.ports import ToldReceipt
from hub.outbox.claiming import find_message

AWAITED_MAX = 50
ASKED_FOR_DAYS = 3
"""An operator tries for a day at most; what is silent for longer stays "awaited"."""


@dataclass(frozen=True, slots=True)
class AwaitedReceipt:
    """A taken message whose arrival is not known yet."""

    public_id: UUID
    message: Message = field(repr=False)


def claim_awaited(session: Session, destination: Destination) -> list[AwaitedReceipt]:
    """Take receipts that are due to be asked for; each is due again after as long as it is old."""
    facts = {"destination": destination.value, "limit": AWAITED_MAX, "days": ASKED_FOR_DAYS}
    found = [(row.public_id, find_message(row, destination)) for row in session.execute(_CLAIM, facts)]
    return [AwaitedReceipt(public_id, message) for public_id, message in found if message is not None]


def record_receipts(
    session: Session, destination: Destination, told: Sequence[tuple[UUID, ToldReceipt]]
) -> int:
    """Note by our key what did or did not arrive, and why not; how many were news. Repeated: none."""
    if not told:
        return 0
    facts = {
        "destination": destination.value,
        "key": [key for key, _ in told],
        "receipt": ["arrived" if receipt.has_arrived else "failed" for _, receipt in told],
        "reason": [receipt.reason for _, receipt in told],
    }
    return len(session.execute(_RECORD, facts).all())


_CLAIM = text("""
WITH due AS MATERIALIZED (
  SELECT id FROM outbox_delivery
  WHERE destination = :destination AND receipt = 'awaited' AND receipt_due_at <= now()
  ORDER BY receipt_due_at LIMIT :limit FOR UPDATE SKIP LOCKED)
UPDATE outbox_delivery d
SET receipt_due_at = CASE WHEN d.finished_at > now() - make_interval(days => :days)
                          THEN now() + greatest(now() - d.finished_at, interval '1 minute') END
FROM due WHERE d.id = due.id AND d.state = 'delivered'
RETURNING d.public_id, d.sealed
""")
# A message that is on its way again since speaks for itself. Rows are locked in order: tellers may overlap.
_RECORD = text("""
WITH told AS (
  SELECT DISTINCT ON (key) key, receipt, reason
  FROM unnest(cast(:key AS uuid[]), cast(:receipt AS text[]), cast(:reason AS text[]))
    AS t (key, receipt, reason)
  ORDER BY key, receipt DESC),
hit AS MATERIALIZED (
  SELECT d.id, told.receipt, told.reason FROM outbox_delivery d JOIN told ON told.key = d.public_id
  WHERE d.destination = :destination AND d.state = 'delivered'
    AND d.receipt IS DISTINCT FROM 'failed' AND d.receipt IS DISTINCT FROM told.receipt
  ORDER BY d.id FOR UPDATE OF d)
UPDATE outbox_delivery d
SET receipt = hit.receipt, receipt_at = clock_timestamp(), receipt_due_at = NULL,
    reason = CASE WHEN hit.receipt = 'failed' THEN hit.reason ELSE d.reason END
FROM hit WHERE d.id = hit.id
RETURNING d.id
""")
