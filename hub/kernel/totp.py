"""Time-based one-time passwords (RFC 6238): SHA-1, six digits, thirty seconds, as every authenticator has."""

import base64
import hashlib
import hmac
from datetime import datetime
from urllib.parse import quote

from hub.kernel.crypto import same

SECRET_BYTES = 20
STEP_S = 30
DIGITS = 6
# A phone's clock may be off, and people type slowly: one step to either side.
_DRIFT_STEPS = 1


def code_of(secret: bytes, step: int) -> str:
    """Give the code of one step (RFC 4226, dynamic truncation)."""
    digest = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def step_at(instant: datetime) -> int:
    """Number the steps since 1970."""
    return int(instant.timestamp()) // STEP_S


def find_step(secret: bytes, code: str, at: datetime, *, after: int) -> int | None:
    """Find which step near `at` this is the code of; steps up to `after` were used and count no more."""
    now = step_at(at)
    steps = range(now - _DRIFT_STEPS, now + _DRIFT_STEPS + 1)
    fitting = [step for step in steps if same(code_of(secret, step).encode(), code.encode())]
    return next((step for step in fitting if step > after), None)


def write_secret(secret: bytes) -> str:
    """Write a secret as people type it into an authenticator."""
    return base64.b32encode(secret).decode()


def write_uri(secret: bytes, *, issuer: str, account: str) -> str:
    """Write what the QR code for an authenticator says."""
    label = f"{quote(issuer)}:{quote(account)}"
    return f"otpauth://totp/{label}?secret={write_secret(secret)}&issuer={quote(issuer)}"
