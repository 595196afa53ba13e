"""Signed bodies of 1C: `X-Hub-Signature: sha256=<hex HMAC(secret, timestamp + "." + raw body)>`.

Required where the infobase is set so, checked wherever one is given. A signature older or newer than
five minutes is refused; a repetition within them is the inbox's to recognise.
"""

from collections.abc import Mapping

from api.callers import Caller
from hub.kernel import clock
from hub.kernel.crypto import same, sign
from hub.kernel.errors import ErrorKind, HubError

_SKEW_MAX_S = 300
_TIMESTAMP_LENGTH_MAX = 12
_PREFIX = "sha256="


class SignatureInvalidError(HubError):
    """The signature is missing, does not fit the body, or its time is more than five minutes off."""

    code = "signature-invalid"
    kind = ErrorKind.UNAUTHENTICATED


def is_signature_due(caller: Caller, headers: Mapping[str, str]) -> bool:
    """Tell whether the body of this request must be read for its signature."""
    required = caller.credential is not None and caller.credential.is_signature_required
    return required or "x-hub-signature" in headers or "x-hub-timestamp" in headers


def verify_signature(caller: Caller, headers: Mapping[str, str], body: bytes) -> None:
    """Check timestamp and signature. Raises: SignatureInvalidError.

    A service without a signing secret of its own signs with the secret that it has just presented.
    """
    timestamp = headers.get("x-hub-timestamp", "")
    given = headers.get("x-hub-signature", "").strip().lower()
    own = caller.credential.signing_secret if caller.credential else None
    expected = _PREFIX + sign(own or caller.secret.encode(), f"{timestamp}.".encode() + body)
    if not _is_recent(timestamp) or not same(expected.encode(), given.encode()):
        raise SignatureInvalidError


def _is_recent(timestamp: str) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _TIMESTAMP_LENGTH_MAX):
        return False
    return abs(int(clock.now().timestamp()) - int(timestamp)) <= _SKEW_MAX_S
