from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from hub.contracts.facts import Payment, PaymentKind, RefundLine, UnknownKind, VisitLine
from hub.kernel import clock
from hub.kernel.money import Kopecks
from tests.integrations.onec.captured import (
    ARRIVED_AT,
    body,
    expected,
    fixtures,
    mapped,
    patient,
    refund,
    sample,
    visit,
    written,
)

DIALECTS = [
    name
    for name in fixtures("visit_completed__")
    if expected(name).get("same_as") == "visit_completed__sample.json"
]


def test_a_visit_is_understood() -> None:
    fact = visit(body("visit_completed__sample.json"))
    assert fact.stamp.ref == UUID("0c3a4f52-08aa-11f1-9542-08979885f491")
    assert (fact.stamp.infobase, fact.stamp.object_type) == ("umc_corp", "Document.ОказаниеУслуг")
    assert (fact.stamp.number, fact.stamp.data_version) == ("00ЦК-000123", "AAAAAQAAAAA=")
    assert (fact.stamp.message_no, fact.stamp.is_live) == (8517, True)
    assert fact.stamp.occurred_at == fact.completed_at == datetime(2026, 5, 1, 7, 35, tzinfo=UTC)
    assert fact.patient_ref == UUID("92c7ea9d-2cab-11e4-9f84-1078d2d69bb4")
    assert fact.clinic_ref == UUID("f679444a-22b7-11df-8618-002618dcef2c")
    assert fact.lines == (
        VisitLine(
            line_no=1,
            service_ref=UUID("22d1b484-b34b-11de-8171-001583078ee5"),
            loyalty_group="CONSULT",
            doctor_ref=UUID("e7005e6d-65c9-11e9-936d-1856809fe650"),
            amount_kopecks=Kopecks(170_000),
            points_paid_kopecks=Kopecks(30_000),
        ),
        VisitLine(
            line_no=2,
            service_ref=UUID("9ab45d77-c599-11e1-818b-80c16e5c9fe3"),
            loyalty_group="LAB",
            doctor_ref=None,
            amount_kopecks=Kopecks(90_100),
            points_paid_kopecks=Kopecks(0),
        ),
    )
    assert fact.payments == (
        Payment(kind=PaymentKind.CERTIFICATE, amount_kopecks=Kopecks(100_000)),
        Payment(kind=PaymentKind.CARD, amount_kopecks=Kopecks(160_100)),
    )
    assert (fact.referral_code, fact.promo_code, fact.warnings) == ("REF-8H2KQ", "", ())


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect_of_the_same_visit_is_the_same_fact(name: str) -> None:
    plain = visit(body("visit_completed__sample.json"))
    fact = visit(body(name))
    by_kind = tuple(sorted(fact.payments, key=lambda payment: payment.kind.value, reverse=True))
    assert replace(fact, payments=by_kind) == plain


def test_a_refund_is_the_same_fact_in_json_and_in_xml() -> None:
    fact = refund(body("visit_refunded__sample.json"))
    assert fact == refund(body("visit_refunded__sample.xml"))
    assert fact.stamp.ref == UUID("7f1d0a10-0a44-11f1-9542-08979885f491")
    assert fact.visit_ref == UUID("0c3a4f52-08aa-11f1-9542-08979885f491")
    assert fact.lines == (RefundLine(line_no=2, amount_kopecks=Kopecks(45_050)),)
    assert fact.stamp.is_live


def test_a_patient_card_is_the_same_fact_in_json_and_in_xml() -> None:
    fact = patient(body("patient_upserted__sample.json"))
    assert fact == patient(body("patient_upserted__whole_card.xml"))
    assert (fact.surname, fact.first_name, fact.father_name) == ("Иванова", "Мария", "")
    assert (fact.birth_date, fact.phone, fact.email) == (date(1990, 2, 14), "+79000000001", "")
    assert (fact.code, fact.card_code, fact.referral_code) == ("000012345", "ML-7K2Q-91XC", "REF-8H2KQ")
    assert [(consent.purpose, consent.is_granted) for consent in fact.consents] == [
        ("loyalty", True),
        ("marketing", False),
    ]


def test_a_short_card_leaves_the_rest_empty() -> None:
    fact = patient(body("patient_upserted__sample.xml"))
    assert (fact.surname, fact.birth_date, fact.phone) == ("Иванова", date(1990, 2, 14), "+79000000001")
    assert (fact.code, fact.card_code, fact.consents, fact.merged_into_ref) == ("", "", (), None)


