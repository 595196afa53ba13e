"""Identifiers: UUIDv7 outside (sorted by time, so index-friendly), bigint inside hot tables."""

import os
import time
import uuid
from typing import NewType

PatientId = NewType("PatientId", uuid.UUID)
StaffId = NewType("StaffId", uuid.UUID)
AccountId = NewType("AccountId", int)
EntryId = NewType("EntryId", int)


def new_id() -> uuid.UUID:
    """Make a UUIDv7 (RFC 9562): 48 bits of milliseconds, then 74 random bits."""
    millis = time.time_ns() // 1_000_000
    value = (millis << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return uuid.UUID(int=value)


def derived_id(*parts: str) -> uuid.UUID:
    """Make the same UUIDv5 from the same parts, always: an id for those who sent none."""
    return uuid.uuid5(_NAMESPACE, "\x1f".join(parts))


def find_uuid(text: str) -> uuid.UUID | None:
    """Read a canonical UUID, or None: what cannot be an id is simply not found."""
    try:
        return uuid.UUID(text) if len(text) == _CANONICAL_LENGTH else None
    except ValueError:
        return None


_NAMESPACE = uuid.UUID("6f1d9d4e-58c0-5b0e-9d3a-2b8f0a1c7e55")
_CANONICAL_LENGTH = 36
