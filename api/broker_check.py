"""Whether the broker answers, within half a second each way: health must not wait for a dead one."""

import redis
from kombu import Connection
from kombu.exceptions import KombuError
from redis.backoff import NoBackoff
from redis.retry import Retry

from hub.kernel.settings import settings

_TIMEOUT_S = 0.5


def find_broker_fault() -> str | None:
    """Ask the broker once; give the class of the error, or None when it answers."""
    url = settings().celery_broker_url
    try:
        if url.startswith(("redis://", "rediss://")):
            _ping_redis(url)
        else:
            _knock(url)
    except (OSError, redis.RedisError, KombuError) as error:
        return type(error).__name__
    return None


def _ping_redis(url: str) -> None:
    client = redis.Redis.from_url(
        url,
        socket_timeout=_TIMEOUT_S,
        socket_connect_timeout=_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),  # the client's own retries would take seconds
    )
    try:
        client.ping()
    finally:
        client.close()


def _knock(url: str) -> None:
    """Open and close a connection without kombu's retries, which would take seconds."""
    with Connection(url, connect_timeout=_TIMEOUT_S) as broker:
        transport = broker.transport
        transport.close_connection(transport.establish_connection())
