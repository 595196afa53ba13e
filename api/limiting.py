"""The limit of a route, asked after its access: by address and subject, or by the caller.

What is counted is named by a keyed hash, so Redis holds no phone, login or code.
"""

import ipaddress
import json
from dataclasses import dataclass

from fastapi import Request

from api.buckets import Bucket, Verdict
from api.callers import Caller
from api.limiter import Limiter
from hub.domain.staff.permissions import Role
from hub.kernel.errors import ErrorKind, HubError
from hub.kernel.phone import find_phone
from hub.kernel.rates import PERIOD_S, RateClass, subject_rate
from hub.kernel.settings import settings, vault

_NETWORK_V6_BITS = 64
_SUBJECT_LENGTH_MAX = 200


class RateLimitedError(HubError):
    """The caller, its address or its subject asks too often; `retry_after_s` says when next."""

    code = "rate-limited"
    kind = ErrorKind.LIMITED


@dataclass(frozen=True, slots=True)
class Limit:
    """How often a route may be called. Without a class: by the caller who was let in."""

    rate: RateClass | None = None
    subject: str = ""
    """Field of a JSON body that is counted too, whoever asks about it: a phone, a login, a code."""

    async def spend(self, request: Request) -> None:
        """Let through or raise RateLimitedError; the numbers stay on the request for its headers."""
        if self.rate is None:
            caller: Caller = request.state.caller
            rate = _rate_of(caller)
            buckets = [Bucket(_name(rate, caller.actor), settings().rate(rate))]
        else:
            rate, count = self.rate, settings().rate(self.rate)
            buckets = [Bucket(_name(rate, read_network(request)), count)]
            subject = _read_subject(await request.body(), self.subject) if self.subject else ""
            if subject:
                buckets.append(Bucket(_name(rate, f"{self.subject}:{subject}"), subject_rate(count)))
        limiter: Limiter = request.app.state.limiter
        verdict = await limiter.spend(rate, buckets)
        if verdict is None:
            return
        request.state.rate_headers = _write_headers(rate, verdict)
        if verdict.is_refused:
            raise RateLimitedError(retry_after_s=verdict.wait_s)


BY_CALLER = Limit()


def read_network(request: Request) -> str:
    """Give the caller's address; of IPv6 the network, because a subscriber has 2^64 addresses."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, _NETWORK_V6_BITS), strict=False))


def _write_headers(rate: RateClass, verdict: Verdict) -> dict[str, str]:
    """Say what is left, in the words of draft-ietf-httpapi-ratelimit-headers."""
    seconds = verdict.wait_s if verdict.is_refused else verdict.empty_in_s
    return {
        "RateLimit-Policy": f'"{rate}";q={verdict.count};w={PERIOD_S}',
        "RateLimit": f'"{rate}";r={verdict.left};t={seconds}',
    }


def _rate_of(caller: Caller) -> RateClass:
    if caller.credential is not None:
        return RateClass.TILL
    return RateClass.CABINET if caller.roles == (Role.PATIENT,) else RateClass.STAFF


def _read_subject(body: bytes, field: str) -> str:
    """Find the subject in a body that may be anything; spelled in one way, so that 8 and +7 are one phone."""
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    given = read.get(field) if isinstance(read, dict) else None
    if not isinstance(given, str):
        return ""
    return find_phone(given) or given.strip().lower()[:_SUBJECT_LENGTH_MAX]


def _name(rate: RateClass, who: str) -> str:
    return f"{rate}:{vault().blind_index('rate', who).hex()[:32]}"
