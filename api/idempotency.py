"""Idempotency-Key at the door: the first answer again, byte for byte, refusals by a rule included.

For every endpoint that moves value or creates an object of value; others may offer it.
"""

from collections.abc import Callable
from typing import Annotated

from fastapi import Header, Request
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.callers import Caller
from api.problems import STATUSES, render_error
from hub.db.transaction import savepoint
from hub.idempotency.store import KeptAnswer, idempotent
from hub.kernel.errors import ErrorKind, HubError

KEY_LENGTH_MAX = 200
OptionalKey = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=KEY_LENGTH_MAX)]
_CONFLICT = 409


class IdempotencyKeyRequiredError(HubError):
    """The call moves value, so its repetition must be told from a second call."""

    code = "idempotency-key-required"
    kind = ErrorKind.MALFORMED


def require_key(key: str | None) -> str:
    """Give the key. Raises: IdempotencyKeyRequiredError."""
    if key is None:
        raise IdempotencyKeyRequiredError
    return key


def answer_once(
    session: Session,
    request: Request,
    *,
    caller: Caller,
    key: str | None,
    body: BaseModel | None,
    status: int,
    act: Callable[[], BaseModel],
) -> Response:
    """Do `act` once per caller, method, path and key, inside the endpoint's transaction.

    A refusal with 409 undoes its own work and is kept as the answer. Without a key it is simply done.
    Raises: IdempotencyInProgressError, IdempotencyKeyReusedError, and what `act` raises with other kinds.
    """
    if key is None:
        return _write(KeptAnswer(status, _dump(act())))
    return _write(
        idempotent(
            session,
            scope=f"{caller.actor} {request.method} {request.url.path}",
            key=key,
            request=body.model_dump(mode="json") if body is not None else None,
            act=lambda: _attempt(session, request, status, act),
        )
    )


def _attempt(session: Session, request: Request, status: int, act: Callable[[], BaseModel]) -> KeptAnswer:
    try:
        with savepoint(session):
            return KeptAnswer(status, _dump(act()))
    except HubError as error:
        if STATUSES[error.kind] != _CONFLICT:
            raise
        return KeptAnswer(_CONFLICT, bytes(render_error(request, error).body))


def _dump(told: BaseModel) -> bytes:
    return told.model_dump_json().encode()


def _write(kept: KeptAnswer) -> Response:
    media_type = "application/problem+json" if kept.status == _CONFLICT else "application/json"
    headers = {"Idempotency-Replayed": "true"} if kept.is_replayed else {}
    return Response(kept.body, status_code=kept.status, media_type=media_type, headers=headers)
