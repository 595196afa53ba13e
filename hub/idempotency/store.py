"""Answer a repeated command with its first answer, byte for byte.

Invariant: per (scope, key) at most one effect. The key is locked first, then looked up, and the
record is written by the transaction that makes the effect, so neither exists without the other.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from hub.db.locks import lock_key
from hub.idempotency.models import IdempotencyRecord
from hub.kernel.errors import ErrorKind, HubError
from hub.kernel.settings import vault

RETRY_AFTER_S = 1


class IdempotencyInProgressError(HubError):
    """The first call with this key is still running; ask again in a moment."""

    code = "idempotency-in-progress"
    kind = ErrorKind.CONFLICT


class IdempotencyKeyReusedError(HubError):
    """The key was used for another body."""

    code = "idempotency-key-reused"
    kind = ErrorKind.INVALID


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A status and body bytes; `is_replayed` when they were kept from the first call."""

    status: int
    body: bytes
    is_replayed: bool = False


def idempotent(
    session: Session, *, scope: str, key: str, request: object, act: Callable[[], KeptAnswer]
) -> KeptAnswer:
    """Run `act` once per (scope, key) and keep its answer; later calls get that answer.

    `scope` = caller + method + path; `request` = the parsed body. Answers of 2xx and 409 are kept,
    others are not. Raises: IdempotencyInProgressError, IdempotencyKeyReusedError.
    """
    if not session.scalar(_TRY_LOCK, {"lock": lock_key(f"idempotency:{scope}\x1f{key}")}):
        raise IdempotencyInProgressError(retry_after_s=RETRY_AFTER_S)
    request_hash = hash_request(request)
    kept = session.scalars(
        select(IdempotencyRecord).where(IdempotencyRecord.scope == scope, IdempotencyRecord.key == key)
    ).first()
    if kept is None:
        answer = act()
        if _is_kept(answer.status):
            sealed = vault().seal(answer.body, context=answer_context(scope, key))
            session.add(
                IdempotencyRecord(
                    scope=scope, key=key, request_hash=request_hash, status=answer.status, sealed=sealed
                )
            )
        return answer
    if kept.request_hash != request_hash:
        raise IdempotencyKeyReusedError
    return KeptAnswer(
        kept.status, vault().open(kept.sealed, context=answer_context(scope, key)), is_replayed=True
    )


def hash_request(request: object) -> bytes:
    """Hash the canonical JSON of a body: key order and blanks do not matter."""
    canonical = json.dumps(request, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).digest()


def _is_kept(status: int) -> bool:
    return 200 <= status < 300 or status == 409  # noqa: PLR2004  # HTTP's own numbers


def answer_context(scope: str, key: str) -> str:
    """Bind a kept answer to its key."""
    return f"idempotency:{scope}:{key}"


_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(:lock)")
