"""SMSC.ru: each answer has one meaning; what may have been taken is asked for, never sent again."""

from collections.abc import Callable
from urllib.parse import parse_qs
from uuid import UUID

import httpx
import pytest

from hub.contracts.messages import SendOutcome, SendSms
from hub.contracts.ports import ToldReceipt
from hub.integrations.sms.smsc import SmscSender, write_valid

KEY = UUID("01a20851-b859-7fb4-be26-04d00617ecf4")
MESSAGE = SendSms(phone="+79000000001", text="привет", ttl_s=300)
TAKEN = {"id": str(KEY), "cnt": 2, "cost": "7.005", "balance": "93"}
Answer = Callable[[httpx.Request], httpx.Response]


def sender(client: httpx.Client) -> SmscSender:
    return SmscSender(client, credentials={"login": "clinic", "psw": "secret"}, signature="Clinic")


def ask(answer: Answer) -> SendOutcome:
    with httpx.Client(base_url="http://smsc", transport=httpx.MockTransport(answer)) as client:
        return sender(client).send(MESSAGE, key=KEY)


def told(send: object, status: object = None) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        given = send if request.url.path == "/sys/send.php" else status
        if isinstance(given, Exception):
            raise given
        return given if isinstance(given, httpx.Response) else httpx.Response(200, json=given)

    return answer


def error(code: int) -> dict[str, object]:
    return {"error": "words", "error_code": code}


def test_a_text_goes_under_our_key_with_its_sender_and_its_life() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=TAKEN)

    outcome = ask(answer)
    assert outcome == SendOutcome(
        "accepted", reference=str(KEY), parts=2, cost_kopecks=701, awaits_receipt=True
    )
    [request] = asked
    assert (request.url.path, request.url.query) == ("/sys/send.php", b"")
    assert parse_qs(request.content.decode()) == {
        "login": ["clinic"],
        "psw": ["secret"],
        "fmt": ["3"],
        "phones": ["+79000000001"],
        "mes": ["привет"],
        "id": [str(KEY)],
        "charset": ["utf-8"],
        "cost": ["3"],
        "sender": ["Clinic"],
        "valid": ["00:05"],
    }


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        *((error(code), "refused") for code in (1, 5, 6, 7, 8)),
        *((error(code), "throttled") for code in (2, 3, 4)),
        (error(99), "unreachable"),
        (httpx.Response(503), "unreachable"),
        (httpx.Response(302), "unreachable"),
        (httpx.Response(429, headers={"Retry-After": "7"}), "throttled"),
        (httpx.Response(403), "throttled"),
        (httpx.ConnectError("down"), "unreachable"),
    ],
)
def test_an_answer_has_one_meaning(answer: object, state: str) -> None:
    assert ask(told(answer)).state == state


@pytest.mark.parametrize("code", [2, 3, 4])
def test_what_is_wrong_with_the_account_asks_for_a_long_silence(code: int) -> None:
    outcome = ask(told(error(code)))
    assert (outcome.reason, outcome.retry_after_s) == (f"smsc {code}", 300)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ({"status": 0}, "accepted"),
        ({"status": -3}, "uncertain"),
        (error(2), "uncertain"),
        ("?", "uncertain"),
    ],
)
@pytest.mark.parametrize(
    "lost",
    [
        httpx.ReadTimeout("lost"),
        httpx.Response(200, text="<html>"),
        {},
        *(httpx.Response(code) for code in (500, 502, 504)),
    ],
)
def test_a_lost_answer_is_asked_for_and_never_guessed(lost: object, status: object, state: str) -> None:
    assert ask(told(lost, status)).state == state


@pytest.mark.parametrize(("status", "state"), [({"status": -1}, "accepted"), ({"status": -3}, "throttled")])
def test_an_equal_request_a_moment_ago_may_have_been_this_one(status: object, state: str) -> None:
    assert ask(told(error(9), status)).state == state


@pytest.mark.parametrize(
    ("status", "receipt"),
    [
        ({"status": 1}, ToldReceipt(has_arrived=True, reason="smsc 1")),
        ({"status": 20}, ToldReceipt(has_arrived=False, reason="smsc 20")),
        ({"status": 0}, None),
        ({"status": -3}, None),
        (error(9), None),
        (httpx.Response(500), None),
        (httpx.ReadTimeout("lost"), None),
    ],
)
def test_a_receipt_is_told_when_it_is_known(status: object, receipt: ToldReceipt | None) -> None:
    with httpx.Client(base_url="http://smsc", transport=httpx.MockTransport(told({}, status))) as client:
        assert sender(client).ask_receipt(MESSAGE, key=KEY) == receipt


@pytest.mark.parametrize(
    ("ttl_s", "written"), [(1, "00:01"), (90, "00:01"), (300, "00:05"), (3_660, "01:01"), (10**6, "24:00")]
)
def test_a_life_is_written_as_hours_and_minutes_within_its_bounds(ttl_s: int, written: str) -> None:
    assert write_valid(ttl_s) == written
