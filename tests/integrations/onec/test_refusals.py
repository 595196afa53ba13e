from collections.abc import Callable
from typing import Any

import pytest

from hub.integrations.onec.errors import FactInvalidError
from tests.integrations.onec.captured import mapped, sample, understood

ZERO = "00000000-0000-0000-0000-000000000000"
Event = dict[str, Any]


def put(path: str, value: object) -> Callable[[Event], None]:
    def spoil(event: Event) -> None:
        *parents, last = path.strip("/").split("/")
        node: Any = event
        for name in parents:
            node = node[int(name) if isinstance(node, list) else name]
        node[int(last) if isinstance(node, list) else last] = value

    return spoil


def refusal(event: object) -> tuple[str, str]:
    with pytest.raises(FactInvalidError) as caught:
        mapped(event)
    assert caught.value.facts == {"pointer": caught.value.pointer, "rule": caught.value.rule}
    return caught.value.pointer, caught.value.rule


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        ("/event_type", "", "required"),
        ("/occurred_at", "завтра", "bad-date"),
        ("/occurred_at", "2026-05-06T12:00:00", "date-out-of-range"),
        ("/object/ref", "", "required"),
        ("/object/ref", "00ЦК-000123", "bad-guid"),
        ("/object/ref", ZERO, "zero-guid"),
        ("/object/date", "1999-12-31T20:00:00", "date-out-of-range"),
        ("/object/posted", "может быть", "bad-boolean"),
        ("/object/number", "9" * 201, "too-long"),
        ("/object/number", ["1"], "not-a-text"),
        ("/visit/patient", 17, "bad-guid"),
        ("/visit/clinic_ref", None, "required"),
        ("/visit/clinic_ref", {"УИД": ZERO}, "zero-guid"),
        ("/visit/completed_at", "31.02.2026", "bad-date"),
        ("/visit/completed_at", "9999-12-31T23:59:59-12:00", "date-out-of-range"),
        ("/visit/lines", [], "required"),
        ("/visit/lines/0", "строка", "not-an-object"),
        ("/visit/lines/1/no", 1, "duplicate-no"),
        ("/visit/lines/1/no", 0, "bad-number"),
        ("/visit/lines/1/no", "", "required"),
        ("/visit/lines/1/service_ref", ZERO, "zero-guid"),
        ("/visit/lines/1/doctor_ref", "Иванов", "bad-guid"),
        ("/visit/lines/1/amount", None, "required"),
        ("/visit/lines/1/amount", -1, "negative"),
        ("/visit/lines/1/amount", "сто", "bad-amount"),
        ("/visit/lines/1/amount", "1_000", "bad-amount"),
        ("/visit/lines/1/amount", "9e999999", "bad-amount"),
        ("/visit/lines/1/amount", "9" * 30, "bad-amount"),
        ("/visit/lines/1/amount", True, "not-a-text"),
        ("/visit/lines/1/points_paid", "-0,01", "negative"),
        ("/visit/payments/1/amount", "-5", "negative"),
        ("/visit/payments/1/kind", "bitcoin", "unknown-kind"),
        ("/visit/payments/1/kind", "", "required"),
        ("/visit/total", "1 23", "bad-amount"),
    ],
)
def test_a_visit_with_a_wrong_field_is_refused_with_its_pointer(path: str, value: object, rule: str) -> None:
    event = sample()
    put(path, value)(event)
    assert refusal(event) == (path, rule)


def test_a_patient_without_a_reference_is_required_inside_its_object() -> None:
    event = sample()
    event["visit"]["patient"] = {"code": "1"}
    assert refusal(event) == ("/visit/patient/ref", "required")


def test_a_visit_has_at_most_five_hundred_lines_and_fifty_payments() -> None:
    event = sample()
    line = event["visit"]["lines"][1]
    event["visit"]["lines"] = [line | {"no": number} for number in range(1, 502)]
    assert refusal(event) == ("/visit/lines", "too-many")
    event["visit"]["lines"].pop()
    event["visit"]["payments"] *= 26
    assert refusal(event) == ("/visit/payments", "too-many")


