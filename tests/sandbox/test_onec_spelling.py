"""Every knob of spelling, proved by the bytes on the wire."""

import codecs
import datetime as dt
import decimal
import json
import re
import zoneinfo
from collections.abc import Callable
from typing import Any, get_args

import httpx
import pytest
from lxml import etree

from sandbox.onec.knobs import ANY, Knobs, describe
from tests.sandbox.conftest import Turn
from tests.sandbox.hub_receiver import HubReceiver, Received
from tests.sandbox.stranger_process import ROOT

CORE = "{http://v8.1c.ru/8.1/data/core}"
V8MSG = "{http://v8.1c.ru/messages}"
ED = "{http://v8.1c.ru/edi/edi_stnd/EnterpriseData/1.8}"
SSL = "{http://www.1c.ru/SSL/Exchange/Message}"
OURS = "{urn:umc-loyalty:exchange:1}"
AMOUNT = "1700.50"


@pytest.fixture
def push(onec: httpx.Client, hub: HubReceiver, turn: Turn) -> Callable[..., Received]:
    """Push a visit of 1 700.50 under the given knobs; JSON, undressed, unless they say otherwise."""

    def pushed(**knobs: object) -> Received:
        turn(**{"format": "json", "bom": "never", **knobs})
        answer = onec.post("/visits", json={"amount": AMOUNT})
        sha256 = answer.json()["push"]["sha256"]
        return hub.wait_for(1, lambda received: received.sha256 == sha256)[0]

    return pushed


def read(received: Received) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(received.text, parse_float=decimal.Decimal)
    return event


Push = Callable[..., Received]


def test_the_table_names_every_value_of_every_choice() -> None:
    for knob in describe(Knobs()):
        if knob["kind"] == "choice":
            labels = knob["labels"]
            assert isinstance(labels, dict)
            assert tuple(labels) == get_args(Knobs.model_fields[str(knob["name"])].annotation)


def test_a_serialised_structure_holds_the_event_as_properties(push: Push) -> None:
    root = etree.fromstring(push(format="structure").body)
    names = [each.get("name") for each in root]
    assert root.tag == f"{CORE}Structure"
    assert names[:4] == ["event_id", "event_type", "schema_version", "occurred_at"]
    line = root.find(f"{CORE}Property[@name='visit']/*/{CORE}Property[@name='lines']/{CORE}Value/{CORE}Value")
    assert line is not None
    assert line.findtext(f"{CORE}Property[@name='amount']/{CORE}Value") == AMOUNT


def test_a_message_of_the_exchange_plan_carries_event_and_number(push: Push) -> None:
    root = etree.fromstring(push(format="v8msg", numbered=True).body)
    assert root.tag == f"{V8MSG}Message"
    assert int(root.findtext(f"{V8MSG}Header/{V8MSG}MessageNo") or 0) > 0
    assert root.find(f"{V8MSG}Body/{OURS}Event/{OURS}Visit") is not None
    assert root.find(f".//{OURS}Exchange") is None


def test_a_message_of_enterprise_data_carries_event_and_number(push: Push) -> None:
    root = etree.fromstring(push(format="enterprise", numbered=True).body)
    assert root.tag == "Message"
    assert int(root.findtext(f"{SSL}Header/{SSL}Confirmation/{SSL}MessageNo") or 0) > 0
    assert root.find(f"{ED}Body/{OURS}Event/{OURS}Visit") is not None


@pytest.mark.parametrize(
    ("encoding", "mark", "codec"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-16le", codecs.BOM_UTF16_LE, "utf-16-le"),
        ("utf-16be", codecs.BOM_UTF16_BE, "utf-16-be"),
        ("cp1251", b"", "cp1251"),
    ],
)
def test_bytes_are_in_the_encoding_that_was_asked_for(
    push: Push, encoding: str, mark: bytes, codec: str
) -> None:
    body = push(encoding=encoding).body
    assert body.startswith(mark)
    text = body[len(mark) :].decode(codec)
    assert json.loads(text)["object"]["type"] == "Document.ОказаниеУслуг"


def test_utf_8_bears_a_mark_when_asked(push: Push) -> None:
    assert push(bom="always").body.startswith(codecs.BOM_UTF8 + b"{")
    assert push(bom="never").body.startswith(b"{")


