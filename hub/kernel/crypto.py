"""Encryption at rest, blind indexes and constant-time comparison.

A sealed value is `key id length | key id | nonce(12) | AES-256-GCM ciphertext+tag`; the caller's
`context` is authenticated with it, so a value moved to another row does not open.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
KEY_BYTES = 32


class SealBrokenError(Exception):
    """The value was altered, belongs elsewhere, or its key is not among ours."""


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals with the current key; opens with any known one, so keys can rotate."""

    current: str
    keys: Mapping[str, AESGCM]
    index_key: bytes

    @property
    def mark(self) -> bytes:
        """What every value begins with that the current key sealed."""
        key_id = self.current.encode()
        return bytes([len(key_id)]) + key_id

    def seal(self, plain: bytes, *, context: str) -> bytes:
        """Encrypt; each call gives other bytes."""
        nonce = os.urandom(_NONCE_BYTES)
        return self.mark + nonce + self.keys[self.current].encrypt(nonce, plain, context.encode())

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """Decrypt. Raises: SealBrokenError."""
        size = sealed[0] if sealed else 0
        key = self.keys.get(sealed[1 : 1 + size].decode(errors="replace"))
        nonce = sealed[1 + size : 1 + size + _NONCE_BYTES]
        if key is None:
            raise SealBrokenError("unknown key")
        try:
            return key.decrypt(nonce, sealed[1 + size + _NONCE_BYTES :], context.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBrokenError("altered") from error

    def blind_index(self, purpose: str, value: str) -> bytes:
        """Make a keyed hash for equality look-ups; the purpose keeps columns apart."""
        message = f"{purpose}\x1f{value}".encode()
        return hmac.new(self.index_key, message, hashlib.sha256).digest()


def make_vault(data_keys: str, index_key: str) -> Vault:
    """Read `id:base64url,…` (the first is current) and the index key. Raises: ValueError."""
    keys: dict[str, AESGCM] = {}
    for part in data_keys.split(","):
        key_id, _, encoded = part.strip().partition(":")
        keys[key_id] = AESGCM(read_key(encoded))
    return Vault(current=next(iter(keys)), keys=keys, index_key=read_key(index_key))


def read_key(encoded: str) -> bytes:
    """Read a base64url key of exactly 32 bytes. Raises: ValueError."""
    key = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    if len(key) != KEY_BYTES:
        raise ValueError("a key is 32 bytes in base64url")
    return key


def secret_hash(secret: str) -> bytes:
    """Hash a high-entropy secret for storage; not for passwords."""
    return hashlib.sha256(secret.encode()).digest()


def same(left: bytes, right: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(left, right)


def sign(secret: bytes, message: bytes) -> str:
    """HMAC-SHA256 in hex."""
    return hmac.new(secret, message, hashlib.sha256).hexdigest()
