"""Captured-style bodies (`fixtures/event__case.*`) and the calls that every test here makes."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hub.contracts.facts import Fact, PatientSnapshot, VisitRefunded, VisitSnapshot
from hub.integrations.onec.envelope import Envelope, read_envelopes
from hub.integrations.onec.mapper import to_fact

ARRIVED_AT = datetime(2026, 5, 3, 8, tzinfo=UTC)
FIXTURES = Path(__file__).parent / "fixtures"


def body(name: str) -> bytes:
    return (FIXTURES / name).read_bytes()


def sample(name: str = "visit_completed__sample.json") -> dict[str, Any]:
    """A captured JSON event as Python values, for a test to spoil."""
    parsed: dict[str, Any] = json.loads(body(name))
    return parsed


def understood(raw: bytes, content_type: str | None = None) -> Fact:
    """The whole way of a single event: through the door and the worker."""
    (envelope,) = read_envelopes(raw, content_type).items
    return mapped_here(envelope)


def mapped_here(envelope: Envelope) -> Fact:
    """What the worker makes of an envelope; the events of these tests arrived when ARRIVED_AT says."""
    return to_fact(
        envelope.content,
        envelope.format,
        infobase="umc_corp",
        zone="Europe/Moscow",
        received_at=ARRIVED_AT,
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