@pytest.mark.parametrize(
    ("prolog", "start"),
    [
        ("honest", b'<?xml version="1.0" encoding="windows-1251"?>'),
        ("lying", b'<?xml version="1.0" encoding="UTF-8"?>'),
        ("none", b"<Event"),
    ],
)
def test_a_prolog_may_lie_or_be_absent(push: Push, prolog: str, start: bytes) -> None:
    received = push(format="xml", encoding="cp1251", prolog=prolog)
    assert received.body.startswith(start)
    assert "Document.ОказаниеУслуг" in received.body.decode("cp1251")


def test_a_content_type_may_be_honest_plain_wrong_or_absent(push: Push) -> None:
    types = {
        habit: push(content_type=habit).headers["Content-Type"]
        for habit in ("honest", "text", "none", "wrong")
    }
    assert types["honest"] in {"application/json", "application/json; charset=utf-8"}
    assert (types["text"], types["none"], types["wrong"]) == ("text/plain", None, "application/xml")


@pytest.mark.parametrize("body_format", ["json", "xml", "structure"])
def test_layout_is_pretty_with_either_line_end_or_one_line(push: Push, body_format: str) -> None:
    crlf, lf, compact = (push(layout=layout, format=body_format).body for layout in ("crlf", "lf", "compact"))
    assert crlf.count(b"\r\n") == crlf.count(b"\n") > 15
    assert b"\r" not in lf
    assert lf.count(b"\n") > 15
    assert compact.count(b"\n") <= 1  # after the prolog of XML


def test_keys_may_be_russian_or_mixed(push: Push) -> None:
    event = read(push(keys="cyrillic"))
    assert {"ТипСобытия", "ДатаСобытия", "Источник"} <= set(event)
    assert "ВидОплаты" in push(keys="cyrillic", format="structure").text
    mixed = push(keys="mixed").text
    assert re.search(r'"[а-яё]+": ', mixed, re.IGNORECASE)
    assert re.search(r'"[a-z_]+": ', mixed)


def test_a_single_row_may_be_an_object(push: Push) -> None:
    assert isinstance(read(push(rows="array"))["visit"]["lines"], list)
    assert read(push(rows="object"))["visit"]["lines"]["amount"] == decimal.Decimal(AMOUNT)


def test_empty_is_said_in_four_ways(push: Push) -> None:
    promos = {
        habit: read(push(empty=habit))["visit"]["promo"] for habit in ("plain", "blank", "braces", "absent")
    }
    assert promos["plain"] == promos["blank"] == {"promo_code": "", "referral_code": ""}
    assert promos["braces"] == {"promo_code": {}, "referral_code": {}}
    assert promos["absent"] == {}


def test_amounts_may_have_commas_and_unbreakable_blanks(push: Push) -> None:
    assert f'"total": {AMOUNT}' in push(decimals="plain").text
    assert '"total": "1\u00a0700,50"' in push(decimals="nbsp").text
    assert '"total": "1\u202f700,50"' in push(decimals="narrow").text
    assert '"total": "1\u00a0700,50"' in push(decimals="narrow", encoding="cp1251").text


def test_numbers_may_be_strings(push: Push) -> None:
    line = read(push(numbers="text"))["visit"]["lines"][0]
    assert (line["no"], line["qty"], line["amount"]) == ("1", "1", AMOUNT)


@pytest.mark.parametrize(
    ("habit", "spelled"),
    [("literal", True), ("text", "true"), ("one", 1), ("istina", "Истина"), ("da", "Да")],
)
def test_a_boolean_has_five_spellings(push: Push, habit: str, spelled: object) -> None:
    posted = read(push(flags=habit))["object"]["posted"]
    assert (posted, type(posted)) == (spelled, type(spelled))


@pytest.mark.parametrize(
    ("habit", "pattern"),
    [
        ("plain", r"[0-9a-f]{8}-[0-9a-f-]{27}"),
        ("braced", r"\{[0-9a-f]{8}-[0-9a-f-]{27}\}"),
        ("upper", r"[0-9A-F]{8}-[0-9A-F-]{27}"),
        ("odata", r"guid'[0-9a-f]{8}-[0-9a-f-]{27}'"),
    ],
)
def test_a_guid_has_four_spellings(push: Push, habit: str, pattern: str) -> None:
    event = read(push(guids=habit))
    for guid in (event["event_id"], event["visit"]["clinic_ref"], event["visit"]["patient"]["ref"]):
        assert re.fullmatch(pattern, guid)


