"""Bodies by the hundred through the adapter's doors; `make fuzz` sends a million through all of them."""

import json
from collections.abc import Callable, Generator
from copy import deepcopy
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.kernel import clock
from tests.fuzz import jsontext, xmltext
from tests.fuzz.bodies import drawn, numbered
from tests.fuzz.events import FIXTURES
from tests.fuzz.laws import read_lawfully
from tests.fuzz.trees import places
from tests.fuzz.values import AMOUNTS, DATES, GUIDS, NUMBERS, TEXTS, WORDS

SEED = 20260501
CATALOGUE = {
    "numbers": NUMBERS,
    "amounts": AMOUNTS,
    "dates": DATES,
    "guids": GUIDS,
    "words": WORDS,
    "texts": TEXTS,
}
WHOLE = [
    json.loads((FIXTURES / f"{name}__sample.json").read_bytes())
    for name in ("visit_completed", "visit_refunded", "patient_upserted")
]
ENVELOPE = 8
"""The fields of the event itself are the first that `places` lists."""
quick = settings(
    max_examples=60,
    deadline=None,
    database=None,
    # The clock is frozen for a whole test, not for an example. Bodies are large by nature.
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)


@pytest.fixture(autouse=True)
def days_after_the_samples() -> Generator[None]:
    with clock.frozen(datetime(2026, 6, 4, 12, tzinfo=UTC)):
        yield


@quick
@given(st.randoms(use_true_random=False))
def test_every_drawn_body_is_read_by_the_laws(rng: Random) -> None:
    body = drawn(rng)
    read_lawfully(body.content, body.content_type)


@quick
@given(st.binary(max_size=400), st.one_of(st.none(), st.text(max_size=60)))
def test_every_heap_of_bytes_is_read_by_the_laws(content: bytes, content_type: str | None) -> None:
    read_lawfully(content, content_type)


def test_a_thousand_numbered_bodies_are_read_by_the_laws_and_meet_every_verdict() -> None:
    seen = {"endings": set[str](), "verdicts": set[str]()}
    for number in range(1_000):
        body = numbered(SEED, number)
        understood = read_lawfully(body.content, body.content_type)
        seen["verdicts"].add(understood.verdict)
        seen["endings"].update(understood.endings)
    # Were it all refused at the door, the rest would prove nothing.
    assert seen["verdicts"] >= {"kept", "unparsable", "xml-unsafe", "infobase-foreign"}
    assert seen["endings"] >= {
        "VisitSnapshot",
        "VisitRefunded",
        "PatientSnapshot",
        "UnknownKind",
        "bad-amount",
    }


@pytest.mark.parametrize("doctype", xmltext.DOCTYPES)
@pytest.mark.parametrize("prolog", ["", "\ufeff", xmltext.PROLOGS[0], "<!-- x --><?p?>\r\n"])
def test_a_document_with_a_doctype_is_never_kept(doctype: str, prolog: str) -> None:
    rng = Random(SEED)
    document = xmltext.as_elements(WHOLE[0], rng)
    assert read_lawfully((prolog + document).encode(), None).verdict == "kept"
    assert read_lawfully((prolog + doctype + document).encode(), None).verdict in {"unparsable", "xml-unsafe"}


def put_everywhere(value: object, tree: Any, chosen: Callable[[int], bool]) -> None:
    """Put the value where each chosen field stands, one at a time."""
    for index in range(len(places(tree))):
        if chosen(index):
            odd = deepcopy(tree)
            node, key = places(odd)[index]
            node[key] = value
            content = jsontext.written(odd, jsontext.Style(is_ascii=True)).encode("utf-8", "surrogatepass")
            read_lawfully(content, None)


@pytest.mark.parametrize("values", CATALOGUE, ids=CATALOGUE.keys())
def test_odd_values_are_read_by_the_laws_on_the_envelope_and_in_some_fields(values: str) -> None:
    rng = Random(SEED)
    for value in CATALOGUE[values]:
        for tree in rng.sample(WHOLE, 2):
            put_everywhere(value, tree, lambda index: index < ENVELOPE or rng.random() < 0.15)


@pytest.mark.long
@pytest.mark.parametrize("values", CATALOGUE, ids=CATALOGUE.keys())
def test_every_odd_value_is_read_by_the_laws_in_every_field(values: str) -> None:
    for value in CATALOGUE[values]:
        for tree in WHOLE:
            put_everywhere(value, tree, lambda _index: True)


def test_a_number_and_a_seed_name_a_body_for_ever() -> None:
    assert [numbered(SEED, number) for number in range(50)] == [
        numbered(SEED, number) for number in range(50)
    ]
    assert numbered(SEED, 7) != numbered(SEED + 1, 7)