def test_one_row_may_come_as_an_object_and_none_as_an_empty_string() -> None:
    fact = visit(body("visit_one_line__array.json"))
    assert len(fact.lines) == len(fact.payments) == 1
    assert fact == visit(body("visit_one_line__object.json")) == visit(body("visit_one_line__xml.xml"))


@pytest.mark.parametrize("empty", ["", {}, [], None])
def test_a_visit_without_lines_and_money_is_an_empty_bill(empty: object) -> None:
    event = sample()
    event["visit"] |= {"lines": empty, "payments": empty, "promo": empty, "total": 0}
    fact = visit(written(event))
    assert (fact.lines, fact.payments, fact.warnings) == ((), (), ())


@pytest.mark.parametrize(
    "name",
    [
        "visit_completed__unposted.json",
        "visit_completed__unposted.xml",
        "visit_completed__deletion_mark.json",
    ],
)
def test_an_unposted_or_deleted_visit_is_not_live_and_keeps_its_body(name: str) -> None:
    fact = visit(body(name))
    posted = visit(body("visit_completed__sample.json"))
    assert not fact.stamp.is_live
    assert (fact.lines, fact.payments) == (posted.lines, posted.payments)
    assert fact.stamp.content_hash != posted.stamp.content_hash


def test_a_cancelled_visit_may_know_only_its_reference() -> None:
    fact = visit(body("visit_cancelled__bare.json"))
    assert (fact.stamp.is_live, fact.patient_ref, fact.completed_at, fact.lines) == (False, None, None, ())
    event = sample("visit_cancelled__bare.json")
    del event["object"]
    assert visit(written(event)).stamp.ref == fact.stamp.ref


def test_a_cancelled_visit_may_bring_its_whole_body() -> None:
    assert len(visit(body("visit_cancelled__with_body.json")).lines) == 2


def test_no_body_can_stop_a_withdrawal() -> None:
    event = sample("visit_cancelled__with_body.json")
    event["visit"]["clinic_ref"] = "нет"
    fact = visit(written(event))
    assert (fact.stamp.is_live, fact.lines, fact.warnings) == (False, (), ("body-unreadable",))


def test_a_cancellation_of_kind_refund_is_a_refund() -> None:
    event = sample("visit_refunded__sample.json") | {"event_type": "visit.cancelled"}
    assert mapped(event) == refund(body("visit_refunded__sample.json"))


def test_an_undone_refund_is_not_live() -> None:
    assert not refund(body("visit_refunded__undone.json")).stamp.is_live
    event = sample("visit_refunded__sample.json")
    event["cancel"]["kind"] = "deletion_mark"
    fact = mapped(event)
    assert fact == refund(written(event))
    assert not refund(written(event)).stamp.is_live


def test_a_refund_without_lines_is_of_the_whole_visit() -> None:
    assert refund(body("visit_refunded__whole.json")).lines == ()


def test_unknown_kinds_are_named_and_cut() -> None:
    assert mapped(sample() | {"event_type": "Appointment.Booked"}) == UnknownKind("appointment.booked")
    assert mapped(sample() | {"event_type": "x" * 200}) == UnknownKind("x" * 64)


def test_posted_is_assumed_and_deletion_is_not() -> None:
    event = sample()
    del event["object"]["posted"], event["object"]["deletion_mark"]
    assert visit(written(event)) == visit(body("visit_completed__sample.json"))


def test_the_empty_date_is_no_date_and_the_documents_own_stands_in() -> None:
    event = sample()
    event["visit"]["completed_at"] = "0001-01-01T00:00:00"
    assert visit(written(event)).completed_at == datetime(2026, 5, 1, 7, 20, tzinfo=UTC)


def test_naive_dates_are_in_the_senders_zone_when_it_names_one() -> None:
    event = sample()
    event["source"]["tz"] = "Asia/Vladivostok"
    assert visit(written(event)).completed_at == datetime(2026, 5, 1, 0, 35, tzinfo=UTC)


@pytest.mark.parametrize("absent", ["", None, "0001-01-01T00:00:00"])
def test_an_event_without_a_date_is_dated_by_its_arrival_however_often_it_is_read(absent: object) -> None:
    raw = written(sample() | {"occurred_at": absent})
    first = visit(raw)
    assert first.stamp.occurred_at == ARRIVED_AT
    with clock.frozen(clock.now() + timedelta(days=30)):
        assert visit(raw) == first


