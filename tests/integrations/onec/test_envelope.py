import hashlib
from typing import Any

import pytest

from hub.integrations.onec.envelope import Envelope, read_envelopes
from hub.integrations.onec.errors import BatchTooLargeError, UnparsableError, XmlUnsafeError
from tests.integrations.onec.captured import body, mapped_here, sample, understood, written

VISIT_REF = "0c3a4f52-08aa-11f1-9542-08979885f491"
PATIENT_REF = "92c7ea9d-2cab-11e4-9f84-1078d2d69bb4"


def single(raw: bytes, content_type: str | None = None) -> Envelope:
    batch = read_envelopes(raw, content_type)
    assert not batch.is_array
    (envelope,) = batch.items
    return envelope


def enveloped(event: object) -> Envelope:
    return single(written(event))


@pytest.mark.parametrize("name", ["visit_completed__sample.json", "visit_completed__sample.xml"])
def test_an_envelope_tells_what_its_event_is_about(name: str) -> None:
    raw = body(name)
    envelope = single(raw)
    assert envelope == Envelope(
        format="xml" if name.endswith("xml") else "json",
        content=raw,
        sha256=hashlib.sha256(raw).digest(),
        topic="visit.completed",
        infobase="umc_corp",
        event_id="5b3c9a0e-6c0d-4b0e-9a55-2d1f4f0a7c11",
        object_type="Document.ОказаниеУслуг",
        ref=VISIT_REF,
        document_ref=VISIT_REF,
        message_no=8517,
        node="UMC01",
        occurred_at="2026-05-01T10:35:00",
        data_version="AAAAAQAAAAA=",
    )


@pytest.mark.parametrize(
    "content_type", [None, "", "text/plain", "application/xml", "application/json; charset=utf-8", "чушь"]
)
@pytest.mark.parametrize("name", ["visit_completed__cp1251.bin", "visit_completed__sample.xml"])
def test_the_content_type_decides_nothing(name: str, content_type: str | None) -> None:
    assert single(body(name), content_type) == single(body(name))


def test_an_encoding_that_only_the_header_names_reaches_the_worker_as_utf8() -> None:
    raw = body("visit_completed__sample.json").decode().encode("koi8-r")
    envelope = single(raw, "application/json; charset=KOI8-R")
    assert envelope.object_type == "Document.ОказаниеУслуг"
    assert understood(raw, "application/json; charset=KOI8-R") == understood(
        body("visit_completed__sample.json")
    )


def test_a_refund_queues_behind_its_visit() -> None:
    envelope = single(body("visit_refunded__sample.json"))
    assert envelope.ref == "7f1d0a10-0a44-11f1-9542-08979885f491"
    assert envelope.document_ref == VISIT_REF


def test_a_patient_card_queues_by_its_own_reference() -> None:
    event = sample("patient_upserted__sample.json")
    assert enveloped(event).document_ref == PATIENT_REF
    del event["object"]
    assert enveloped(event).document_ref == PATIENT_REF


def test_references_and_ids_are_canonical_however_they_were_written() -> None:
    envelope = single(body("visit_completed__braced_upper_guids.json"))
    assert (envelope.event_id, envelope.ref) == ("5b3c9a0e-6c0d-4b0e-9a55-2d1f4f0a7c11", VISIT_REF)


def test_an_id_that_is_no_guid_is_kept_as_given() -> None:
    assert enveloped(sample() | {"event_id": " 00ЦК-17 "}).event_id == "00ЦК-17"
    assert enveloped(sample() | {"event_id": "я" * 300}).event_id == "я" * 200


@pytest.mark.parametrize("absent", ["", None, {}, "00000000-0000-0000-0000-000000000000"])
def test_a_missing_event_id_is_derived_from_the_document_and_its_version(absent: object) -> None:
    event: dict[str, Any] = sample() | {"event_id": absent}
    derived = enveloped(event).event_id
    assert derived == enveloped(event | {"occurred_at": "2026-05-02T00:00:00"}).event_id
    event["object"]["data_version"] = "AAAAAgAAAAA="
    assert enveloped(event).event_id != derived
    del event["object"]["data_version"]
    assert enveloped(event).event_id != enveloped(event | {"occurred_at": "2026-05-02T00:00:00"}).event_id


@pytest.mark.parametrize(
    "raw",
    [
        b"{}",
        b"[[]]",
        b"null",
        b'"\xd0\xb4\xd0\xb0"',
        b"17",
        b'{"event_type": 5, "object": [], "exchange": "x"}',
        b"<a/>",
    ],
)
def test_a_well_formed_nothing_is_filed_and_never_refused(raw: bytes) -> None:
    (envelope,) = read_envelopes(raw, None).items
    assert (envelope.ref, envelope.document_ref, envelope.message_no) == ("", "", None)
    assert len(envelope.event_id) == 36


