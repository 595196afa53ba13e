"""The chain's arithmetic, pure: what of a record is hashed, how a link follows another, how a head is signed.

A link's hash covers its number, every column of its record and the hash before it; so a record that was
changed, left out, put in or moved shows at its own link, and a cut tail against any head signed after it.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.audit.models import AuditRecord
from hub.kernel.clock import to_wire
from hub.kernel.crypto import read_key
from hub.kernel.settings import settings

GENESIS = bytes(32)
"""What stands before the first link."""
_DOMAIN = b"hub-audit-head-v1\n"
_KEY_ID_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Head:
    """The chain's end, as signed once."""

    seq: int
    hash: bytes
    signed_at: datetime
    key_id: str
    signature: bytes


def link_hash(before: bytes, seq: int, record: AuditRecord) -> bytes:
    """Hash a record as the link `seq` after `before`."""
    return hashlib.sha256(before + canonical(seq, record)).digest()


def canonical(seq: int, record: AuditRecord) -> bytes:
    """Write a record in the one way that is hashed: every column, keys sorted, ASCII, no blanks."""
    columns: list[Any] = [
        seq,
        record.id,
        to_wire(record.at),
        record.actor,
        record.action,
        record.object_type,
        record.object_id,
        record.details,
        record.correlation_id,
        record.before,
        record.after,
        record.on_behalf_of,
    ]
    return json.dumps(columns, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def sign_head(seq: int, chain_hash: bytes, signed_at: datetime) -> Head:
    """Sign the chain's end with the first of HUB_AUDIT_KEYS."""
    key_id, key = next(iter(_keys().items()))
    return Head(seq, chain_hash, signed_at, key_id, key.sign(_message(seq, chain_hash, signed_at)))


def is_signed(head: Head) -> bool:
    """Tell whether the head was signed with one of this hub's keys."""
    key = _keys().get(head.key_id)
    if key is None:
        return False
    try:
        key.public_key().verify(head.signature, _message(head.seq, head.hash, head.signed_at))
    except InvalidSignature:
        return False
    return True


def _message(seq: int, chain_hash: bytes, signed_at: datetime) -> bytes:
    return _DOMAIN + f"{seq}\n{chain_hash.hex()}\n{to_wire(signed_at)}".encode()


@cache
def _keys() -> dict[str, Ed25519PrivateKey]:
    """Read the keys, each named by its public half."""
    keys = {}
    for part in settings().audit_keys.get_secret_value().split(","):
        key = Ed25519PrivateKey.from_private_bytes(read_key(part.strip()))
        digest = hashlib.sha256(key.public_key().public_bytes_raw()).digest()
        keys[base64.urlsafe_b64encode(digest).decode()[:_KEY_ID_LENGTH]] = key
    return keys
