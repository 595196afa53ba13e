"""The gateway's door: POST /send and GET /status for the hub, the rest for whoever looks on."""

import asyncio
import datetime as dt
import hmac
import pathlib
from typing import Annotated

import fastapi
import fastapi.exceptions
import fastapi.responses
import fastapi.staticfiles
import pydantic

from sandbox.sms import wires
from sandbox.sms.gateway import MESSAGES_MAX, FaultMode, Gateway, Message, NumberError
from sandbox.sms.smsc import SmscDoors

STATIC = pathlib.Path(__file__).parent / "static"
RETRY_AFTER_S = 2
Answer = dict[str, object]


class SendOrder(pydantic.BaseModel):
    """One message to one phone."""

    phone: str = pydantic.Field(max_length=32)
    text: str = pydantic.Field(min_length=1, max_length=2000)
    client_id: str = pydantic.Field(min_length=1, max_length=100)


class FaultOrder(pydantic.BaseModel):
    """How the next sends go; without a count, all until told otherwise. `delay_s` is for slow.

    `receipt_after_s`: how old a message is when its arrival is told.
    """

    model_config = pydantic.ConfigDict(extra="forbid")

    mode: FaultMode
    count: int | None = pydantic.Field(default=None, ge=1, le=10_000)
    delay_s: float = pydantic.Field(default=5.0, ge=0, le=120)
    receipt_after_s: float = pydantic.Field(default=0.0, ge=0, le=86_400)


class Doors:
    """The endpoints, over one gateway."""

    def __init__(self, gateway: Gateway, token: str) -> None:
        self._gateway = gateway
        self._token = token

    async def send(self, request: fastapi.Request, order: SendOrder) -> Answer:
        self._authorise(request)
        fault = self._gateway.spend_fault()
        await self._suffer(fault)
        try:
            message_id, is_duplicate = self._gateway.take(
                phone=order.phone, text=order.text, client_id=order.client_id
            )
        except NumberError as error:
            raise fastapi.HTTPException(400, "bad number") from error
        if fault == "lost-answer" and request.client is not None:
            wires.cut((request.client.host, request.client.port))
        return {"message_id": message_id, "duplicate": is_duplicate}

    def show_status(self, request: fastapi.Request, client_id: str) -> Answer:
        self._authorise(request)
        if self._gateway.show_fault()[0] == "down":
            raise fastapi.HTTPException(503, "down")
        message_id = self._gateway.find_message_id(client_id)
        if message_id is None:
            raise fastapi.HTTPException(404, "unknown client_id")
        return {"message_id": message_id, "state": "delivered"}

    def list_messages(
        self,
        phone: str | None = None,
        limit: Annotated[int, fastapi.Query(ge=1, le=MESSAGES_MAX)] = 50,
    ) -> list[Answer]:
        return [_view(message) for message in self._gateway.list_messages(phone, limit)]

    def set_fault(self, order: FaultOrder) -> Answer:
        self._gateway.delay_s = order.delay_s
        self._gateway.receipt_after = dt.timedelta(seconds=order.receipt_after_s)
        self._gateway.set_fault(order.mode, order.count)
        return self.show_fault()

    def show_fault(self) -> Answer:
        mode, left = self._gateway.show_fault()
        return {"mode": mode, "left": left}

    def _authorise(self, request: fastapi.Request) -> None:
        given = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {self._token}".encode()):
            raise fastapi.HTTPException(401, "wrong token", {"WWW-Authenticate": "Bearer"})

    async def _suffer(self, fault: FaultMode) -> None:
        if fault in {"denied", "no-money"}:
            raise fastapi.HTTPException(401 if fault == "denied" else 402, fault)
        if fault == "down":
            raise fastapi.HTTPException(503, "down")
        if fault == "limit":
            raise fastapi.HTTPException(429, "too many", {"Retry-After": str(RETRY_AFTER_S)})
        if fault == "slow":
            await asyncio.sleep(self._gateway.delay_s)


def create_app(gateway: Gateway, token: str) -> fastapi.FastAPI:
    """Build the application; it needs `wires.CuttableProtocol` under it for lost answers."""
    app = fastapi.FastAPI(title="SMS sandbox", docs_url=None, redoc_url=None)
    doors = Doors(gateway, token)
    app.post("/send")(doors.send)
    app.get("/status")(doors.show_status)
    smsc = SmscDoors(gateway, token)
    app.post("/sys/send.php")(smsc.send)
    app.post("/sys/status.php")(smsc.show_status)
    app.get("/messages")(doors.list_messages)
    app.post("/faults")(doors.set_fault)
    app.get("/faults")(doors.show_fault)
    app.get("/", include_in_schema=False)(show_page)
    app.mount("/static", fastapi.staticfiles.StaticFiles(directory=STATIC), name="static")
    app.exception_handler(fastapi.exceptions.RequestValidationError)(answer_invalid)
    return app


def show_page() -> fastapi.responses.FileResponse:
    """Give the page of messages."""
    return fastapi.responses.FileResponse(STATIC / "page.html")


def answer_invalid(_: fastapi.Request, __: Exception) -> fastapi.responses.JSONResponse:
    """Refuse a malformed request as gateways do: 400, and nothing of what was sent."""
    return fastapi.responses.JSONResponse({"detail": "malformed"}, status_code=400)


def _view(message: Message) -> Answer:
    at = message.taken_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"phone": message.phone, "text": message.text, "at": at}