def test_every_item_of_an_array_keeps_its_own_bytes() -> None:
    batch = read_envelopes(body("batch__pretty.json"), "application/json")
    assert batch.is_array
    assert [envelope.topic for envelope in batch.items] == [
        "visit.completed",
        "patient.upserted",
        "visit.refunded",
    ]
    assert [envelope.content.decode() for envelope in batch.items] == [
        body(f"{name}__sample.json").decode().strip()
        for name in ("visit_completed", "patient_upserted", "visit_refunded")
    ]


def test_items_of_a_cp1251_array_become_utf8_which_the_worker_reads() -> None:
    first, _ = read_envelopes(body("batch__bom_cp1251.bin"), None).items
    assert mapped_here(first) == understood(body("visit_completed__sample.json"))


def test_an_array_brings_at_most_two_hundred_events() -> None:
    assert len(read_envelopes(b"[" + b",".join([b"{}"] * 200) + b"]", None).items) == 200
    assert read_envelopes(b" [ ] ", None).items == ()
    with pytest.raises(BatchTooLargeError):
        read_envelopes(b"[" + b",".join([b"{}"] * 201) + b"]", None)


@pytest.mark.parametrize(
    ("name", "line", "column"),
    [
        ("broken__unescaped_ampersand.xml", 2, 30),
        ("broken__undefined_entity.xml", 1, 14),
        ("broken__utf7.xml", 2, 1),
        ("broken__nan.json", 1, 21),
        ("broken__lone_surrogate.json", 1, 17),
        ("broken__cut_short.json", 19, 5),
        ("broken__two_values.json", 1, 3),
        ("broken__mangled_utf8.bin", 11, 22),
    ],
)
def test_a_broken_body_is_unparsable_at_a_line_and_column(name: str, line: int, column: int) -> None:
    with pytest.raises(UnparsableError) as refusal:
        read_envelopes(body(name), None)
    assert refusal.value.facts == {"line": line, "column": column}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" \r\n",
        b"\xff\xfe",
        b"\xff\xfe\0\0{\0\0\0}\0\0\0",
        b"Ok",
        b"[{},]",
        b"[{} {}]",
        b"[{}",
        b"[] []",
        b"[,]",
        b'{"a": -Infinity}',
        b'{"a": ' + b"1" * 100_000 + b"}",
        b'{"a": "\x98"}',
        b"<a>",
        b"<a/><b/>",
        b"<a>\0</a>",
        b"<a>&#xD800;</a>",
        b"<!--" + b"-" * 100_000,
    ],
)
def test_what_is_neither_json_nor_xml_is_unparsable(raw: bytes) -> None:
    with pytest.raises(UnparsableError) as refusal:
        read_envelopes(raw, None)
    assert all(isinstance(place, int) and place >= 1 for place in refusal.value.facts.values())


@pytest.mark.parametrize(
    "name",
    [
        "hostile__billion_laughs.xml",
        "hostile__external_entity.xml",
        "hostile__external_dtd.xml",
        "hostile__utf16_doctype.bin",
        "hostile__deep.xml",
        "hostile__deep.json",
    ],
)
def test_a_body_built_to_hurt_is_unsafe(name: str) -> None:
    with pytest.raises(XmlUnsafeError):
        read_envelopes(body(name), None)


@pytest.mark.parametrize(
    "raw",
    [
        b"<a>" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 100_000,
        b"<a>" + b"<b/>" * 30_000 + b"</a>",
        b"<a " + b" ".join(b'a%d=""' % number for number in range(30_000)) + b"/>",
    ],
)
def test_nesting_and_size_beyond_any_document_are_unsafe_at_once(raw: bytes) -> None:
    with pytest.raises(XmlUnsafeError):
        read_envelopes(raw, None)


def test_twenty_levels_are_allowed_and_one_more_is_not() -> None:
    for opening, closing in ((b'{"a":', b"}"), (b"<a>", b"</a>")):
        middle = b"1" if opening.startswith(b"{") else b""
        assert read_envelopes(opening * 20 + middle + closing * 20, None).items
        with pytest.raises(XmlUnsafeError):
            read_envelopes(opening * 21 + middle + closing * 21, None)


def test_a_level_that_closes_itself_counts_too() -> None:
    assert read_envelopes(b"<a>" * 19 + b"<a/>" + b"</a>" * 19, None).items
    with pytest.raises(XmlUnsafeError):
        read_envelopes(b"<a>" * 20 + b"<a/>" + b"</a>" * 20, None)


def test_text_on_the_envelope_is_fit_for_the_database() -> None:
    event = sample() | {"event_type": "visit.\u0000completed\u0007", "event_id": "a\u0000b"}
    envelope = enveloped(event)
    assert "\0" not in envelope.topic + envelope.event_id
    assert enveloped(sample() | {"event_id": "\U0001f60a"}).event_id == "\U0001f60a"
