"""The runbook is right at night: what it tells to type works, and what screens and logs show is explained."""

import ast
import re
from collections.abc import Iterable, Iterator

import psycopg
import pytest
import yaml
from fastapi.routing import iter_route_contexts

from api.app import create_app
from hub.domain.ledger.checks import CHECKS
from tests.conftest import ROOT, Servers

ENGINE_ROOMS = ("hub", "api", "workers", "schedules")
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
RUNBOOK = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
QUERIES = re.findall(r'^q "([^"]+)"$', RUNBOOK, re.MULTILINE)


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def section(number: int) -> str:
    return RUNBOOK.partition(f"\n## {number}. ")[2].partition("\n## ")[0]


def rows(text: str) -> set[str]:
    """First cells of a table that are code."""
    return set(re.findall(r"^\| `(\w+)", text, re.MULTILINE))


def calls(rooms: Iterable[str]) -> Iterator[ast.Call]:
    for room in rooms:
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield node


def first_text(call: ast.Call) -> str | None:
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def test_every_event_of_the_log_is_in_its_dictionary() -> None:
    written = {
        first_text(call)
        for call in calls(ENGINE_ROOMS)
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in LEVELS
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "log"
    }
    assert rows(section(20)) - {"event"} == written


def test_every_metric_is_explained() -> None:
    kinds = {"Counter": "_total", "CounterMetricFamily": "_total", "Histogram": "", "GaugeMetricFamily": ""}
    made = {
        f"{name}{kinds[call.func.id]}"
        for call in calls(["api"])
        if isinstance(call.func, ast.Name)
        and call.func.id in kinds
        and (name := first_text(call)) is not None
    }
    assert rows(section(19)) == made


def test_every_check_of_the_ledger_is_explained() -> None:
    assert rows(section(12)) == set(CHECKS)


def test_every_check_of_the_health_page_has_a_row() -> None:
    shown = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`[^|]+) \|", section(2), re.MULTILINE))))
    declared = ast.parse(read("api/health.py"))
    [check_all] = [
        node for node in ast.walk(declared) if isinstance(node, ast.FunctionDef) and node.name == "_check_all"
    ]
    [told] = [node for node in ast.walk(check_all) if isinstance(node, ast.Dict)]
    assert shown == {key.value for key in told.keys if isinstance(key, ast.Constant)}


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:60])
def test_a_query_runs_as_the_application_and_only_reads(clean: Servers, query: str) -> None:
    with psycopg.connect(clean.postgres.url("hub_app").replace("+psycopg", "", 1)) as connection:
        connection.read_only = True
        assert connection.execute(query).description


def test_addresses_of_the_hub_exist() -> None:
    told = {path.partition("?")[0] for path in re.findall(r"\$HUB(/[^\s\"']+)", RUNBOOK)}
    told |= set(re.findall(r"`(?:GET )?(/(?:api|metrics)[\w/{}-]*)`", RUNBOOK))
    templates = [context.original_route.path for context in iter_route_contexts(create_app().routes)]
    patterns = [re.compile(re.sub(r"\{\w+\}", "[^/]+", template)) for template in templates]
    assert len(told) >= 8
    assert [path for path in told if not any(pattern.fullmatch(path) for pattern in patterns)] == []


def test_services_named_to_compose_exist() -> None:
    known = set(yaml.safe_load(read("docker-compose.yml"))["services"])
    told = re.findall(r"docker-compose (?:stop|start|restart|rm -sf|ps|logs|exec)((?: [\w-]+)*)", RUNBOOK)
    named = {word for words in told for word in words.split() if word in known or word.startswith("worker")}
    stopped = re.findall(r"docker-compose (?:stop|start|restart|rm -sf)((?: [\w-]+)+)", RUNBOOK)
    named |= {word for words in stopped for word in words.split()}
    assert len(named) >= 8
    assert named <= known