@pytest.mark.parametrize(
    ("habit", "pattern"),
    [
        ("naive", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"),
        ("offset", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0[35]:00"),
        ("zulu", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
        ("russian", r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d"),
        ("microsoft", r"/Date\(\d{13}\)/"),
    ],
)
def test_a_date_has_five_spellings(push: Push, habit: str, pattern: str) -> None:
    event = read(push(dates=habit))
    for date in (event["occurred_at"], event["object"]["date"], event["visit"]["completed_at"]):
        assert re.fullmatch(pattern, date)


@pytest.mark.parametrize("habit", ["naive", "offset", "zulu", "russian", "microsoft"])
def test_every_spelling_of_a_date_is_the_same_instant(push: Push, habit: str) -> None:
    event = read(push(dates=habit))
    written = event["occurred_at"]
    zone = zoneinfo.ZoneInfo(event["source"]["tz"])
    match habit:
        case "microsoft":
            told = dt.datetime.fromtimestamp(int(written[6:-2]) / 1000, dt.UTC)
        case "russian":
            told = dt.datetime.strptime(written, "%d.%m.%Y %H:%M:%S").replace(tzinfo=zone)
        case "naive":
            told = dt.datetime.fromisoformat(written).replace(tzinfo=zone)
        case _:
            told = dt.datetime.fromisoformat(written)
    # A zone that was mistaken would be wrong by hours.
    assert abs(dt.datetime.now(dt.UTC) - told) < dt.timedelta(minutes=30)


def test_xml_never_writes_dates_of_another_platform(push: Push) -> None:
    assert "/Date(" not in push(dates="microsoft", format="xml").text


def test_empty_references_and_dates_may_be_zeros(
    push: Push, onec: httpx.Client, hub: HubReceiver, turn: Turn
) -> None:
    assert read(push(empty_dates="yes"))["visit"]["patient"]["birthday"] == "0001-01-01T00:00:00"
    turn(format="json", zero_refs="yes")
    ref = onec.post("/patients", json={}).json()["patient"]["ref"]
    card = read(hub.wait_for(1, lambda received: ref in received.text)[0])["patient"]
    assert card["merged_into_ref"] == "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize("body_format", ["json", "xml", "structure", "v8msg"])
def test_medical_words_may_stand_in_any_format(push: Push, body_format: str) -> None:
    assert "Диагноз" not in push(format=body_format, medical="no").text
    text = push(format=body_format, medical="yes").text
    assert "Диагноз" in text
    assert "Заключение" in text


def test_events_may_come_as_an_array(push: Push, onec: httpx.Client, hub: HubReceiver) -> None:
    events = json.loads(push(array=1).text)
    assert [event["event_type"] for event in events] == ["visit.completed"]


def test_the_wild_preset_draws_everything_and_the_tidy_one_nothing(onec: httpx.Client, turn: Turn) -> None:
    turn()
    wild = onec.post("/knobs/presets/wild").json()
    tidy = onec.post("/knobs/presets/tidy").json()
    assert {name for name, value in wild.items() if value == ANY} > {"keys", "dates", "guids", "encoding"}
    assert {name for name, value in tidy.items() if value == ANY} == {"content_type"}


def test_the_papers_list_every_knob_with_its_values_and_default() -> None:
    paper = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    rows = {row[0]: row[1:] for row in re.findall(r"^\| `(\w+)` \| (.+?) \| `(.+?)` \|", paper, re.MULTILINE)}
    told = {}
    for knob in describe(Knobs()):
        labels = knob.get("labels", {"true": "", "false": ""})
        assert isinstance(labels, dict)
        is_number = knob["kind"] == "number"
        values = (
            f"{knob['min']} … {knob['max']}" if is_number else " · ".join(f"`{value}`" for value in labels)
        )
        told[knob["name"]] = (values, str(knob["default"]).lower())
    assert rows == told
