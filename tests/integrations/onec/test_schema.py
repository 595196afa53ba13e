"""The XSD and the reader agree: what is valid is understood, but for the rules that XSD cannot say."""

from typing import Any
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from hub.contracts.facts import UnknownKind
from hub.integrations.onec import exchange_schema
from hub.integrations.onec.envelope import Envelope, read_envelopes
from hub.integrations.onec.errors import FactInvalidError
from tests.integrations.onec.captured import body, mapped_here, outcome, sample, understood

SCHEMA = etree.XMLSchema(etree.fromstring(exchange_schema.read()))
BEYOND_XSD = {
    "zero-guid",
    "date-out-of-range",
    "bad-date",  # 31.02.2026
    "duplicate-no",
    "body-mismatch",
    "required",  # the zero GUID, the empty date, a body of another kind
    "ref-mismatch",
}
VALID = [
    "visit_completed__sample.xml",
    "visit_completed__unposted.xml",
    "visit_completed__xml_nbsp.xml",
    "visit_completed__xml_cp1251.bin",
    "visit_refunded__sample.xml",
    "patient_upserted__sample.xml",
    "patient_upserted__whole_card.xml",
]
FIRST, SECOND, ZERO = (
    "0c3a4f52-08aa-11f1-9542-08979885f491",
    "7F1D0A10-0a44-11f1-9542-08979885F491",
    "00000000-0000-0000-0000-000000000000",
)
thorough = settings(
    max_examples=300,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def is_valid(raw: bytes) -> bool:
    return bool(SCHEMA.validate(etree.fromstring(raw)))


@pytest.mark.parametrize("name", VALID)
def test_the_samples_of_the_exchange_are_valid(name: str) -> None:
    assert is_valid(body(name)), SCHEMA.error_log


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('amount="901"', 'amount="девятьсот"'),
        ('amount="901"', 'amount="-1"'),
        ('amount="901"', 'amount="1 23"'),
        ('amount="901"', 'amount="1234 567"'),
        ('amount="901"', 'amount="900000000000"'),
        ('ref="0c3a4f52-08aa-11f1-9542-08979885f491"', 'ref="0c3a4f52"'),
        ('no="2"', 'no="0"'),
        ('posted="Истина"', 'posted="может быть"'),
        ('type="visit.completed"', 'type="visit.dreamt"'),
        ('kind="card"', 'kind="bitcoin"'),
        ("<CompletedAt>2026-05-01T10:35:00<", "<CompletedAt><"),
        ("<ClinicRef>", "<Диагноз>—</Диагноз><ClinicRef>"),
    ],
)
def test_what_the_reader_refuses_or_drops_is_not_valid(good: str, bad: str) -> None:
    text = body("visit_completed__sample.xml").decode()
    assert good in text
    raw = text.replace(good, bad, 1).encode()
    assert not is_valid(raw)
    assert outcome(raw) != outcome(body("visit_completed__sample.xml"))


