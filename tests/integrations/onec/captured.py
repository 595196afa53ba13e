"""Captured-style bodies (`fixtures/event__case.*`) and the calls that every test here makes."""

import json
from dataclasses import asdict, fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hub.contracts.facts import Fact, PatientSnapshot, VisitRefunded, VisitSnapshot
from hub.integrations.onec.document_event import Arrival
from hub.integrations.onec.envelope import Envelope, read_envelopes
from hub.integrations.onec.errors import BatchTooLargeError, FactInvalidError, UnparsableError, XmlUnsafeError
from hub.integrations.onec.mapper import to_fact

ARRIVED_AT = datetime(2026, 5, 3, 8, tzinfo=UTC)
FIXTURES = Path(__file__).parent / "fixtures"
EXPECTED = ".expected.json"


def body(name: str) -> bytes:
    return (FIXTURES / name).read_bytes()


def fixtures(event: str = "") -> list[str]:
    """Names of all bodies, or of those of one event."""
    names = sorted(path.name for path in FIXTURES.iterdir() if not path.name.endswith(EXPECTED))
    return [name for name in names if name.startswith(event)]


def expected(name: str) -> Any:
    """What is to become of a body."""
    return json.loads((FIXTURES / f"{name}{EXPECTED}").read_bytes())


def sample(name: str = "visit_completed__sample.json") -> dict[str, Any]:
    """A captured JSON event as Python values, for a test to spoil."""
    parsed: dict[str, Any] = json.loads(body(name))
    return parsed


OF_THE_ROW = {"numbering", "inbox_id"}
"""What the row adds to a stamp, not the body: spellings of one fact may differ in it."""


def understood(raw: bytes, content_type: str | None = None) -> Fact:
    """The whole way of a single event: through the door and the worker."""
    (envelope,) = read_envelopes(raw, content_type).items
    return mapped_here(envelope)


def mapped_here(envelope: Envelope) -> Fact:
    """What the worker makes of an envelope; the events of these tests arrived when ARRIVED_AT says."""
    return to_fact(
        envelope.content,
        envelope.format,
        Arrival(infobase="umc_corp", zone="Europe/Moscow", received_at=ARRIVED_AT),
    )


def written(event: object) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode()


def mapped(event: object) -> Fact:
    return understood(written(event))


def visit(raw: bytes) -> VisitSnapshot:
    fact = understood(raw)
    assert isinstance(fact, VisitSnapshot)
    return fact


def refund(raw: bytes) -> VisitRefunded:
    fact = understood(raw)
    assert isinstance(fact, VisitRefunded)
    return fact


def patient(raw: bytes) -> PatientSnapshot:
    fact = understood(raw)
    assert isinstance(fact, PatientSnapshot)
    return fact


def outcome(raw: bytes, content_type: str | None = None) -> dict[str, Any]:
    """What the door and the worker make of a body, in the words of the expected files."""
    try:
        batch = read_envelopes(raw, content_type)
    except (UnparsableError, XmlUnsafeError, BatchTooLargeError) as error:
        return {"refused": error.code, **error.facts}
    events = [_event_outcome(envelope) for envelope in batch.items]
    return {"is_array": True, "events": events} if batch.is_array else events[0]


def _event_outcome(envelope: Envelope) -> dict[str, Any]:
    counts = {name: count for name, count in asdict(envelope.dropped).items() if count}
    dropped = {"dropped": counts} if counts else {}
    try:
        fact = mapped_here(envelope)
    except FactInvalidError as error:
        return {"buried": error.rule, "pointer": error.pointer} | dropped
    return {type(fact).__name__: _told(fact)} | dropped


def _told(value: object) -> Any:
    if is_dataclass(value):
        names = [field.name for field in fields(value) if field.name not in OF_THE_ROW]
        return {name: _told(getattr(value, name)) for name in names}
    if isinstance(value, tuple):
        return [_told(item) for item in value]
    if isinstance(value, bytes):
        return value.hex()
    return value if value is None or isinstance(value, bool | int) else str(value)
