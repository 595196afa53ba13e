"""The same gateway in the tongue of SMSC.ru: /sys/send.php and /sys/status.php, answers of `fmt=3`.

As there, errors come as 200 with a code, and an id given twice is two messages.
"""

import asyncio
import datetime as dt
import hmac
from urllib.parse import parse_qsl

import fastapi

from sandbox.sms import wires
from sandbox.sms.gateway import FaultMode, Gateway, NumberError

PRICE = "3.5"
ERRORS = {
    1: "parameters error",
    2: "authorise error",
    3: "no money",
    7: "invalid number",
    9: "duplicate request, wait a minute",
}
_UNKNOWN, _PASSED_ON, _DELIVERED, _IMPOSSIBLE = -3, 0, 1, 20
_CYRILLIC_PART = 67
Answer = dict[str, object]


class SmscDoors:
    """Two endpoints over one gateway; the token is the API key, or the password of any login."""

    def __init__(self, gateway: Gateway, token: str) -> None:
        self._gateway = gateway
        self._token = token

    async def send(self, request: fastapi.Request) -> Answer:
        asked = dict(parse_qsl((await request.body()).decode()))
        fault = self._gateway.spend_fault()
        if fault == "denied" or not self._is_known(asked):
            return _error(2)
        if fault == "down":
            raise fastapi.HTTPException(503, "down")
        if fault in {"no-money", "limit"}:
            return _error(3 if fault == "no-money" else 9)
        if fault == "slow":
            await asyncio.sleep(self._gateway.delay_s)
        if not asked.get("mes") or not asked.get("id"):
            return _error(1)
        return self._take(request, asked, fault)

    def _take(self, request: fastapi.Request, asked: dict[str, str], fault: FaultMode) -> Answer:
        try:
            self._gateway.take(
                phone=asked.get("phones", ""), text=asked["mes"], client_id=asked["id"], is_key_unique=False
            )
        except NumberError:
            return _error(7)
        if fault == "lost-answer" and request.client is not None:
            wires.cut((request.client.host, request.client.port))
        count = -(-len(asked["mes"]) // _CYRILLIC_PART)
        return {"id": asked["id"], "cnt": count, "cost": PRICE, "balance": "100.00"}

    async def show_status(self, request: fastapi.Request) -> Answer:
        asked = dict(parse_qsl((await request.body()).decode()))
        mode = self._gateway.show_fault()[0]
        if mode == "denied" or not self._is_known(asked):
            return _error(2)
        if mode == "down":
            raise fastapi.HTTPException(503, "down")
        message = self._gateway.find_message(asked.get("id", ""), asked.get("phone", ""))
        if message is None:
            return {"status": _UNKNOWN, "err": 0}
        if message.is_undeliverable:
            return {"status": _IMPOSSIBLE, "err": 1}
        age = dt.datetime.now(dt.UTC) - message.taken_at
        return {"status": _DELIVERED if age >= self._gateway.receipt_after else _PASSED_ON, "err": 0}

    def _is_known(self, asked: dict[str, str]) -> bool:
        secret = asked.get("apikey") or (asked.get("psw", "") if asked.get("login") else "")
        return hmac.compare_digest(secret.encode(), self._token.encode())


def _error(code: int) -> Answer:
    return {"error": ERRORS[code], "error_code": code}
