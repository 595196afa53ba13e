"""A log line holds ids and units; personal values and secrets never get through."""

import json
import re
import subprocess
import sys

import pytest
import structlog

from hub.kernel.logging import bind_correlation, current_correlation, mask, mask_text
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("to +79000000001.", "to •••."),
        ("phone=89000000001&x", "phone=•••&x"),
        ("?phone=%2B79000000001", "?phone=•••"),
        ("call 8 (900) 000-00-01 now", "call ••• now"),
        ("+7 900 000 00 01", "•••"),
        ("+7-900-000-00-01", "•••"),
        ("mail maria.i+x@clinic.example.ru!", "mail •••@•••!"),
        ("Authorization: Bearer abc.def-ghi_j=", "Authorization: Bearer •••"),
        ("basic dXNlcjpwYXNz rest", "basic ••• rest"),
        ("redis://:secret@host:6379/0", "redis://:•••@host:6379/0"),
        ("postgresql+psycopg://hub_app:pa55@db/hub", "postgresql+psycopg://hub_app:•••@db/hub"),
    ],
)
def test_personal_values_inside_texts_are_blanked(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        *("amount 13005, rate 500", "92c7ea9d-2cab-11e4-9f84-1078d2d69bb4", "2026-11-23T11:42:00.123456Z"),
        *("2026-11-23 11:42:00", "0198c7a0-0000-7000-8000-000000000001", "visit v12 of 3", "127.0.0.1:26379"),
    ],
)
def test_ids_amounts_and_instants_stay_readable(text: str) -> None:
    assert mask_text(text) == text


def test_keys_that_carry_personal_values_are_blanked() -> None:
    event = {"event": "x", "phone": "1", "email": 5, "token": b"t", "code": "123456", "user_id": "u1"}
    assert mask(None, "info", dict(event)) == {
        **dict.fromkeys(event, "•••"),
        "event": "x",
        "user_id": "u1",
    }


def test_values_that_are_not_texts_are_masked_too() -> None:
    error = ValueError("no such phone: +79000000001")
    masked = mask(None, "info", {"event": "x", "error": error, "seen": ["+79000000001"], "amount": 10**10})
    assert "9000000001" not in repr(masked)
    assert masked["amount"] == 10**10


LINES = """
import logging, structlog
from hub.kernel.logging import bind_correlation, configure_logging
configure_logging(level="INFO", as_json=True)
bind_correlation("given-correlation")
log = structlog.get_logger()
log.info("code_requested", phone="+79000000001", note="to +79000000001", amount_kopecks=100)
logging.getLogger("somebody.else").warning("to %s at %s", "+79000000001", "redis://:hunter2@h/0")
logging.getLogger("httpx").info("GET http://h/?phone=79000000001")
try:
    raise ValueError("m.ivanova@example.ru refused")
except ValueError:
    log.exception("send_failed")
    logging.getLogger("somebody.else").exception("again")
log.debug("too_fine")
"""


def test_every_line_of_ours_and_of_libraries_is_json_and_masked() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LINES], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30
    )
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [line["event"] for line in lines] == [
        *("code_requested", "to ••• at redis://:•••@h/0", "send_failed", "again")
    ]
    assert not re.search(r"9000000001|hunter2|ivanova", ended.stdout + ended.stderr)
    assert {line["correlation_id"] for line in lines} == {"given-correlation"}
    assert lines[0]["amount_kopecks"] == 100
    assert all("ValueError" in line["exception"] for line in lines[2:])


@pytest.mark.parametrize(
    "text", [None, "", "short", "x" * 65, "has blank inside", "new\nline-here", "+79000000001"]
)
def test_an_insane_correlation_id_is_replaced(text: str | None) -> None:
    with structlog.contextvars.bound_contextvars():
        sane = bind_correlation(text)
        assert re.fullmatch(r"[0-9a-f-]{36}", sane)
        assert current_correlation() == sane
    structlog.contextvars.clear_contextvars()


def test_a_sane_correlation_id_is_kept() -> None:
    assert bind_correlation("caller-0001") == "caller-0001"
    assert current_correlation() == "caller-0001"
    structlog.contextvars.clear_contextvars()


def test_without_a_correlation_id_one_is_made_and_kept() -> None:
    structlog.contextvars.clear_contextvars()
    assert current_correlation() == current_correlation()
    structlog.contextvars.clear_contextvars()
