"""Passwords as argon2id hashes.

19 MiB and two passes (OWASP's floor): the API hashes in many threads at once inside a small machine,
and 64 MiB each would let forty strangers with wrong passwords take its memory.
"""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hub.domain.staff.rules import PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN
from hub.kernel.errors import FieldInvalidError

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hash_password(password: str) -> str:
    """Hash a password for storage. Raises: FieldInvalidError when it is too short or too long."""
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise FieldInvalidError(field="password")
    return _HASHER.hash(password)


def is_password(password: str, password_hash: str | None) -> bool:
    """Tell whether the password fits the hash; without a hash the same time is spent, and it does not."""
    decoy = _decoy_hash()
    try:
        _HASHER.verify(password_hash or decoy, password[:PASSWORD_LENGTH_MAX])
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None and len(password) <= PASSWORD_LENGTH_MAX


@cache
def _decoy_hash() -> str:
    return _HASHER.hash("nobody has this password")
