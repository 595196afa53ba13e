"""Receiving: many events in one transaction, each known again by its dedup key.

Invariant: one row per (source, dedup_key), whoever repeats it and however often; a receipt is
given out only after its row has been committed.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.contracts.parties import Source
from hub.inbox import sequences
from hub.inbox.models import InboxState
from hub.kernel.ids import new_id
from hub.kernel.settings import vault


@dataclass(frozen=True, slots=True)
class Arrival:
    """One event as the door read it. `content` is kept sealed; `bury_reason` = dead on arrival."""

    source: Source
    sender: str
    topic: str
    queue: str
    event_id: str
    object_ref: str
    ordering_key: str | None
    node: str
    message_no: int | None
    format: str
    content: bytes = field(repr=False)
    sha256: bytes
    correlation_id: str
    bury_code: str | None = None
    bury_reason: str | None = None

    @property
    def dedup_key(self) -> bytes:
        """Sender, its event id and the hash of the bytes: an edited resend is another event."""
        return hashlib.sha256(f"{self.sender}\x1f{self.event_id}\x1f".encode() + self.sha256).digest()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the caller learns once the row is safe. `received_no`: highest number without a gap."""

    public_id: UUID
    event_id: str
    is_duplicate: bool
    received_no: int


def receive(session: Session, arrivals: Sequence[Arrival]) -> list[Receipt]:
    """Keep every arrival; a repeated one gets the receipt of its first row. Order is kept."""
    public_ids = {arrival.dedup_key: new_id() for arrival in arrivals}
    fresh = {arrival.dedup_key: arrival for arrival in reversed(arrivals)}
    inserted = _insert_events(session, list(fresh.values()), public_ids)
    _insert_bodies(session, [(inserted[key], public_ids[key], fresh[key]) for key in inserted])
    known = _find_known(session, [arrival for key, arrival in fresh.items() if key not in inserted])
    received_no = sequences.extend(session, _numbers(arrivals))
    receipts = []
    for arrival in arrivals:
        key = arrival.dedup_key
        is_first = key in inserted and fresh.pop(key, None) is not None
        receipts.append(
            Receipt(
                public_id=known.get(key) or public_ids[key],
                event_id=arrival.event_id,
                is_duplicate=not is_first,
                received_no=received_no[arrival.source, arrival.sender, arrival.node],
            )
        )
    return receipts


def _numbers(arrivals: Sequence[Arrival]) -> dict[sequences.Sender, list[int]]:
    """Gather message numbers by sender and node; where there are none, the list is empty."""
    numbers: dict[sequences.Sender, list[int]] = {}
    for arrival in arrivals:
        own = numbers.setdefault((arrival.source, arrival.sender, arrival.node), [])
        if arrival.message_no is not None:
            own.append(arrival.message_no)
    return numbers


def _insert_events(
    session: Session, arrivals: Sequence[Arrival], public_ids: dict[bytes, UUID]
) -> dict[bytes, int]:
    """Insert in dedup order, so that two writers never wait for each other in a ring."""
    arrivals = sorted(arrivals, key=lambda arrival: arrival.dedup_key)
    rows = session.execute(
        _INSERT,
        {
            "public_id": [public_ids[arrival.dedup_key] for arrival in arrivals],
            "source": [arrival.source.value for arrival in arrivals],
            "sender": [arrival.sender for arrival in arrivals],
            "topic": [arrival.topic for arrival in arrivals],
            "queue": [arrival.queue for arrival in arrivals],
            "dedup_key": [arrival.dedup_key for arrival in arrivals],
            "event_id": [arrival.event_id for arrival in arrivals],
            "object_ref": [arrival.object_ref for arrival in arrivals],
            "ordering_key": [arrival.ordering_key for arrival in arrivals],
            "message_no": [arrival.message_no for arrival in arrivals],
            "state": [_first_state(arrival) for arrival in arrivals],
            "reason_code": [arrival.bury_code for arrival in arrivals],
            "reason": [arrival.bury_reason for arrival in arrivals],
            "correlation_id": [arrival.correlation_id for arrival in arrivals],
        },
    )
    return {row.dedup_key: row.id for row in rows}


def _insert_bodies(session: Session, rows: Sequence[tuple[int, UUID, Arrival]]) -> None:
    if rows:
        session.execute(
            _INSERT_BODIES,
            {
                "event_id": [event_id for event_id, _, _ in rows],
                "format": [arrival.format for _, _, arrival in rows],
                "sha256": [arrival.sha256 for _, _, arrival in rows],
                "sealed": [
                    vault().seal(arrival.content, context=body_context(public_id))
                    for _, public_id, arrival in rows
                ],
            },
        )


def _find_known(session: Session, arrivals: Sequence[Arrival]) -> dict[bytes, UUID]:
    if not arrivals:
        return {}
    rows = session.execute(
        _FIND_KNOWN,
        {
            "source": [arrival.source.value for arrival in arrivals],
            "dedup_key": [arrival.dedup_key for arrival in arrivals],
        },
    )
    return {row.dedup_key: row.public_id for row in rows}


def body_context(public_id: UUID) -> str:
    """Bind a sealed body to its row."""
    return f"inbox_body:{public_id}"


def _first_state(arrival: Arrival) -> str:
    return InboxState.BURIED if arrival.bury_code else InboxState.READY


_INSERT = text("""
INSERT INTO inbox_event (public_id, source, sender, topic, queue, dedup_key, event_id, object_ref,
                         ordering_key, message_no, state, reason_code, reason, correlation_id, finished_at)
SELECT a.*, CASE WHEN a.state = 'buried' THEN now() END
FROM unnest(cast(:public_id AS uuid[]), cast(:source AS text[]), cast(:sender AS text[]),
            cast(:topic AS text[]), cast(:queue AS text[]), cast(:dedup_key AS bytea[]),
            cast(:event_id AS text[]), cast(:object_ref AS text[]), cast(:ordering_key AS text[]),
            cast(:message_no AS bigint[]), cast(:state AS text[]), cast(:reason_code AS text[]),
            cast(:reason AS text[]), cast(:correlation_id AS text[]))
  AS a (public_id, source, sender, topic, queue, dedup_key, event_id, object_ref, ordering_key,
        message_no, state, reason_code, reason, correlation_id)
ON CONFLICT (source, dedup_key) DO NOTHING
RETURNING id, dedup_key
""")
_INSERT_BODIES = text("""
INSERT INTO inbox_body (event_id, format, sha256, sealed)
SELECT * FROM unnest(cast(:event_id AS bigint[]), cast(:format AS text[]),
                     cast(:sha256 AS bytea[]), cast(:sealed AS bytea[]))
""")
_FIND_KNOWN = text("""
SELECT e.dedup_key, e.public_id
FROM unnest(cast(:source AS text[]), cast(:dedup_key AS bytea[])) AS k (source, dedup_key)
JOIN inbox_event e ON e.source = k.source AND e.dedup_key = k.dedup_key
""")
