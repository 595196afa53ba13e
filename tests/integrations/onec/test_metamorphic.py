"""However it is written, it is the same fact: the law that lets 1C developers write as they can."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.integrations.onec.envelope import read_envelopes
from tests.integrations.onec.captured import visit
from tests.integrations.onec.spelling import Flag, Guid, Money, Number, Text, When, plainly, spell

# The clock is frozen for a whole test, not for an example; that is what we want.
thorough = settings(
    max_examples=150,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
FIRST = datetime(2015, 1, 1)  # noqa: DTZ001  # as 1C writes it: by the wall clock of Moscow
guids = st.uuids(version=4).map(lambda ref: Guid(str(ref)))
amounts = st.one_of(st.integers(0, 10_000_000), st.sampled_from([0, 5, 50, 100, 100_000])).map(Money)
moments = st.integers(0, 4_000 * 24 * 3600).map(lambda s: When(FIRST + timedelta(seconds=s)))
words = st.sampled_from(["", "CONSULT", "REF-8H2KQ", "00ЦК-000123", "а & б < в"]).map(Text)


@st.composite
def visits(draw: Any) -> dict[str, Any]:
    """A visit; some of its optional fields are empty."""
    count = draw(st.integers(0, 3))
    lines = [
        {
            "no": Number(number),
            "service_ref": draw(guids),
            "loyalty_group": draw(words),
            "doctor_ref": draw(st.one_of(guids, st.just(Guid(None)))),
            "qty": Number(draw(st.integers(1, 3))),
            "price": draw(amounts),
            "discount": draw(amounts),
            "points_paid": draw(amounts),
            "amount": draw(amounts),
        }
        for number in range(1, count + 1)
    ]
    kinds = st.sampled_from(["cash", "card", "sbp", "certificate", "insurance"]).map(Text)
    payments = draw(st.lists(st.fixed_dictionaries({"kind": kinds, "amount": amounts}), max_size=3))
    return {
        "event_id": draw(guids),
        "event_type": Text("visit.completed"),
        "occurred_at": draw(st.one_of(moments, st.just(When(None)))),
        "source": {"infobase": Text("umc_corp"), "tz": Text("Europe/Moscow")},
        "exchange": {"message_no": Number(draw(st.integers(1, 10**9)))},
        "object": {
            "object_type": Text("Document.ОказаниеУслуг"),
            "ref": draw(guids),
            "number": draw(words),
            "date": draw(st.one_of(moments, st.just(When(None)))),
            "data_version": draw(words),
            "posted": Flag(draw(st.booleans())),
            "deletion_mark": Flag(draw(st.booleans())),
        },
        "visit": {
            "patient": {"ref": draw(guids)},
            "clinic_ref": draw(guids),
            "completed_at": draw(moments),
            "lines": lines,
            "payments": payments if lines else [],
            "total": draw(amounts) if lines else Money(0),
            "referral_code": draw(words),
        },
    }


@thorough
@given(st.data())
def test_any_spelling_of_a_visit_is_the_same_fact_with_the_same_hash(data: st.DataObject) -> None:
    event = data.draw(visits())
    told = data.draw(spell(event))
    fact = visit(told)
    assert fact == visit(plainly(event))
    (envelope,) = read_envelopes(told, None).items
    assert (envelope.dropped.medical, envelope.dropped.unknown) == (0, 0)
    assert envelope.content == told


@thorough
@given(st.data())
def test_the_label_on_the_envelope_does_not_depend_on_the_spelling(data: st.DataObject) -> None:
    event = data.draw(visits())
    (plain,) = read_envelopes(plainly(event), None).items
    (told,) = read_envelopes(data.draw(spell(event)), None).items
    assert (told.topic, told.infobase, told.object_type) == (plain.topic, plain.infobase, plain.object_type)
    assert (told.ref, told.document_ref) == (plain.ref, plain.document_ref)
    assert (told.event_id, told.message_no) == (plain.event_id, plain.message_no)
