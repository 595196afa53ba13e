"""A person's words about a request: sealed for its row."""

from uuid import UUID

from hub.kernel.settings import vault


def seal_reason(approval_id: UUID, reason: str) -> bytes:
    """Encrypt the words."""
    return vault().seal(reason.encode(), context=reason_context(approval_id))


def open_reason(approval_id: UUID, sealed: bytes) -> str:
    """Decrypt the words. Raises: SealBrokenError."""
    return vault().open(sealed, context=reason_context(approval_id)).decode()


def reason_context(approval_id: UUID) -> str:
    """Bind the words to their row."""
    return f"approval:{approval_id}:reason"
