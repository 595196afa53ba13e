"""Health, readiness, metrics, and the pages that the API serves itself."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from api.version import VERSION
from hub.db.transaction import transaction
from hub.health.models import Health
from hub.health.signals import record_signal
from hub.inbox.intake import Intake
from hub.kernel.errors import BusyError
from hub.kernel.settings import settings
from tests.api.conftest import Hub, bearer
from tests.conftest import ROOT, Servers
from tests.factories.onec import visit_event
from tests.outbox.orders import UNREACHABLE, claim, enqueue, order, record, set_gate

CHECKS = {"database", "broker", "workers", "scheduler", "ledger", "onec", "bitrix24", "mail", "sms"}


def signal(name: str, status: Health = Health.OK, detail: str = "") -> None:
    with transaction() as session:
        record_signal(session, name, status, detail)


def everybody_speaks() -> None:
    for name in ("workers:core", "workers:io", "workers:slow", "scheduler", "relay", "ledger"):
        signal(name)


def test_health_is_ok_when_every_part_has_spoken(hub: Hub) -> None:
    everybody_speaks()
    answer = hub.http.get("/api/health")
    told = answer.json()
    assert (answer.status_code, told["status"], told["version"]) == (200, "ok", VERSION)
    assert set(told["checks"]) == CHECKS
    assert all(set(check) == {"status", "detail", "since"} for check in told["checks"].values())
    assert told["checks"]["mail"] == {"status": "off", "detail": "вестей ещё не было", "since": None}


def test_a_silent_worker_degrades_health_and_is_named(hub: Hub) -> None:
    everybody_speaks()
    with transaction() as session:
        session.connection().exec_driver_sql(
            "UPDATE health_signal SET seen_at = now() - interval '46 seconds' WHERE name = 'workers:io'"
        )
    answer = hub.http.get("/api/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    workers = answer.json()["checks"]["workers"]
    assert (workers["status"], workers["detail"]) == ("degraded", "нет вестей: io")


def test_a_violated_ledger_makes_the_hub_unfit(hub: Hub) -> None:
    everybody_speaks()
    signal("ledger", Health.DOWN, "balance")
    answer = hub.http.get("/api/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "down")
    assert answer.json()["checks"]["ledger"]["detail"] == "balance"


def test_a_sick_gateway_only_degrades(hub: Hub) -> None:
    everybody_speaks()
    signal("sms", Health.DOWN, "http-503")
    answer = hub.http.get("/api/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"paused_at": "2026-05-01T09:00:00Z", "paused_by": "staff:1"}, "отправка приостановлена оператором"),
        ({"breaker": "open", "open_until": "2050-05-01T09:00:00Z"}, "отправка остановлена; проба 2050-05-01"),
        ({"breaker": "half_open", "open_until": "2026-05-01T09:00:00Z"}, "идёт пробная отправка"),
        ({"held_until": "2050-05-01T09:00:00Z"}, "просит подождать до 2050-05-01"),
    ],
    ids=["paused", "open", "half-open", "held"],
)
def test_what_keeps_messages_back_is_said_in_words(
    hub: Hub, clean: Servers, columns: dict[str, str], words: str
) -> None:
    everybody_speaks()
    set_gate(clean, **columns)
    checks = hub.http.get("/api/health").json()["checks"]
    assert checks["sms"]["status"] == "degraded"
    assert words in checks["sms"]["detail"]
    assert checks["mail"]["status"] == "off"


def test_a_dead_broker_degrades_and_stays_ready(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    everybody_speaks()
    dead = settings().model_copy(update={"broker_url": type(settings().redis_url)("redis://127.0.0.1:1/0")})
    monkeypatch.setattr("api.broker_check.settings", lambda: dead)
    answer = hub.http.get("/api/health")
    assert (answer.status_code, answer.json()["checks"]["broker"]["status"]) == (200, "degraded")
    assert hub.http.get("/api/readyz").status_code == 200


def test_a_dead_database_is_503_everywhere_but_in_livez(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise BusyError(resource="database")

    monkeypatch.setattr("api.health.transaction", fail)
    monkeypatch.setattr("api.metrics.transaction", fail)
    health = hub.http.get("/api/health")
    assert (health.status_code, health.json()["checks"]["database"]["status"]) == (503, "down")
    assert set(health.json()["checks"]) == CHECKS
    ready = hub.http.get("/api/readyz")
    assert (ready.status_code, ready.json()["code"], ready.headers["Retry-After"]) == (503, "busy", "2")
    assert hub.http.get("/api/livez").json() == {"status": "ok"}
    assert hub.http.get("/metrics").status_code == 200


def test_a_dead_intake_writer_is_not_ready(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Intake, "is_alive", lambda _self: False)
    assert hub.http.get("/api/readyz").status_code == 503


def test_a_schema_that_lacks_a_table_is_not_ready(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    class Expected:
        tables = frozenset({"inbox_event", "a_table_of_tomorrow"})

    monkeypatch.setattr("api.health.metadata", Expected)
    assert hub.http.get("/api/readyz").status_code == 503


def test_metrics_count_answers_by_route_template_and_events(hub: Hub) -> None:
    hub.push(visit_event())
    hub.http.get(f"/api/loyalty/balance/{hub.maria_id}", headers=hub.patient())
    hub.http.get("/api/no/such/path")
    told = hub.http.get("/metrics").text
    assert re.search(
        r'hub_http_requests_total\{method="GET",route="/api/loyalty/balance/\{user_id\}",status="200"\}', told
    )
    assert 'route="unmatched",status="404"' in told
    assert 'hub_inbox_received_total{outcome="new"}' in told
    assert "hub_inbox_flush_seconds_count" in told
    assert 'hub_queue_depth{queue="core",state="ready"} 1.0' in told
    assert 'hub_queue_oldest_ready_seconds{queue="core"}' in told
    assert str(hub.maria_id) not in told
    assert "/api/no/such/path" not in told


def test_metrics_tell_how_deliveries_and_destinations_stand(hub: Hub) -> None:
    enqueue(*[order(f"k{number}") for number in range(7)])
    record(claim(), UNREACHABLE)
    told = hub.http.get("/metrics").text
    for line in (
        'hub_delivery_depth{destination="sms",state="ready"} 7.0',
        'hub_delivery_oldest_due_seconds{destination="sms"}',
        'hub_delivery_breaker{destination="sms",state="open"} 1.0',
        'hub_delivery_breaker{destination="sms",state="closed"} 0.0',
        'hub_delivery_breaker{destination="email",state="closed"} 1.0',
        'hub_delivery_paused{destination="sms"} 0.0',
        'hub_delivery_attempts_total{destination="sms",outcome="unreachable"} 7.0',
    ):
        assert line in told, line


def test_metrics_are_for_direct_loopback_callers_or_the_bearer_of_the_token(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = {"X-Real-IP": "203.0.113.7"}
    assert hub.http.get("/metrics").status_code == 200
    assert hub.http.get("/metrics", headers=far).status_code == 401
    secret = type(settings().redis_url)("metrics-token-of-tests")
    chosen = settings().model_copy(update={"metrics_token": secret})
    monkeypatch.setattr("api.metrics.settings", lambda: chosen)
    assert hub.http.get("/metrics", headers=far | bearer("metrics-token-of-tests")).status_code == 200
    assert hub.http.get("/metrics", headers=far | bearer("wrong")).status_code == 401


class References(HTMLParser):
    """Collects what a page loads and whether it has anything inline."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.linked: list[str] = []
        self.has_inline = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in {"script", "link", "img"}:
            self.loaded.append(given.get("src") or given.get("href") or "")
        if tag == "a":
            self.linked.append(given.get("href") or "")
        is_inline = tag == "style" or (tag == "script" and "src" not in given)
        self.has_inline |= is_inline or any(name == "style" or name.startswith("on") for name in given)


