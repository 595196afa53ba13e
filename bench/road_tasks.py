"""Yardsticks of the road, on the hub's own Celery app and settings: `celery -A bench.road_tasks worker`.

`bench.nothing` does nothing. `bench.handle_one` does for one event, in one transaction, what a drain does
for a hundred. `bench.note_delay` writes down how late it began. Queue `slow`: nobody else listens there.
"""

import os
import time
from functools import cache

import redis
from sqlalchemy import text

from hub.db.transaction import transaction
from hub.flows.handling import handle
from hub.inbox.claims import Claimed, settle
from hub.inbox.store import body_context
from hub.kernel.ids import new_id
from hub.kernel.settings import settings, vault
from workers.app import app

NOTHING, HANDLE_ONE, NOTE_DELAY = "bench.nothing", "bench.handle_one", "bench.note_delay"
DELAYS_KEY = "bench-delays"
TUNED = "BENCH_TUNED"
"""Set in a worker's environment: a no-op worker without events, hoarding 16 messages a child."""
_CLAIM_ONE = text("""
UPDATE inbox_event i
SET state = 'running', attempts = attempts + 1, claim_id = :claim,
    leased_until = clock_timestamp() + interval '30 seconds'
FROM inbox_body b
WHERE i.id = :id AND i.state = 'ready' AND b.event_id = i.id
RETURNING i.id, i.public_id, i.source, i.sender, i.topic, i.ordering_key, i.attempts, i.correlation_id,
          i.received_at, b.format, b.sealed
""")
if os.environ.get(TUNED):
    app.conf.update(worker_send_task_events=False, worker_prefetch_multiplier=16)


@app.task(name=NOTHING)
def do_nothing() -> None:
    """Cost what Celery costs."""


@app.task(name=HANDLE_ONE)
def handle_one(event_id: int) -> None:
    """Claim this event, tell its story, settle it: one commit."""
    claim_id = new_id()
    with transaction() as session:
        row = session.execute(_CLAIM_ONE, {"id": event_id, "claim": claim_id}).one_or_none()
        if row is None:
            return
        columns = {name: value for name, value in row._mapping.items() if name != "sealed"}  # noqa: SLF001  # SQLAlchemy's public name
        content = vault().open(row.sealed, context=body_context(row.public_id))
        settle(session, claim_id, handle(session, [Claimed(content=content, **columns)]))


@app.task(name=NOTE_DELAY)
def note_delay(sent_at_s: float) -> None:
    """Note the milliseconds since the message was sent."""
    delay_ms = (time.time() - sent_at_s) * 1000
    _broker().rpush(DELAYS_KEY, delay_ms)


@cache
def _broker() -> redis.Redis:
    return redis.Redis.from_url(settings().redis_url.get_secret_value(), socket_timeout=5)
