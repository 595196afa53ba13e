"""Arrivals with everything filled in, and the rows they became."""

import hashlib
import threading
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import psycopg

from hub.contracts.parties import Source
from hub.db.transaction import transaction
from hub.inbox.claims import Claim, Settlement, claim_batch, settle
from hub.inbox.models import InboxState
from hub.inbox.store import Arrival, Receipt, receive
from tests.conftest import Servers

QUEUE = "core"
DONE = InboxState.PROCESSED


def arrival(
    event_id: str = "",
    *,
    content: bytes = b"{}",
    document: str | None = None,
    message_no: int | None = None,
    node: str = "",
    sender: str = "umc_corp",
    topic: str = "visit.completed",
    bury_code: str | None = None,
) -> Arrival:
    return Arrival(
        source=Source.ONEC,
        sender=sender,
        topic=topic,
        queue=QUEUE,
        event_id=event_id or str(uuid.uuid4()),
        object_ref="",
        ordering_key=document,
        node=node,
        message_no=message_no,
        format="json",
        content=content,
        sha256=hashlib.sha256(content).digest(),
        correlation_id="test-correlation",
        bury_code=bury_code,
        bury_reason="line 1, column 1" if bury_code else None,
    )


def keep(*arrivals: Arrival) -> list[Receipt]:
    with transaction() as session:
        return receive(session, arrivals)


def keep_documents(*documents: str | None) -> list[int]:
    """One event per document, in this order; gives row ids."""
    arrivals = [arrival(document=document) for document in documents]
    for one in arrivals:
        keep(one)
    return [row_id(one.event_id) for one in arrivals]


def claim(limit: int = 100, worker: str = "w1") -> Claim:
    with transaction() as session:
        return claim_batch(session, queue=QUEUE, worker=worker, limit=limit)


def claimed_ids(limit: int = 100) -> list[int]:
    return [event.id for event in claim(limit).events]


def end(
    claim: Claim,
    state: InboxState = DONE,
    *,
    delay_s: float = 0,
    waiting_for: str | None = None,
    ids: Sequence[int] | None = None,
) -> None:
    """Settle the claim's events (or those of them)."""
    chosen = [event.id for event in claim.events] if ids is None else ids
    with transaction() as session:
        settle(
            session,
            claim.id,
            [Settlement(event_id, state, delay_s=delay_s, waiting_for=waiting_for) for event_id in chosen],
        )


def rows(
    servers: Servers, query: str = "SELECT * FROM inbox_event ORDER BY id", *values: object
) -> list[dict[str, Any]]:
    """Ask (or change) the database as its superuser."""
    with psycopg.connect(servers.superuser_conninfo, row_factory=psycopg.rows.dict_row) as connection:
        cursor = connection.execute(query.encode(), values or None)
        return cursor.fetchall() if cursor.description else []


def row_id(event_id: str) -> int:
    with transaction() as session:
        found = session.connection().exec_driver_sql(
            "SELECT max(id) FROM inbox_event WHERE event_id = %s", (event_id,)
        )
        return int(found.scalar_one())


def expire_leases(servers: Servers) -> None:
    """What thirty seconds would do."""
    rows(servers, "UPDATE inbox_event SET leased_until = now() - interval '1 s' WHERE state = 'running'")


def make_due(servers: Servers) -> None:
    """What waiting would do."""
    rows(servers, "UPDATE inbox_event SET next_attempt_at = now() - interval '1 s'")


def run_in_threads(*works: Callable[[], object]) -> list[object]:
    """Start all at one moment; give results, or what was raised, in their order."""
    results: list[object] = [None] * len(works)
    start = threading.Barrier(len(works))

    def run(number: int, work: Callable[[], object]) -> None:
        start.wait(10)
        try:
            results[number] = work()
        except BaseException as error:  # noqa: BLE001  # it is a result here
            results[number] = error

    threads = [threading.Thread(target=run, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return results
