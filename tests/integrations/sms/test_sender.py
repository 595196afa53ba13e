"""What the gateway's answers mean: taken, refused, try later, or nobody knows."""

from collections.abc import Callable
from uuid import UUID

import httpx
import pytest

from hub.contracts.messages import SendOutcome, SendSms
from hub.integrations.sms.sender import SmsSender

KEY = UUID("01a20851-b859-7fb4-be26-04d00617ecf4")
MESSAGE = SendSms(phone="+79000000001", text="привет")


def send(answer: Callable[[httpx.Request], httpx.Response]) -> SendOutcome:
    with httpx.Client(base_url="http://sms", transport=httpx.MockTransport(answer)) as client:
        return SmsSender(client).send(MESSAGE, key=KEY)


@pytest.mark.parametrize(
    ("response", "state"),
    [
        (httpx.Response(200, json={"message_id": "m1"}), "accepted"),
        (httpx.Response(200, text="OK"), "accepted"),
        (httpx.Response(200, json=["m1"]), "accepted"),
        (httpx.Response(400), "refused"),
        (httpx.Response(401), "throttled"),
        (httpx.Response(402), "throttled"),
        (httpx.Response(403), "throttled"),
        (httpx.Response(302, headers={"Location": "http://elsewhere"}), "refused"),
        (httpx.Response(429, headers={"Retry-After": "7"}), "throttled"),
        (httpx.Response(503), "unreachable"),
    ],
)
def test_an_answer_has_one_meaning(response: httpx.Response, state: str) -> None:
    assert send(lambda _request: response).state == state


def test_the_gateways_wish_to_wait_is_kept() -> None:
    outcome = send(lambda _request: httpx.Response(429, headers={"Retry-After": "7"}))
    assert outcome.retry_after_s == 7


@pytest.mark.parametrize(
    ("known", "state"),
    [
        (httpx.Response(200, json={"message_id": "m1"}), "accepted"),
        (httpx.Response(404), "unreachable"),
        (httpx.Response(500), "uncertain"),
    ],
)
def test_a_lost_answer_is_asked_for_and_never_guessed(known: httpx.Response, state: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/send":
            raise httpx.ReadTimeout("lost", request=request)
        return known

    assert send(answer).state == state


def test_a_gateway_that_cannot_be_asked_leaves_it_uncertain() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("lost", request=request)

    assert send(answer).state == "uncertain"


@pytest.mark.parametrize(
    ("status", "found"), [(200, "taken"), (404, "not-taken"), (500, "unknown"), (401, "unknown")]
)
def test_a_look_up_never_takes_trouble_for_an_answer(status: int, found: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.params["client_id"] == str(KEY)
        return httpx.Response(status, json={})

    with httpx.Client(base_url="http://sms", transport=httpx.MockTransport(answer)) as client:
        assert SmsSender(client).look_up(MESSAGE, key=KEY) == found
