"""SMSC.ru behind the port, by its HTTP API (smsc.ru/api/http): what its answers mean.

Its ids need not be unique: the same id sent twice is two texts on the phone. So what may have been taken is
looked up and never sent again blindly. What is wrong with the account (credentials, money, a blocked
address) stops the destination and costs no message anything.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from uuid import UUID

import httpx

from hub.contracts.messages import SendOutcome, SendSms
from hub.contracts.ports import LookUp, ToldReceipt
from hub.integrations.http import retry_after_s
from hub.integrations.sms.sender import DENIED_S, PHASE_TIMEOUT_S, is_denied

AGAIN_S = 60.0
"""Its limits on equal and simultaneous requests are by the minute."""
_VALID_MIN_S, _VALID_MAX_S = 60, 24 * 3_600
_ACCOUNT_ERRORS = frozenset({2, 3, 4})
"""Wrong login or password; no money; the address is blocked after many errors."""
_MESSAGE_ERRORS = frozenset({1, 5, 6, 7, 8})
"""Bad parameters, date or number; a forbidden text or sender; it cannot be delivered there."""
_REPEATED = 9
_UNKNOWN_MESSAGE = -3
_ARRIVED = frozenset({1, 2, 4})
"""Delivered, read, link clicked."""
_FAILED = frozenset({3, 20, 22, 23, 24, 25})
"""Its time ran out; impossible, wrong number, forbidden, no money, out of reach."""


class SmscSender:
    """The account behind the port. Safe to call from several threads."""

    timeout_s = 3 * PHASE_TIMEOUT_S

    def __init__(self, client: httpx.Client, *, credentials: Mapping[str, str], signature: str = "") -> None:
        """`credentials`: login and psw, or apikey. `signature`: the name that texts come from."""
        self._client = client
        self._credentials = dict(credentials)
        self._signature = signature

    def send(self, message: SendSms, *, key: UUID) -> SendOutcome:
        """Send one text under our key. Never raises for what the network or the gateway does."""
        fields = {
            "phones": message.phone,
            "mes": message.text,
            "id": str(key),
            "charset": "utf-8",
            "cost": "3",
        }
        if self._signature:
            fields["sender"] = self._signature
        if message.ttl_s is not None:
            fields["valid"] = write_valid(message.ttl_s)
        try:
            response = self._ask("send", fields)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            return SendOutcome("unreachable", reason=type(error).__name__)
        except httpx.HTTPError as error:
            return self._resolve(message, key, reason=type(error).__name__)
        if not response.is_success:
            return self._read_refusal(message, key, response)
        told = _read(response)
        if "error_code" in told:
            return self._read_error(message, key, told)
        if "id" not in told:
            return self._resolve(message, key, reason="answer-unreadable")
        return SendOutcome(
            "accepted",
            reference=str(told["id"]),
            parts=_number(told.get("cnt")),
            cost_kopecks=_kopecks(told.get("cost")),
            awaits_receipt=True,
        )

    def look_up(self, message: SendSms, *, key: UUID) -> LookUp:
        """Ask whether a message was taken."""
        status = self._ask_status(message, key)
        if status is None:
            return "unknown"
        return "not-taken" if status == _UNKNOWN_MESSAGE else "taken"

    def ask_receipt(self, message: SendSms, *, key: UUID) -> ToldReceipt | None:
        """Ask whether a message arrived; None: not known yet."""
        status = self._ask_status(message, key)
        return None if status is None else read_receipt(status)

    def _read_refusal(self, message: SendSms, key: UUID, response: httpx.Response) -> SendOutcome:
        reason, wish_s = f"http {response.status_code}", retry_after_s(response)
        if is_denied(response):
            return SendOutcome("throttled", reason=reason, retry_after_s=DENIED_S)
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            return SendOutcome("throttled", reason=reason, retry_after_s=wish_s)
        if response.is_server_error and response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            # The word of a proxy, or of a crash: who stands behind it may have taken the text.
            return self._resolve(message, key, reason=reason)
        return SendOutcome("unreachable", reason=reason, retry_after_s=wish_s)

    def _read_error(self, message: SendSms, key: UUID, told: Mapping[str, object]) -> SendOutcome:
        code = _number(told["error_code"])
        reason = f"smsc {code}"
        if code in _ACCOUNT_ERRORS:
            return SendOutcome("throttled", reason=reason, retry_after_s=DENIED_S)
        if code in _MESSAGE_ERRORS:
            return SendOutcome("refused", reason=reason)
        if code == _REPEATED:
            # Too many at once, or this very text a moment ago: then it has been taken.
            found = self.look_up(message, key=key)
            if found == "not-taken":
                return SendOutcome("throttled", reason=reason, retry_after_s=AGAIN_S)
            return _found(found, reason)
        return SendOutcome("unreachable", reason=reason)

    def _resolve(self, message: SendSms, key: UUID, *, reason: str) -> SendOutcome:
        """The request may have gone out: ask what became of it instead of sending it again.

        «Not found» this soon proves nothing, for the gateway may still be at it: it is asked again later.
        """
        return _found(self.look_up(message, key=key), reason)

    def _ask_status(self, message: SendSms, key: UUID) -> int | None:
        try:
            response = self._ask("status", {"phone": message.phone, "id": str(key)})
        except httpx.HTTPError:
            return None
        told = _read(response) if response.is_success else {}
        return None if "error_code" in told else _number(told.get("status"))

    def _ask(self, what: str, fields: Mapping[str, str]) -> httpx.Response:
        return self._client.post(f"/sys/{what}.php", data={**self._credentials, "fmt": "3", **fields})


def write_valid(ttl_s: int) -> str:
    """Write how long the operator may try: hh:mm, from a minute to a day."""
    minutes = min(max(ttl_s, _VALID_MIN_S), _VALID_MAX_S) // 60
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def read_receipt(status: int) -> ToldReceipt | None:
    """Tell what a status says of the arrival; None: nothing yet."""
    if status in _ARRIVED:
        return ToldReceipt(has_arrived=True, reason=f"smsc {status}")
    return ToldReceipt(has_arrived=False, reason=f"smsc {status}") if status in _FAILED else None


def _found(found: LookUp, reason: str) -> SendOutcome:
    if found == "taken":
        return SendOutcome("accepted", reason=reason, awaits_receipt=True)
    return SendOutcome("uncertain", reason=reason)


def _read(response: httpx.Response) -> Mapping[str, object]:
    try:
        told = response.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _number(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None


def _kopecks(value: object) -> int | None:
    """Roubles as it writes them: "1.4"; what is finer than a kopeck is rounded up, so that costs add up."""
    try:
        return int((Decimal(str(value)) * 100).to_integral_value(rounding="ROUND_CEILING"))
    except (InvalidOperation, ValueError):
        return None
