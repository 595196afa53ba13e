"""One POST to the hub: who it says it is, how it is signed, what came back."""

import hashlib
import hmac
import time
from dataclasses import dataclass

import httpx

from sandbox.onec.knobs import Knobs

CONNECTIONS_MAX = 160  # lanes, and the hands of parallel copies
STALE_BY_S = 900
RETRY_AFTER_MAX_S = 600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the hub said; `error` names why it said nothing. `items` are the receipts, one per event."""

    status: int | None = None
    error: str = ""
    retry_after_s: float | None = None
    code: str | None = None
    items: tuple[dict[str, object], ...] = ()


class Wire:
    """A client that sends the same bytes as often as asked. Safe to call from several threads."""

    def __init__(self, *, url: str, infobase: str, secret: str) -> None:
        self._url = url
        self._infobase = infobase
        self._secret = secret
        self._client = httpx.Client(
            headers={"User-Agent": "1C+Enterprise/8.3"},
            timeout=30.0,  # the default of 1C's own Connector
            limits=httpx.Limits(max_connections=CONNECTIONS_MAX),
            trust_env=False,
        )

    def post(self, body: bytes, content_type: str | None, knobs: Knobs) -> Answer:
        """Send and wait for the answer; a broken connection is an answer too."""
        headers = {"Content-Type": content_type} if content_type else {}
        headers |= _signature(self._secret, body, knobs.signature)
        secret = self._secret if knobs.credentials == "real" else "forged-by-a-stranger"
        try:
            answer = self._client.post(
                self._url, content=body, headers=headers, auth=httpx.BasicAuth(self._infobase, secret)
            )
        except httpx.HTTPError as error:
            return Answer(error=type(error).__name__)
        return _read(answer)


def _signature(secret: str, body: bytes, habit: str) -> dict[str, str]:
    if habit == "off":
        return {}
    timestamp = str(int(time.time()) - (STALE_BY_S if habit == "stale" else 0))
    key = secret if habit != "wrong" else f"not-{secret}"
    signed = hmac.new(key.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Hub-Timestamp": timestamp, "X-Hub-Signature": f"sha256={signed}"}


def _read(answer: httpx.Response) -> Answer:
    asked = answer.headers.get("Retry-After", "")
    retry_after_s = min(float(asked), RETRY_AFTER_MAX_S) if asked.isdigit() else None
    try:
        told = answer.json()
    except ValueError:
        told = None
    if not isinstance(told, dict):
        return Answer(status=answer.status_code, retry_after_s=retry_after_s)
    items = told.get("items")
    receipts = items if isinstance(items, list) else [told]
    return Answer(
        status=answer.status_code,
        retry_after_s=retry_after_s,
        code=told["code"] if isinstance(told.get("code"), str) else None,
        items=tuple(item for item in receipts if isinstance(item, dict)),
    )
