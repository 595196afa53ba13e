"""Numbers for Prometheus: requests by route template, the intake, and the queues as they stand.

A registry of its own per application; names of routes, never of people or ids, become labels.
"""

import hmac
import time
from collections.abc import Iterator, Sequence
from datetime import datetime

from fastapi import Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access import OPERATOR, Door
from hub.db.transaction import transaction
from hub.domain.notifications.listing import NoticeLevel, read_level
from hub.inbox.models import InboxState
from hub.inbox.queries import QueueLevel, list_levels
from hub.inbox.store import Receipt
from hub.kernel import clock
from hub.kernel.errors import BusyError
from hub.kernel.settings import settings
from hub.outbox.destinations import list_destinations
from hub.outbox.gate import Breaker
from hub.outbox.models import DeliveryState, OutboxDestination
from hub.outbox.queries import DeliveryLevel
from hub.outbox.queries import list_levels as list_delivery_levels

door = Door("", tag="operations", is_described=False)
_UNMATCHED = "unmatched"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_FLUSH_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)


class Metrics:
    """Everything that is counted in this process; one per application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "hub_http_requests", "Answers by route.", ["method", "route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "hub_http_request_seconds", "Time to the last byte.", ["route"], registry=self.registry
        )
        self._received = Counter(
            "hub_inbox_received", "Webhook events acknowledged.", ["outcome"], registry=self.registry
        )
        self._dropped = Counter(
            "hub_onec_fields_dropped",
            "Fields of 1C that left a body before it was kept (medical), or are kept sealed and never read.",
            ["infobase", "reason"],
            registry=self.registry,
        )
        self._flush = Histogram(
            "hub_inbox_flush_seconds",
            "From a webhook's queueing to its commit.",
            buckets=_FLUSH_BUCKETS,
            registry=self.registry,
        )
        self._refused = Counter(
            "hub_rate_refusals", "Calls told to come back later.", ["rate"], registry=self.registry
        )
        self._uncounted = Counter(
            "hub_rate_uncounted",
            "Calls that Redis did not count: limited by this process alone (local), or let through (open).",
            ["rate", "way"],
            registry=self.registry,
        )
        self.registry.register(_Levels())

    def count_received(self, receipts: Sequence[Receipt]) -> None:
        """Count acknowledged events."""
        for receipt in receipts:
            self._received.labels("duplicate" if receipt.is_duplicate else "new").inc()

    def count_dropped(self, infobase: str, *, medical: int, unknown: int) -> None:
        """Count the fields of one body that no fact will hold."""
        for reason, count in (("medical", medical), ("unknown", unknown)):
            if count:
                self._dropped.labels(infobase, reason).inc(count)

    def count_refused(self, rate: str) -> None:
        """Count a call that was told to come back later."""
        self._refused.labels(rate).inc()

    def count_uncounted(self, rate: str, way: str) -> None:
        """Count a call that Redis did not count."""
        self._uncounted.labels(rate, way).inc()

    def observe_flush(self, seconds: float) -> None:
        """Take in how long a caller waited for the group commit."""
        self._flush.observe(seconds)

    def observe_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Take in one answer."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def accepts(self, authorization: str) -> bool:
        """Tell in constant time whether this is the bearer of HUB_METRICS_TOKEN."""
        token = settings().metrics_token
        if token is None or not token.get_secret_value():
            return False
        return hmac.compare_digest(authorization.encode(), f"Bearer {token.get_secret_value()}".encode())


class RequestMetrics:
    """Counts every answer under its route's template."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on and watch its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun_at_s = time.perf_counter()
        status = 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            route = getattr(scope.get("route"), "path", None) or _UNMATCHED
            # A stranger may invent methods; each label of theirs would stay for ever.
            method = scope["method"] if scope["method"] in _METHODS else "OTHER"
            self._metrics.observe_request(method, route, status, time.perf_counter() - begun_at_s)


@door.get("/metrics", OPERATOR)
def show_metrics(request: Request) -> Response:
    """Write the numbers; for direct callers on this machine, or the bearer of the metrics token."""
    metrics: Metrics = request.app.state.metrics
    return Response(generate_latest(metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


class _Levels(Collector):
    """The queues and destinations as they stand when they are asked about."""

    def collect(self) -> Iterator[Metric]:
        try:
            with transaction() as session:
                levels = list_levels(session)
                deliveries = list_delivery_levels(session)
                destinations = list_destinations(session)
                notices = read_level(session)
        except BusyError:
            return  # the other numbers are wanted most when the database is away
        yield from _tell_queues(levels)
        yield from _tell_deliveries(deliveries)
        yield from _tell_destinations(destinations)
        yield from _tell_notices(notices)

    def describe(self) -> list[Metric]:
        """Name nothing, so that registering asks no database."""
        return []


def _tell_queues(levels: Sequence[QueueLevel]) -> Iterator[Metric]:
    depth = GaugeMetricFamily("hub_queue_depth", "Events that are not done.", labels=["queue", "state"])
    oldest = GaugeMetricFamily(
        "hub_queue_oldest_ready_seconds", "How long the oldest due event waits.", labels=["queue"]
    )
    for level in levels:
        depth.add_metric([level.queue, level.state], level.count)
        if level.state == InboxState.READY:
            oldest.add_metric([level.queue], _age_s(level.oldest_at))
    yield depth
    yield oldest


def _tell_deliveries(levels: Sequence[DeliveryLevel]) -> Iterator[Metric]:
    depth = GaugeMetricFamily(
        "hub_delivery_depth", "Deliveries unfinished or buried.", labels=["destination", "state"]
    )
    oldest = GaugeMetricFamily(
        "hub_delivery_oldest_due_seconds", "How long the oldest due delivery waits.", labels=["destination"]
    )
    for level in levels:
        depth.add_metric([level.destination, level.state], level.count)
        if level.state == DeliveryState.READY:
            oldest.add_metric([level.destination], _age_s(level.oldest_at))
    yield depth
    yield oldest


def _tell_notices(level: NoticeLevel) -> Iterator[Metric]:
    yield GaugeMetricFamily("hub_notice_due", "Notices whose time has come, untold.", value=level.due)
    yield GaugeMetricFamily(
        "hub_notice_oldest_due_seconds",
        "How long the oldest due notice waits.",
        value=_age_s(level.oldest_at),
    )
    yield GaugeMetricFamily("hub_notice_failed", "Notices whose words could not be made.", value=level.failed)


def _tell_destinations(rows: Sequence[OutboxDestination]) -> Iterator[Metric]:
    breaker = GaugeMetricFamily(
        "hub_delivery_breaker", "1 for the state that the circuit is in.", labels=["destination", "state"]
    )
    paused = GaugeMetricFamily("hub_delivery_paused", "1 while paused by a person.", labels=["destination"])
    attempts = CounterMetricFamily(
        "hub_delivery_attempts", "Sends by how they ended.", labels=["destination", "outcome"]
    )
    for row in rows:
        for state in Breaker:
            breaker.add_metric([row.name, state], float(row.breaker == state))
        paused.add_metric([row.name], float(row.paused_at is not None))
        for outcome, count in sorted(row.outcomes.items()):
            attempts.add_metric([row.name, outcome], count)
    yield breaker
    yield paused
    yield attempts


def _age_s(oldest_at: datetime | None) -> float:
    if oldest_at is None:
        return 0
    return max(0, (clock.now() - oldest_at).total_seconds())