@pytest.mark.parametrize("path", ["/", "/admin", "/api", "/api/docs", "/api/redoc"])
def test_pages_load_only_our_own_files_and_nothing_inline(hub: Hub, path: str) -> None:
    answer = hub.http.get(path)
    assert answer.status_code == 200
    page = References()
    page.feed(answer.text)
    assert not page.has_inline
    assert page.loaded
    for url in page.loaded:
        assert url.startswith("/api/static/")
        assert hub.http.get(url).status_code == 200


def test_the_first_page_links_to_docs_flower_health_and_the_sandbox(hub: Hub) -> None:
    page = References()
    page.feed(hub.http.get("/").text)
    assert page.linked == [
        "/api/docs",
        "/api/health",
        "http://127.0.0.1:5555/flower",
        "http://127.0.0.1:8101",
        "http://127.0.0.1:8102",
        "/api/auth/bitrix24/login",
        "http://127.0.0.1:8103",
        "http://127.0.0.1:8104",
    ]
    assert "demo-admin" in hub.http.get("/").text


def test_production_shows_no_demo_and_asks_for_https(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = settings().model_copy(update={"env": "production"})
    monkeypatch.setattr("api.pages.settings", lambda: chosen)
    monkeypatch.setattr("api.middleware.settings", lambda: chosen)
    answer = hub.http.get("/", headers={"X-Forwarded-Proto": "https"})
    assert "demo-admin" not in answer.text
    assert "8103" not in answer.text
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    assert "Strict-Transport-Security" not in hub.http.get("/").headers


def test_the_description_covers_every_described_route_and_names_its_access(hub: Hub) -> None:
    told = hub.http.get("/api/openapi.json").json()
    operations = [operation for item in told["paths"].values() for operation in item.values()]
    assert len(operations) >= 15
    for operation in operations:
        assert operation["x-access"]["entrance"]
        assert {"4XX", "5XX"} <= set(operation["responses"])
        assert "422" not in operation["responses"]
    assert told["info"]["version"] == VERSION


def test_the_description_in_docs_is_up_to_date(hub: Hub) -> None:
    kept = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    assert hub.http.get("/api/openapi.json").json() == kept, "make openapi"


def test_the_version_is_the_projects() -> None:
    project = (Path(ROOT) / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{VERSION}"' in project


def test_static_files_stay_in_their_folder(hub: Hub) -> None:
    for path in ("/api/static/../app.py", "/api/static/%2e%2e/app.py", "/api/static/nothing.css"):
        assert hub.http.get(path).status_code == 404
