"""The forms that 1C reads, down to the character."""

import json
from datetime import UTC, datetime

from lxml import etree

from api.onec.writing import Amount, Told, local_text, write_json, write_xml


def test_an_amount_is_a_number_with_two_decimals() -> None:
    assert write_json({"a": [Amount(125_000), Amount(-5), Amount(0)]}) == '{"a": [1250.00, -0.05, 0.00]}'


def test_json_is_readable_whatever_the_text() -> None:
    told: dict[str, Told] = {"текст": 'кавычка " и \\ и \n', "n": None, "t": True, "i": 7, "e": [], "o": {}}
    assert json.loads(write_json(told)) == told


def test_xml_is_well_formed_whatever_the_text() -> None:
    wild = "Ёлка <&> \"'\x00\x0b\ud800 ок"
    element = etree.fromstring(write_xml("Item", {"name": wild, "left_out": None}).encode())
    assert element.get("name") == "Ёлка <&> \"' ок"
    assert element.get("left_out") is None


def test_dates_are_the_wall_clock_of_the_zone() -> None:
    instant = datetime(2026, 5, 1, 7, 30, 12, 999_999, tzinfo=UTC)
    assert local_text(instant, "Europe/Moscow") == "2026-05-01T10:30:12"
