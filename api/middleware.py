"""What surrounds every answer: a correlation id, security headers, and a bound on bodies.

Plain ASGI, so that nothing is buffered and context variables reach the endpoint.
"""

import asyncio
from typing import Any, cast

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api.problems import render_problem
from hub.kernel.logging import bind_correlation
from hub.kernel.settings import settings, split_list

BODY_MAX_BYTES = 2 * 1024 * 1024
"""For what machines push; people's forms are far smaller."""
_FORM_MAX_BYTES = 256 * 1024
_BODY_WITHIN_S = 30.0
"""A body that trickles in longer is not waited for: a thousand of them would hold every connection."""
_PUSHED_PREFIXES = ("/api/1c/v1/events", "/api/bitrix24/events/")
_TOO_LARGE = 413
_TOO_SLOW = 408
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
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
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
        state = scope.setdefault("state", {})

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for header, value in _SECURITY_HEADERS.items():
                    headers.setdefault(header, value)
                for header, value in state.get("rate_headers", {}).items():
                    headers[header] = value
                headers.setdefault("Cache-Control", "no-cache" if is_static else "no-store")
                if not settings().is_demo and scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = f"max-age={_YEAR_S}; includeSubDomains"
            await send(message)

        await self._app(scope, receive, add)


def _is_above(declared: str, limit: int) -> bool:
    """Compare by length first: Python refuses to read thousands of digits. "²" is a digit, and no number."""
    digits = declared.lstrip("0")
    return declared.isdecimal() and (len(digits) > len(str(limit)) or int(digits or "0") > limit)


class TrustedProxies:
    """Takes the caller's address from X-Forwarded-For, from our own proxies alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._reading: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Settings are read by the first call: the application is also made without any, to be described."""
        if self._reading is None:
            proxies = split_list(settings().trusted_proxies)
            # uvicorn spells ASGI's types in its own, stricter words.
            self._reading = cast("ASGIApp", ProxyHeadersMiddleware(cast("Any", self._app), proxies))
        await self._reading(scope, receive, send)


class CrossOrigin:
    """Lets pages of the configured origins call, and no others; without any it adds nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._allowing: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Cookies never travel: who calls from elsewhere brings a bearer token."""
        if self._allowing is None:
            origins = split_list(settings().cors_origins)
            self._allowing = (
                CORSMiddleware(
                    self._app,
                    allow_origins=origins,
                    allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
                    allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Correlation-Id"],
                    expose_headers=[
                        "ETag",
                        "Idempotency-Replayed",
                        "RateLimit",
                        "Retry-After",
                        "X-Correlation-Id",
                    ],
                    max_age=600,
                )
                if origins
                else self._app
            )
        await self._allowing(scope, receive, send)


class BodyLimit:
    """Refuses a body above the limit, by its declared length at once, and one that trickles in."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what is read; the rest is never asked for."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bytes_max = BODY_MAX_BYTES if scope["path"].startswith(_PUSHED_PREFIXES) else _FORM_MAX_BYTES
        declared = Headers(scope=scope).get("content-length", "")
        if _is_above(declared, bytes_max):
            answer = render_problem(Request(scope), status=_TOO_LARGE, code="body-too-large")
            await answer(scope, receive, send)
            return
        seen, is_read = 0, False
        deadline_s = asyncio.get_running_loop().time() + _BODY_WITHIN_S

        async def count() -> Message:
            nonlocal seen, is_read
            if is_read:
                return await receive()  # whether the caller has gone away: that may take its time
            try:
                async with asyncio.timeout_at(deadline_s):
                    message = await receive()
            except TimeoutError as error:
                raise HTTPException(_TOO_SLOW) from error
            is_read = not message.get("more_body", False)
            seen += len(message.get("body", b""))
            if seen > bytes_max:
                # Of this class, because FastAPI lets it through where it reads bodies.
                raise HTTPException(_TOO_LARGE)
            return message

        await self._app(scope, count, send)