@pytest.mark.parametrize(
    ("spelling", "kind"),
    [
        ("Наличные", PaymentKind.CASH),
        ("Карта", PaymentKind.CARD),
        ("Платёжная карта", PaymentKind.CARD),
        ("СБП", PaymentKind.SBP),
        ("Предоплата", PaymentKind.PREPAYMENT),
        ("Сертификат", PaymentKind.CERTIFICATE),
        ("Страховая", PaymentKind.INSURANCE),
        ("INSURANCE", PaymentKind.INSURANCE),
    ],
)
def test_payment_kinds_are_known_in_russian(spelling: str, kind: PaymentKind) -> None:
    event = sample()
    event["visit"]["payments"][0]["kind"] = spelling
    assert visit(written(event)).payments[0].kind is kind


@pytest.mark.parametrize("spelling", ["points", "Баллы", "Бонусные баллы", "Кэшбэк"])
def test_points_written_as_a_payment_are_a_discount_of_the_lines(spelling: str) -> None:
    event = sample()
    event["visit"]["payments"][0]["kind"] = spelling
    fact = visit(written(event))
    assert fact.payments == (Payment(kind=PaymentKind.CARD, amount_kopecks=Kopecks(160_100)),)
    # 1,000.00 over 1,700.00 and 901.00 in proportion, to the kopeck; the first line had 300.00 already.
    assert [(line.amount_kopecks, line.points_paid_kopecks) for line in fact.lines] == [
        (170_000 - 65_359, 30_000 + 65_359),
        (90_100 - 34_641, 34_641),
    ]
    assert fact.warnings == ()


def test_points_beyond_the_bill_discount_all_of_it_with_a_warning() -> None:
    event = sample()
    event["visit"]["payments"] = [{"kind": "points", "amount": 9000}]
    fact = visit(written(event))
    assert [line.amount_kopecks for line in fact.lines] == [0, 0]
    assert (fact.payments, fact.warnings) == ((), ("payments-mismatch",))


def test_sums_that_disagree_are_warnings() -> None:
    event = sample()
    event["visit"]["lines"][0]["price"] = 2000.02
    assert visit(written(event)).warnings == ("line-sum",)
    event["visit"]["lines"][0]["price"] = 2000.01
    assert visit(written(event)).warnings == ()
    event["visit"]["total"] = 1
    assert visit(written(event)).warnings == ("total-mismatch",)
    event["visit"]["payments"].pop()
    event["visit"]["lines"][1]["amount"] = "901,004"
    assert visit(written(event)).warnings == ("amount-rounded", "payments-mismatch", "total-mismatch")


def test_an_amount_is_rounded_half_up() -> None:
    event = sample()
    event["visit"]["lines"][1]["amount"] = "900,995"
    assert visit(written(event)).lines[1].amount_kopecks == 90_100


def test_the_content_hash_ignores_the_transport_and_sees_the_money() -> None:
    event = sample()
    before = visit(written(event)).stamp.content_hash
    event |= {
        "event_id": "other",
        "occurred_at": "2026-05-02T00:00:00",
        "sent_at": "2026-05-03T00:00:00",
        "exchange": {"message_no": 9},
    }
    event["object"]["data_version"] = "AAAAAgAAAAA="
    assert visit(written(event)).stamp.content_hash == before
    event["visit"]["lines"][0]["amount"] = 1700.01
    assert visit(written(event)).stamp.content_hash != before


def test_a_phone_or_email_that_cannot_be_one_is_absent() -> None:
    event = sample("patient_upserted__sample.json")
    event["patient"] |= {"phone": "не помнит", "email": "нет"}
    fact = patient(written(event))
    assert (fact.phone, fact.email) == (None, "")


def test_a_deleted_card_is_not_live_wherever_the_mark_stands() -> None:
    event = sample("patient_upserted__sample.json")
    event["patient"]["deletion_mark"] = "Да"
    assert not patient(written(event)).stamp.is_live


def test_a_merged_card_names_the_one_it_went_into() -> None:
    event = sample("patient_upserted__sample.json")
    event["patient"]["merged_into_ref"] = "{0C3A4F52-08AA-11F1-9542-08979885F491}"
    assert patient(written(event)).merged_into_ref == UUID("0c3a4f52-08aa-11f1-9542-08979885f491")


@pytest.mark.parametrize("name", ["visit_completed__sample.json", "visit_completed__medical_fields.json"])
def test_nothing_of_a_fact_is_outside_our_own_words(name: str) -> None:
    assert "—" not in spoken(visit(body(name)))


def spoken(value: object) -> str:
    if is_dataclass(value):
        return "\n".join(spoken(getattr(value, field.name)) for field in fields(value))
    return "\n".join(spoken(item) for item in value) if isinstance(value, tuple) else str(value)
