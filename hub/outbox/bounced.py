"""Letters that came back: taken by the server, and then not delivered after all."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.contracts.parties import Destination


def record_bounces(session: Session, destination: Destination, bounces: Sequence[tuple[UUID, str]]) -> int:
    """Note by our key, with its reason, what did not arrive; how many were news."""
    if not bounces:
        return 0
    facts = {
        "destination": destination.value,
        "key": [key for key, _ in bounces],
        "reason": [reason for _, reason in bounces],
    }
    return len(session.execute(_RECORD, facts).all())


# A letter that is on its way again since speaks for itself. Rows are locked in order: visits may overlap.
_RECORD = text("""
WITH told AS (
  SELECT DISTINCT ON (key) key, reason
  FROM unnest(cast(:key AS uuid[]), cast(:reason AS text[])) AS t (key, reason) ORDER BY key),
hit AS MATERIALIZED (
  SELECT d.id, told.reason FROM outbox_delivery d JOIN told ON told.key = d.public_id
  WHERE d.destination = :destination AND d.state = 'delivered' AND d.receipt IS DISTINCT FROM 'failed'
  ORDER BY d.id FOR UPDATE OF d)
UPDATE outbox_delivery d
SET receipt = 'failed', receipt_at = clock_timestamp(), receipt_due_at = NULL, reason = hit.reason
FROM hit WHERE d.id = hit.id
RETURNING d.id
""")
