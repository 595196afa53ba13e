"""What surrounds every answer: a correlation id, security headers, and a bound on bodies.

Plain ASGI, so that nothing is buffered and context variables reach the endpoint.
"""

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import render_problem
from hub.kernel.logging import bind_correlation
from hub.kernel.settings import settings

BODY_MAX_BYTES = 2 * 1024 * 1024
_TOO_LARGE = 413
_YEAR_S = 31_536_000
_SECURITY_HEADERS = {
    # No inline script or style anywhere: a stored text that slips through stays a text.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Correlation:
    """Takes the caller's X-Correlation-Id when it is sane, and gives one with every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Bind the id for logs and rows, and name it in the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        structlog.contextvars.clear_contextvars()
        correlation_id = bind_correlation(Headers(scope=scope).get("x-correlation-id"))

        async def name(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Correlation-Id"] = correlation_id
            await send(message)

        await self._app(scope, receive, name)


class SecurityHeaders:
    """Puts the same safe headers on every answer; what the API says is kept out of caches."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers that the answer has not set itself."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_static = scope["path"].startswith("/api/static/")

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for header, value in _SECURITY_HEADERS.items():
                    headers.setdefault(header, value)
                headers.setdefault("Cache-Control", "no-cache" if is_static else "no-store")
                if not settings().is_demo:
                    headers["Strict-Transport-Security"] = f"max-age={_YEAR_S}; includeSubDomains"
            await send(message)

        await self._app(scope, receive, add)


def _is_above(declared: str, limit: int) -> bool:
    """Compare by length first: Python refuses to read thousands of digits. "²" is a digit, and no number."""
    digits = declared.lstrip("0")
    return declared.isdecimal() and (len(digits) > len(str(limit)) or int(digits or "0") > limit)


class BodyLimit:
    """Refuses a body above the limit: by its declared length at once, else as soon as it grows over it."""

    def __init__(self, app: ASGIApp, *, bytes_max: int = BODY_MAX_BYTES) -> None:
        self._app = app
        self._bytes_max = bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what is read; the rest is never asked for."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        if _is_above(declared, self._bytes_max):
            answer = render_problem(Request(scope), status=_TOO_LARGE, code="body-too-large")
            await answer(scope, receive, send)
            return
        seen = 0

        async def count() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._bytes_max:
                # Of this class, because FastAPI lets it through where it reads bodies.
                raise HTTPException(_TOO_LARGE)
            return message

        await self._app(scope, count, send)
