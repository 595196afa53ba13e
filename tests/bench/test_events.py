from collections import Counter

from bench.events import patient_refs, visits
from hub.contracts.facts import VisitSnapshot
from hub.flows.onec_intake import read_arrivals
from hub.integrations.onec.document_event import Arrival
from hub.integrations.onec.mapper import to_fact
from hub.kernel import clock
from tools.seed import INFOBASE

BODIES = visits(200, first_no=1, patients=patient_refs())
PATIENTS = frozenset(patient_refs())


def test_every_body_is_a_live_visit_whose_total_is_what_was_paid() -> None:
    for body in BODIES:
        [arrival] = read_arrivals(
            body.content, body.content_type, infobase=INFOBASE, correlation_id="bench-test"
        ).arrivals
        assert arrival.event_id == body.event_id
        fact = to_fact(
            arrival.content,
            "xml" if arrival.format == "xml" else "json",
            Arrival(infobase=INFOBASE, zone="Europe/Moscow", received_at=clock.now()),
        )
        assert isinstance(fact, VisitSnapshot)
        assert fact.stamp.is_live
        assert fact.patient_ref in PATIENTS
        assert len(fact.lines) == 2
        assert sum(line.amount_kopecks for line in fact.lines) == sum(
            paid.amount_kopecks for paid in fact.payments
        )
        assert not fact.warnings


def test_every_body_is_another_event_of_another_document() -> None:
    arrivals = [
        arrival
        for body in BODIES
        for arrival in read_arrivals(
            body.content, body.content_type, infobase=INFOBASE, correlation_id="bench-test"
        ).arrivals
    ]
    assert len({arrival.dedup_key for arrival in arrivals}) == len(BODIES)
    assert len({arrival.ordering_key for arrival in arrivals}) == len(BODIES)
    assert sorted(arrival.message_no or 0 for arrival in arrivals) == list(range(1, len(BODIES) + 1))


def test_most_bodies_are_json_and_each_dialect_is_there() -> None:
    kinds = Counter(
        (
            body.content_type.partition(";")[0],
            b"windows-1251" in body.content[:60] or not _is_utf8(body.content),
        )
        for body in BODIES
    )
    assert kinds == {
        ("application/json", False): 170,
        ("application/json", True): 10,
        ("application/xml", False): 10,
        ("application/xml", True): 10,
    }


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
