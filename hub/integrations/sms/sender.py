"""Sending texts: what the gateway's answers mean."""

from uuid import UUID

import httpx

from hub.contracts.messages import SendOutcome, SendSms
from hub.contracts.ports import LookUp, ToldReceipt
from hub.integrations.http import retry_after_s

PHASE_TIMEOUT_S = 10.0
"""Connect, write, read: each waits no longer."""
DENIED_S = 300.0
"""A gateway that does not let us in is asked again so often; until then the messages wait, unburnt."""


class SmsSender:
    """The gateway behind the port. Safe to call from several threads."""

    timeout_s = 3 * PHASE_TIMEOUT_S

    def __init__(self, client: httpx.Client) -> None:
        """Keep the client; it pools connections."""
        self._client = client

    def send(self, message: SendSms, *, key: UUID) -> SendOutcome:
        """Send one text under our key. Never raises for what the network or the gateway does."""
        try:
            response = self._client.post(
                "/send", json={"phone": message.phone, "text": message.text, "client_id": str(key)}
            )
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            return SendOutcome("unreachable", reason=type(error).__name__)
        except httpx.HTTPError as error:
            # The request may have gone out: ask what became of it instead of sending it again.
            return self._resolve(message, key, reason=type(error).__name__)
        return _read(response)

    def look_up(self, message: SendSms, *, key: UUID) -> LookUp:
        """Ask the gateway whether it has taken a message."""
        del message
        try:
            response = self._client.get("/status", params={"client_id": str(key)})
        except httpx.HTTPError:
            return "unknown"
        if response.status_code == httpx.codes.NOT_FOUND:
            return "not-taken"
        return "taken" if response.is_success else "unknown"

    def ask_receipt(self, message: SendSms, *, key: UUID) -> ToldReceipt | None:
        """This gateway tells of no arrivals."""
        del message, key
        return None

    def _resolve(self, message: SendSms, key: UUID, *, reason: str) -> SendOutcome:
        found = self.look_up(message, key=key)
        if found == "taken":
            return SendOutcome("accepted", reason=reason)
        return SendOutcome("unreachable" if found == "not-taken" else "uncertain", reason=reason)


def is_denied(response: httpx.Response) -> bool:
    """Tell a refusal of us (credentials, money, rights) from one of the message."""
    return response.status_code in {
        httpx.codes.UNAUTHORIZED,
        httpx.codes.PAYMENT_REQUIRED,
        httpx.codes.FORBIDDEN,
    }


def _read(response: httpx.Response) -> SendOutcome:
    reason = f"http {response.status_code}"
    if response.is_success:
        return SendOutcome("accepted", reference=_reference(response))
    if is_denied(response):
        return SendOutcome("throttled", reason=reason, retry_after_s=DENIED_S)
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return SendOutcome("throttled", reason=reason, retry_after_s=retry_after_s(response))
    if response.is_server_error:
        return SendOutcome("unreachable", reason=reason, retry_after_s=retry_after_s(response))
    return SendOutcome("refused", reason=reason)


def _reference(response: httpx.Response) -> str:
    """Give the gateway's own id of the message; what it took it took, even when it stammers."""
    try:
        told = response.json()
    except ValueError:
        return ""
    return str(told.get("message_id", ""))[:100] if isinstance(told, dict) else ""