def attribute(name: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return values.map(lambda value: f" {name}={quoteattr(value)}")


def optional(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(st.just(""), part)


def element(name: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return values.map(lambda value: f"<{name}>{value}</{name}>")


def joined(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map("".join)


# Mostly what is understood: an event has many fields, and one odd one refuses it.
guids = st.sampled_from([FIRST, SECOND, f" {FIRST} "] * 8 + [ZERO])
guids_or_empty = st.one_of(guids, st.sampled_from(["", " "]))
money = st.from_regex(
    r"\A([0-9]{1,11}|[0-9]{1,3}([ \u00a0\u202f][0-9]{3}){1,2}|[0-9]{1,2}([ \u00a0\u202f][0-9]{3}){3})"
    r"([.,][0-9]{1,4})?\Z"
)
signed_money = st.tuples(st.sampled_from(["", "-"]), money).map("".join)
years = st.sampled_from([str(year) for year in range(2001, 2026)] + ["2026", "2000", "1999", "0001", "9999"])
russian_dates = st.tuples(
    st.one_of(st.sampled_from(["01.01.", "31.12."]), st.from_regex(r"\A[0-9]{2}\.[0-9]{2}\.\Z")),
    years,
    st.from_regex(r"\A( ([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?)?\Z"),
).map("".join)
iso_dates = st.tuples(
    years,
    st.sampled_from(["-01-01", "-02-28", "-04-30"]),
    st.from_regex(
        r"\A(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])?)?\Z"
    ),
).map("".join)
dates = st.one_of(russian_dates, iso_dates)
dates_or_empty = st.one_of(dates, st.just(""))
flags = st.sampled_from(["true", "false", "1", "0", "Истина", "Ложь", "Да", "Нет", " true "])
signs = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff<>&")
words = st.text(signs, max_size=30)
counters = st.from_regex(r"\A[0-9]{1,18}\Z")
lines_no = st.sampled_from(["1", "2", "007", "100000"])
source = attribute("infobase", words).map(lambda named: f"<Source{named} node='N' tz='Europe/Moscow'/>")
exchange = attribute("messageNo", counters).map(lambda number: f"<Exchange{number}/>")
document = joined(
    attribute("type", words),
    attribute("ref", guids),
    optional(attribute("number", words)),
    optional(attribute("date", dates_or_empty)),
    optional(attribute("posted", flags)),
    optional(attribute("deletionMark", flags)),
).map(lambda inside: f"<Object{inside}/>")
line = joined(
    attribute("no", lines_no),
    attribute("serviceRef", guids),
    optional(attribute("loyaltyGroup", words)),
    optional(attribute("doctorRef", guids_or_empty)),
    attribute("qty", money),
    attribute("price", money),
    optional(attribute("discount", signed_money)),
    optional(attribute("pointsPaid", money)),
    attribute("amount", money),
).map(lambda inside: f"<Line{inside}/>")
kinds = st.sampled_from(["cash", "card", "sbp", "prepayment", "certificate", "insurance", "points"])
payment = joined(
    attribute("kind", kinds), attribute("amount", money), optional(attribute("holdId", guids_or_empty))
).map(lambda inside: f"<Payment{inside}/>")
consent = joined(
    attribute("purpose", st.just("loyalty")), attribute("granted", flags), attribute("at", dates)
).map(lambda inside: f"<Consent{inside}/>")
consents = st.lists(consent, max_size=2).map(lambda rows: f"<Consents>{''.join(rows)}</Consents>")
patient = joined(
    element("Ref", guids),
    optional(element("Surname", words)),
    optional(element("Birthday", dates_or_empty)),
    optional(element("Phone", words)),
    optional(element("Email", words)),
    optional(element("MergedIntoRef", guids_or_empty)),
    optional(consents),
    optional(element("DeletionMark", flags)),
).map(lambda inside: f"<Patient>{inside}</Patient>")
visit = joined(
    patient,
    element("ClinicRef", guids),
    element("CompletedAt", dates),
    st.lists(line, min_size=1, max_size=3).map("".join),
    st.lists(payment, max_size=2).map("".join),
    optional(attribute("referralCode", words).map(lambda code: f"<Promo{code}/>")),
    element("Total", money),
).map(lambda inside: f"<Visit>{inside}</Visit>")
cancel = joined(
    element("VisitRef", guids),
    element("Kind", st.sampled_from(["unposted", "deletion_mark", "refund"])),
    optional(element("RefundDocRef", guids_or_empty)),
    st.lists(
        joined(attribute("no", lines_no), attribute("amount", money)).map(lambda told: f"<Line{told}/>"),
        max_size=2,
    ).map("".join),
).map(lambda inside: f"<Cancel>{inside}</Cancel>")
bodies = {
    "visit.completed": visit,
    "visit.cancelled": cancel,
    "visit.refunded": cancel,
    "patient.upserted": patient,
    "patient.merged": patient,
}


@st.composite
def documents(draw: Any) -> bytes:
    """Anything that the schema allows; mostly with the body of its own kind."""
    event_type = draw(st.sampled_from(sorted(bodies)))
    other = st.sampled_from(sorted(bodies))
    held = bodies[draw(other) if draw(st.integers(0, 9)) == 0 else event_type]
    inside = draw(joined(source, optional(exchange), document, held))
    stamp = draw(joined(optional(attribute("id", guids_or_empty)), attribute("occurredAt", dates_or_empty)))
    text = f'<Event xmlns="urn:umc-loyalty:exchange:1" type="{event_type}"{stamp}>{inside}</Event>'
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig"])))


@thorough
@given(documents())
def test_whatever_is_valid_is_understood_or_breaks_a_rule_beyond_xsd(raw: bytes) -> None:
    assert is_valid(raw), SCHEMA.error_log
    (envelope,) = read_envelopes(raw, None).items
    assert (envelope.dropped.medical, envelope.dropped.unknown) == (0, 0)
    assert told_rule(envelope) in {"", *BEYOND_XSD}


def told_rule(envelope: Envelope) -> str:
    """The rule that the event breaks; "" when it is understood."""
    try:
        fact = mapped_here(envelope)
    except FactInvalidError as refusal:
        return refusal.rule
    return "unknown-kind" if isinstance(fact, UnknownKind) else ""


def test_unknown_fields_are_dropped_where_the_schema_would_refuse_them() -> None:
    """Why the lenient reader is the judge: a base that sends a field more must not lose its visits."""
    text = body("visit_completed__sample.xml").decode().replace("<ClinicRef>", "<Kassa>1</Kassa><ClinicRef>")
    assert not is_valid(text.encode())
    assert understood(text.encode()) == understood(body("visit_completed__sample.xml"))
    assert sample()["visit"]["clinic_ref"] in text
