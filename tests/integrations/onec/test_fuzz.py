import json
from contextlib import suppress
from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.integrations.onec.envelope import read_envelopes
from hub.integrations.onec.errors import BatchTooLargeError, FactInvalidError, UnparsableError, XmlUnsafeError
from tests.integrations.onec.captured import body, fixtures, mapped_here, sample, written

BODIES = [body(name) for name in fixtures()]
# The clock is frozen for a whole test, not for an example; that is what we want.
quick = settings(
    max_examples=400,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

ODD = st.one_of(
    st.sampled_from(
        [
            "",
            {},
            [],
            None,
            True,
            0,
            -1,
            1e300,
            "NaN",
            "sNaN",
            "١٢",
            "0001-01-01T00:00:00",
            "24.12.2026 99:00",
            "{}",
            "guid''",
        ]
    ),
    st.text(max_size=30),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.dictionaries(st.sampled_from(["УИД", "ref", "no", "Работа"]), st.text(max_size=5), max_size=2),
    st.lists(st.sampled_from(["", {}, "x", {"no": 1}]), max_size=3),
)


@quick
@given(st.binary(max_size=200), st.one_of(st.none(), st.text(max_size=40)))
def test_random_bytes_raise_only_the_named_errors(raw: bytes, content_type: str | None) -> None:
    read_all_the_way(raw, content_type)


@quick
@given(st.sampled_from(BODIES), st.integers(min_value=0), st.integers(0, 20), st.binary(max_size=8))
def test_damaged_bodies_raise_only_the_named_errors(raw: bytes, place: int, cut: int, put: bytes) -> None:
    at = place % (len(raw) + 1)
    read_all_the_way(raw[:at] + put + raw[at + cut :], None)


@quick
@given(
    st.sampled_from(
        ["visit_completed__sample.json", "visit_refunded__sample.json", "patient_upserted__sample.json"]
    ),
    st.sampled_from(["visit.completed", "visit.cancelled", "visit.refunded", "patient.upserted"]),
    st.data(),
)
def test_odd_values_in_any_field_raise_only_the_named_errors(
    name: str, event_type: str, data: st.DataObject
) -> None:
    event = sample(name) | {"event_type": event_type}
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(list(places(event))))
        holder, key = place
        holder[key] = deepcopy(data.draw(ODD))  # the next round may write into it
    with suppress(UnicodeEncodeError):
        read_all_the_way(written(event), None)
    read_all_the_way(json.dumps(event).encode(), None)


def places(node: Any) -> list[tuple[Any, Any]]:
    keys = list(node) if isinstance(node, dict) else list(range(len(node))) if isinstance(node, list) else []
    return [(node, key) for key in keys] + [place for key in keys for place in places(node[key])]


def read_all_the_way(raw: bytes, content_type: str | None) -> None:
    try:
        batch = read_envelopes(raw, content_type)
    except (UnparsableError, XmlUnsafeError, BatchTooLargeError):
        return
    for envelope in batch.items:
        labels = (envelope.topic, envelope.infobase, envelope.event_id, envelope.ref, envelope.document_ref)
        assert "\0" not in "".join(labels).encode().decode()
        # What passed the door is parsable for the worker; only its meaning may be refused.
        with suppress(FactInvalidError):
            mapped_here(envelope)
