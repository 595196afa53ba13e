"""Balances as the till asks for them."""

import re

import pytest
from lxml import etree

from api.onec.shapes import BalanceShape
from tests.api.conftest import FAMILY_PHONE, Hub
from tests.factories.onec import SAMPLE_PATIENT, visit_event

URL = "/api/1c/v1/balances"


def test_a_patient_is_found_by_reference_card_and_phone(hub: Hub) -> None:
    for query in (
        {"patient_ref": SAMPLE_PATIENT},
        {"patient_ref": "{" + SAMPLE_PATIENT.upper() + "}"},
        {"card_code": "ml-7k2q-91xc"},
        {"phone": "8 (900) 000-00-01"},
    ):
        answer = hub.http.get(URL, params=query, headers=hub.onec)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert (told["result"], told["code"], told["has_more"], told["next_cursor"]) == (
            True,
            "ok",
            False,
            "",
        )
        [item] = told["items"]
        assert set(item) == set(BalanceShape.model_fields)
        assert item["patient_ref"] == SAMPLE_PATIENT
        assert item["user_id"] == str(hub.maria_id)
        assert (item["card_code"], item["status"], item["tier"]) == ("ML-7K2Q-91XC", "active", "BASE")


def test_amounts_are_numbers_with_two_decimals_and_dates_are_local(hub: Hub) -> None:
    hub.push_and_drain(visit_event())
    answer = hub.http.get(URL, params={"patient_ref": SAMPLE_PATIENT}, headers=hub.onec)
    assert '"cashback_available": 130.05' in answer.text
    assert '"cashback_pending": 0.00' in answer.text
    assert '"points_available": 0.00' in answer.text
    [item] = answer.json()["items"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", item["as_of"])
    [part] = item["expiring"]
    assert (part["asset"], part["expires_at"][10:]) == ("cashback", "T00:00:00")
    assert not answer.content.startswith(b"\xef\xbb\xbf")


def test_a_family_on_one_phone_gives_several_items(hub: Hub) -> None:
    told = hub.http.get(URL, params={"phone": FAMILY_PHONE}, headers=hub.onec).json()
    assert sorted(item["card_code"] for item in told["items"]) == ["ML-5MNB-18RS", "ML-6HJT-52CD"]


def test_nothing_given_is_422_and_nobody_found_is_404(hub: Hub) -> None:
    empty = hub.http.get(URL, headers=hub.onec)
    assert (empty.status_code, empty.json()["code"], empty.json()["result"]) == (
        422,
        "validation-failed",
        False,
    )
    for query in (
        {"patient_ref": "nonsense"},
        {"patient_ref": "00000000-0000-0000-0000-000000000000"},
        {"card_code": "NO-SUCH-CARD"},
        {"phone": "+79009999999"},
        {"phone": "nonsense"},
    ):
        answer = hub.http.get(URL, params=query, headers=hub.onec)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), query


@pytest.mark.parametrize("accept", ["application/xml", "text/html, application/xml;q=0.9"])
def test_the_xml_twin_says_the_same(hub: Hub, accept: str) -> None:
    hub.push_and_drain(visit_event())
    answer = hub.http.get(URL, params={"patient_ref": SAMPLE_PATIENT}, headers=hub.onec | {"Accept": accept})
    assert answer.headers["Content-Type"].startswith("application/xml")
    root = etree.fromstring(answer.content)
    assert root.tag == "{urn:umc-loyalty:exchange:1}Balances"
    [item] = root
    assert item.get("patientRef") == SAMPLE_PATIENT
    assert (item.get("cashbackAvailable"), item.get("pointsAvailable")) == ("130.05", "0.00")
    assert item.get("cardCode") == "ML-7K2Q-91XC"
