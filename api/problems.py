"""The one place where kinds become HTTP statuses and errors become words.

RFC 9457 problems for people and services; 1C gets its own flat shape with the same statuses.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, OperationalError, TimeoutError  # noqa: A004  # the pool's own
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.field_texts import describe_field, describe_fields
from api.languages import prefers_english
from api.problem_texts import PROBLEM_TEXTS
from hub.kernel.errors import BusyError, ErrorKind, HubError
from hub.kernel.logging import current_correlation

STATUSES: Mapping[ErrorKind, int] = MappingProxyType(
    {
        ErrorKind.MALFORMED: 400,
        ErrorKind.UNAUTHENTICATED: 401,
        ErrorKind.FORBIDDEN: 403,
        ErrorKind.NOT_FOUND: 404,
        ErrorKind.CONFLICT: 409,
        ErrorKind.REFUSED: 409,
        ErrorKind.PARKED: 409,
        ErrorKind.TOO_LARGE: 413,
        ErrorKind.UNSUPPORTED: 415,
        ErrorKind.INVALID: 422,
        ErrorKind.LIMITED: 429,
        ErrorKind.BUSY: 503,
        ErrorKind.UPSTREAM: 503,
    }
)
_RETRY_AFTER_S: Mapping[ErrorKind, int] = MappingProxyType(
    {ErrorKind.LIMITED: 60, ErrorKind.BUSY: 2, ErrorKind.UPSTREAM: 30}
)
"""When to come back, where the error itself does not say."""
_ROUTER_CODES: Mapping[int, str] = MappingProxyType(
    {
        400: "unparsable",
        401: "unauthenticated",
        403: "forbidden",
        404: "not-found",
        405: "method-not-allowed",
        408: "body-too-slow",
        413: "body-too-large",
        415: "unsupported-media-type",
        422: "validation-failed",
    }
)
_ONEC_PREFIX = "/api/1c/"
log = structlog.get_logger()


def install_problem_handlers(app: FastAPI) -> None:
    """Turn every error that leaves an endpoint into an answer; the shield turns what is left."""
    app.add_exception_handler(HubError, _answer_hub_error)
    app.add_exception_handler(RequestValidationError, _answer_validation)
    app.add_exception_handler(HTTPException, _answer_router)
    for crowded in (OperationalError, TimeoutError):
        app.add_exception_handler(crowded, _answer_crowded_database)
    app.add_exception_handler(DataError, _answer_unstorable)


def render_problem(
    request: Request,
    *,
    status: int,
    code: str,
    facts: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Write a problem in the caller's language and shape."""
    facts = dict(facts or {})
    is_english = prefers_english(request.headers.get("accept-language", ""))
    is_onec = request.url.path.startswith(_ONEC_PREFIX)
    text = PROBLEM_TEXTS.get(code, PROBLEM_TEXTS["internal"])
    title, detail = (text[2], text[3]) if is_english else (text[0], text[1])
    detail += _position(facts, is_english=is_english)
    correlation = {"correlation_id": current_correlation()}
    if is_onec:
        body = {"result": False, "code": code, "message": detail, **correlation, **facts}
    else:
        body = {
            "type": f"urn:loyalty-hub:problem:{code}",
            "title": title,
            "status": status,
            "detail": detail,
            "instance": request.url.path,
            "code": code,
            **correlation,
            **facts,
        }
    return Response(
        json.dumps(body, ensure_ascii=False).encode(),
        status_code=status,
        media_type="application/json" if is_onec else "application/problem+json",
        headers={**_retry_header(facts), **_challenge(status, is_onec=is_onec), **(headers or {})},
    )


def render_error(request: Request, error: HubError) -> Response:
    """Write an error of the hub as a problem."""
    facts: dict[str, Any] = {name: fact for name, fact in error.facts.items() if fact is not None}
    if error.kind in _RETRY_AFTER_S:
        facts.setdefault("retry_after_s", _RETRY_AFTER_S[error.kind])
    field = facts.pop("field", None)
    if field is not None:
        is_english = prefers_english(request.headers.get("accept-language", ""))
        where = "query" if request.method == "GET" else "body"
        facts["errors"] = [
            describe_field([str(field)], where=where, code="value_error", is_english=is_english)
        ]
    return render_problem(request, status=STATUSES[error.kind], code=error.code, facts=facts)


class UnknownErrorShield:
    """The last net: an error nobody foresaw is logged with its correlation id and told without details."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on; answer 500 when it fails before its answer began."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def watch(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception:
            log.exception("request_failed", method=scope["method"])
            if has_begun:
                raise
            await render_problem(Request(scope), status=500, code="internal")(scope, receive, send)


async def _answer_hub_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HubError)  # registered for this class
    return render_error(request, error)


async def _answer_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # registered for this class
    errors = error.errors()
    broken = next((one for one in errors if one["type"] == "json_invalid"), None)
    if broken is not None:
        position = _find_position(str(error.body), int(broken["loc"][-1]))
        return render_problem(request, status=400, code="unparsable", facts=position)
    is_english = prefers_english(request.headers.get("accept-language", ""))
    facts = {"errors": describe_fields(errors, is_english=is_english)}
    return render_problem(request, status=422, code="validation-failed", facts=facts)


async def _answer_router(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # registered for this class
    code = _ROUTER_CODES.get(error.status_code, "internal")
    return render_problem(request, status=error.status_code, code=code, headers=error.headers)


async def _answer_crowded_database(request: Request, error: Exception) -> Response:
    """A deadlock, a lock or a statement that took too long, no free connection: later it may work."""
    log.warning("database_crowded", error_class=type(getattr(error, "orig", None) or error).__name__)
    return render_error(request, BusyError(resource="database"))


async def _answer_unstorable(request: Request, error: Exception) -> Response:
    """U+0000 is a sign of JSON and of addresses, and no sign of PostgreSQL's; other data errors are ours."""
    assert isinstance(error, DataError)  # registered for this class
    if "NUL" not in str(error.orig):
        raise error
    return render_problem(request, status=422, code="validation-failed")


def _find_position(text: str, index: int) -> dict[str, int]:
    """Give line and column, from 1."""
    return {"line": text.count("\n", 0, index) + 1, "column": index - text.rfind("\n", 0, index)}


def _position(facts: Mapping[str, Any], *, is_english: bool) -> str:
    if "line" not in facts or "column" not in facts:
        return ""
    words = ("Line", "column") if is_english else ("Строка", "столбец")
    return f" {words[0]} {facts['line']}, {words[1]} {facts['column']}."


def _retry_header(facts: Mapping[str, Any]) -> dict[str, str]:
    return {"Retry-After": str(facts["retry_after_s"])} if "retry_after_s" in facts else {}


def _challenge(status: int, *, is_onec: bool) -> dict[str, str]:
    """Say how to authenticate, as HTTP wants of every 401."""
    if status != 401:  # noqa: PLR2004  # HTTP's own number
        return {}
    return {"WWW-Authenticate": 'Basic realm="1c", charset="UTF-8"' if is_onec else "Bearer"}
