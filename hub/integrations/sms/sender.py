"""Sending texts: what the gateway's answers mean."""

from uuid import UUID

import httpx

from hub.contracts.messages import SendOutcome, SendSms
from hub.integrations.http import retry_after_s

TIMEOUT_S = 10.0


def send_sms(client: httpx.Client, message: SendSms, *, key: UUID) -> SendOutcome:
    """Send one text under our key. Never raises for what the network or the gateway does."""
    try:
        response = client.post(
            "/send", json={"phone": message.phone, "text": message.text, "client_id": str(key)}
        )
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        return SendOutcome("unreachable", reason=type(error).__name__)
    except httpx.HTTPError as error:
        # The request may have gone out: ask what became of it instead of sending it again.
        return find_outcome(client, key=key, reason=type(error).__name__)
    return _read(response)


def find_outcome(client: httpx.Client, *, key: UUID, reason: str) -> SendOutcome:
    """Ask the gateway whether it has taken a message."""
    try:
        response = client.get("/status", params={"client_id": str(key)})
    except httpx.HTTPError:
        return SendOutcome("uncertain", reason=reason)
    if response.status_code == httpx.codes.NOT_FOUND:
        return SendOutcome("unreachable", reason=reason)
    return _read(response) if response.is_success else SendOutcome("uncertain", reason=reason)


def _read(response: httpx.Response) -> SendOutcome:
    reason = f"http {response.status_code}"
    if response.is_success:
        return SendOutcome("accepted", reference=_reference(response))
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS or response.is_server_error:
        return SendOutcome("unreachable", reason=reason, retry_after_s=retry_after_s(response))
    return SendOutcome("refused", reason=reason)


def _reference(response: httpx.Response) -> str:
    """Give the gateway's own id of the message; what it took it took, even when it stammers."""
    try:
        told = response.json()
    except ValueError:
        return ""
    return str(told.get("message_id", ""))[:100] if isinstance(told, dict) else ""
