"""The real application without a socket: ASGI in, ASGI out, the real intake writer behind it."""

import base64
import json
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any, NoReturn
from uuid import UUID

from fastapi import FastAPI

from api.app import create_app
from tests.fuzz.bodies import Body
from tests.fuzz.giants import LIMIT
from tests.fuzz.laws import Understood, require
from tools.seed import INFOBASE, INFOBASE_SECRET

PATH = "/api/1c/v1/events"
_LOGIN = base64.b64encode(f"{INFOBASE}:{INFOBASE_SECRET}".encode())
_CODES = {
    400: {"unparsable", "xml-unsafe"},
    403: {"infobase-foreign"},
    413: {"body-too-large"},
}
"""Every refusal that a body may earn, and its statuses; a 5xx is none of them."""
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_RECEIPT = {"result", "code", "message", "event_id", "receipt_id", "duplicate", "received_no"}
_REFUSAL = {"result", "code", "message", "correlation_id"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the door said: status and code, and the receipts of what it kept."""

    status: int
    code: str
    receipts: tuple[UUID, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer as it came."""

    status: int
    headers: dict[bytes, bytes]
    content: bytes


class AsgiDoor:
    """Sends bodies to a started application."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def send(self, body: Body) -> Told:
        """Send one body. Raises: LawBrokenError when nobody answers, and whatever leaves the application."""
        chunks = _chunks(body)
        told: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            if not chunks:
                return {"type": "http.disconnect"}
            chunk = chunks.pop(0)
            return {"type": "http.request", "body": chunk, "more_body": bool(chunks)}

        async def hear(message: Any) -> None:
            told.append(message)

        await self._app(_scope(body), receive, hear)
        require(told and told[0]["type"] == "http.response.start", "every body is answered")
        content = b"".join(message.get("body", b"") for message in told[1:])
        return Told(told[0]["status"], dict(told[0]["headers"]), content)


@asynccontextmanager
async def open_door() -> AsyncGenerator[AsgiDoor]:
    """Start the application for the length of the block."""
    app = create_app()
    async with app.router.lifespan_context(app):
        yield AsgiDoor(app)


def judged(heard: Told) -> Answer:
    """Check an answer against the contract. Raises: LawBrokenError."""
    status, headers, content = heard.status, heard.headers, heard.content
    require(status < 500, f"no body is answered by 5xx: {status} {content.decode(errors='replace')}")
    require(headers.get(b"content-type") == b"application/json", "1C is answered in JSON")
    require(headers.get(b"x-correlation-id"), "every answer carries its correlation id")
    told = json.loads(content.decode(), object_pairs_hook=_plain_keys, parse_constant=_refuse)
    require(
        status == 202 or told.get("code") in _CODES.get(status, ()), f"an unexpected answer: {status} {told}"
    )
    if status != 202:
        require(told["result"] is False and told.keys() >= _REFUSAL, "a refusal has its shape")
        if told["code"] == "unparsable":
            require(min(told["line"], told["column"]) >= 1, "an unparsable body is told where")
        return Answer(status, told["code"], text=content.decode())
    items = told.get("items", [told])
    require(told["result"] is True and told["message"], "an acknowledgement has its shape")
    require(
        "items" not in told or told.keys() == {"result", "code", "message", "items"}, "an array has its shape"
    )
    for item in items:
        require(item.keys() == _RECEIPT, "a receipt has its shape")
        require(
            item["code"] == ("duplicate" if item["duplicate"] else "accepted"), "the code says what happened"
        )
        require(item["event_id"] and isinstance(item["received_no"], int), "a receipt names the event")
    return Answer(202, told["code"], tuple(UUID(item["receipt_id"]) for item in items), content.decode())


def check_agreement(answer: Answer, understood: Understood, body: Body) -> None:
    """The door answers what the adapter says of the body. Raises: LawBrokenError."""
    expected = "body-too-large" if len(body.content) > LIMIT else understood.verdict
    declared = any(name == b"content-length" and answer.status == 413 for name, _ in body.headers)
    got = "kept" if answer.status == 202 else answer.code
    require(declared or got == expected, f"the door says {got}, the adapter {expected}")


def _scope(body: Body) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": PATH,
        "raw_path": PATH.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"authorization", b"Basic " + _LOGIN), *body.headers],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }


def _chunks(body: Body) -> list[bytes]:
    """Cut the body as a network might; the same body is always cut alike."""
    at = Random(len(body.content)).randrange(len(body.content) + 1)
    return [body.content] if at % 3 else [body.content[:at], b"", body.content[at:]]


def _plain_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    require(len(keys) == len(set(keys)), "no key is told twice")
    require(all(_IDENTIFIER.fullmatch(key) for key in keys), "1C can read every key")
    return dict(pairs)


def _refuse(literal: str) -> NoReturn:
    require(claim=False, law=f"{literal} is no JSON")
    raise ValueError(literal)
