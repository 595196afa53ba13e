"""How values of staff and services are sealed: each is bound to its row."""

from uuid import UUID

from hub.kernel.settings import vault


def seal_name(staff_id: UUID, name: str) -> bytes:
    """Encrypt a name for its row."""
    return vault().seal(name.encode(), context=name_context(staff_id))


def open_name(staff_id: UUID, sealed: bytes) -> str:
    """Decrypt a name. Raises: SealBrokenError."""
    return vault().open(sealed, context=name_context(staff_id)).decode()


def seal_signing_secret(login: str, secret: str) -> bytes:
    """Encrypt a signing secret; bound to the login, which is known before the row's id is."""
    return vault().seal(secret.encode(), context=signing_context(login))


def open_signing_secret(login: str, sealed: bytes) -> bytes:
    """Decrypt a signing secret. Raises: SealBrokenError."""
    return vault().open(sealed, context=signing_context(login))


def name_context(staff_id: UUID) -> str:
    """Bind a sealed name to its row."""
    return f"staff:{staff_id}:name"


def signing_context(login: str) -> str:
    """Bind a sealed signing secret to its login."""
    return f"service_credential:{login}:signing_secret"