@pytest.mark.parametrize(
    ("event_type", "present", "pointer", "rule"),
    [
        ("visit.completed", "patient", "/patient", "body-mismatch"),
        ("visit.completed", "cancel", "/cancel", "body-mismatch"),
        ("visit.completed", None, "/visit", "required"),
        ("visit.refunded", "visit", "/visit", "body-mismatch"),
        ("visit.refunded", None, "/cancel", "required"),
        ("visit.cancelled", "patient", "/patient", "body-mismatch"),
        ("patient.upserted", "visit", "/visit", "body-mismatch"),
        ("patient.upserted", None, "/patient", "required"),
    ],
)
def test_the_body_must_be_of_the_events_kind(
    event_type: str, present: str | None, pointer: str, rule: str
) -> None:
    bodies = {
        "visit": sample()["visit"],
        "patient": sample("patient_upserted__sample.json")["patient"],
        "cancel": sample("visit_refunded__sample.json")["cancel"],
    }
    event = sample()
    del event["visit"]
    event |= {"event_type": event_type} | ({present: bodies[present]} if present else {})
    assert refusal(event) == (pointer, rule)


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        ("/cancel/visit_ref", "", "required"),
        ("/cancel/visit_ref", ZERO, "zero-guid"),
        ("/cancel/kind", "передумал", "unknown-kind"),
        ("/cancel/lines/0/amount", "-1", "negative"),
        ("/cancel/lines/0/no", None, "required"),
    ],
)
def test_a_refund_with_a_wrong_field_is_refused(path: str, value: object, rule: str) -> None:
    event = sample("visit_refunded__sample.json")
    put(path, value)(event)
    assert refusal(event) == (path, rule)


def test_a_refund_is_a_document_of_its_own() -> None:
    event = sample("visit_refunded__sample.json")
    event["object"]["ref"] = event["cancel"]["visit_ref"]
    del event["cancel"]["refund_doc_ref"]
    assert refusal(event) == ("/cancel/refund_doc_ref", "required")


def test_a_cancellation_names_one_document() -> None:
    event = sample("visit_cancelled__bare.json")
    event["cancel"]["visit_ref"] = "7f1d0a10-0a44-11f1-9542-08979885f491"
    assert refusal(event) == ("/cancel/visit_ref", "ref-mismatch")


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        ("/patient/ref", "7f1d0a10-0a44-11f1-9542-08979885f491", "ref-mismatch"),
        ("/patient/birthday", "14 февраля", "bad-date"),
        ("/patient/birthday", "1890-01-01", "date-out-of-range"),
        ("/patient/birthday", "2026-05-05", "date-out-of-range"),
        ("/patient/consents/0/granted", "", "required"),
        ("/patient/consents/0/purpose", None, "required"),
        ("/patient/consents/1/at", "0001-01-01T00:00:00", "required"),
    ],
)
def test_a_card_with_a_wrong_field_is_refused(path: str, value: object, rule: str) -> None:
    event = sample("patient_upserted__sample.json")
    put(path, value)(event)
    assert refusal(event) == (path, rule)


@pytest.mark.parametrize("raw", [b"null", b"17", b"[[]]", b"<a/>"])
def test_what_is_no_object_is_refused_as_a_whole(raw: bytes) -> None:
    with pytest.raises(FactInvalidError) as caught:
        understood(raw)
    assert (caught.value.pointer, caught.value.rule) == ("", "not-an-object")


def test_a_refusal_never_repeats_the_value() -> None:
    event = sample("patient_upserted__sample.json")
    event["patient"]["birthday"] = "Иванова Мария"
    with pytest.raises(FactInvalidError) as caught:
        mapped(event)
    assert "Иванова" not in repr(caught.value)
