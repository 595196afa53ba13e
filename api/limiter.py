"""Who asks too often is asked to wait. Redis counts; without it each class degrades in its own way.

Sign-in and public look-ups go on under the same limits counted by this process alone, so an outage opens no
door to guessing; the cabinet, staff and tills are let through, and a metric tells. One-time codes and
failed passwords have counters of their own in PostgreSQL, which no outage of Redis touches.
"""

import time
from collections.abc import Callable, Sequence

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.commands.core import AsyncScript
from redis.exceptions import RedisError

from api.buckets import SPEND_LUA, Bucket, LocalBuckets, Verdict, read_verdict
from hub.kernel.rates import PERIOD_S, RateClass
from hub.kernel.settings import settings

CLOSED_WITHOUT_REDIS = frozenset({RateClass.SIGN_IN, RateClass.LOOK_UP})
"""Classes that keep a limit when Redis is away."""
_TIMEOUT_S = 0.25
_CONNECTIONS_MAX = 8
_AWAY_S = 5.0
"""How long Redis is left alone after it failed: a dead one must not slow every call."""
log = structlog.get_logger()


class Limiter:
    """The buckets of one API process."""

    def __init__(
        self, *, on_refused: Callable[[str], None], on_uncounted: Callable[[str, str], None]
    ) -> None:
        """Open nothing yet: settings are read by the first call."""
        self._on_refused = on_refused
        self._on_uncounted = on_uncounted
        self._local = LocalBuckets()
        self._script: AsyncScript | None = None
        self._redis: Redis | None = None
        self._away_until_s = 0.0
        self._is_away = False

    async def spend(self, rate: RateClass, buckets: Sequence[Bucket]) -> Verdict | None:
        """Count one call in every bucket, or in none when one is full; None: nobody counts just now."""
        verdict = await self._spend_shared(buckets)
        if verdict is None:
            is_closed = rate in CLOSED_WITHOUT_REDIS
            self._on_uncounted(rate, "local" if is_closed else "open")
            verdict = self._local.spend(buckets) if is_closed else None
        if verdict is not None and verdict.is_refused:
            self._on_refused(rate)
        return verdict

    def forget_outage(self) -> None:
        """Ask Redis again with the next call."""
        self._away_until_s = 0.0

    async def stop(self) -> None:
        """Close the connections."""
        if self._redis is not None:
            await self._redis.aclose()

    async def _spend_shared(self, buckets: Sequence[Bucket]) -> Verdict | None:
        if time.monotonic() < self._away_until_s:
            return None
        counts = [bucket.count for bucket in buckets]
        try:
            told = await self._get_script()(
                keys=[f"hub:rate:{bucket.key}" for bucket in buckets], args=[PERIOD_S * 1_000_000, *counts]
            )
        except (RedisError, OSError) as error:
            self._away_until_s = time.monotonic() + _AWAY_S
            if not self._is_away:
                log.warning("rates_uncounted", error_class=type(error).__name__)
            self._is_away = True
            return None
        if self._is_away:
            log.info("rates_counted_again")
        self._is_away = False
        return read_verdict(buckets, told)

    def _get_script(self) -> AsyncScript:
        """Connect with the first call, on the loop that serves."""
        if self._script is None:
            pool = BlockingConnectionPool.from_url(
                settings().redis_url.get_secret_value(),
                max_connections=_CONNECTIONS_MAX,
                timeout=_TIMEOUT_S,
                socket_timeout=_TIMEOUT_S,
                socket_connect_timeout=_TIMEOUT_S,
                retry=Retry(NoBackoff(), 0),
            )
            self._redis = Redis.from_pool(pool)
            self._script = self._redis.register_script(SPEND_LUA)
        return self._script
