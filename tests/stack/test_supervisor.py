"""One process tree: comes up, keeps itself up, goes down whole, whichever way it is ended."""

import http.client
import os
import signal
import socket
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.stack.desk import StandInStack, pick_ports_offset, wait_until


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    return tmp_path / "стенд номер 1"


@pytest.fixture
def stack(state_dir: Path) -> Generator[StandInStack]:
    started = StandInStack(state_dir, pick_ports_offset())
    yield started
    if started.process.poll() is None:
        started.end(signal.SIGTERM)


def test_sigterm_stops_everything_and_the_next_start_finds_its_data(stack: StandInStack) -> None:
    stack.wait_for_line("READY")
    assert "migrate | migrated" in stack.lines
    assert "core    | worker up" in stack.lines
    assert stack.end(signal.SIGTERM) == 0
    assert stack.leftovers() == []

    secrets_before = (stack.state_dir / "secrets.json").read_bytes()
    again = StandInStack(stack.state_dir, int(stack.env["HUB_PORT_OFFSET"]))
    again.wait_for_line("READY")
    assert again.end(signal.SIGINT) == 0
    assert (stack.state_dir / "secrets.json").read_bytes() == secrets_before
    assert (stack.state_dir / "secrets.json").stat().st_mode & 0o077 == 0


def test_kill_9_leaves_no_process_and_the_next_start_works(stack: StandInStack) -> None:
    stack.wait_for_line("READY")
    assert stack.end(signal.SIGKILL) == -signal.SIGKILL
    wait_until(lambda: stack.leftovers() == [], lambda: str(stack.leftovers()))

    again = StandInStack(stack.state_dir, int(stack.env["HUB_PORT_OFFSET"]))
    again.wait_for_line("READY")
    assert again.end(signal.SIGTERM) == 0


def test_a_crashed_program_and_a_crashed_server_are_started_again(stack: StandInStack) -> None:
    stack.wait_for_line("READY")
    postmaster_pid = stack.state_dir / "postgres" / "postmaster.pid"
    first_server = int(postmaster_pid.read_text().splitlines()[0])
    os.kill(stack.worker_pids()[0], signal.SIGKILL)
    os.kill(first_server, signal.SIGKILL)
    wait_until(lambda: len(stack.worker_pids()) > 1, lambda: stack.output)
    wait_until(
        lambda: postmaster_pid.exists() and int(postmaster_pid.read_text().split()[0]) != first_server,
        lambda: stack.output,
    )
    door = http.client.HTTPConnection("127.0.0.1", stack.ports.api, timeout=5)
    door.request("GET", "/")
    assert door.getresponse().status == 200
    door.close()


def test_a_second_stack_on_the_same_folder_is_refused(stack: StandInStack) -> None:
    stack.wait_for_line("READY")
    second = StandInStack(stack.state_dir, int(stack.env["HUB_PORT_OFFSET"]) + 1)
    assert second.process.wait(20) == 1
    second.end(signal.SIGTERM)
    assert f"уже работает (pid {stack.process.pid})" in second.output
    assert stack.process.poll() is None


def test_a_taken_port_is_named_with_its_variable_and_nothing_starts(state_dir: Path) -> None:
    offset = pick_ports_offset()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 8000 + offset))
        taken.listen()
        refused = StandInStack(state_dir, offset)
        assert refused.process.wait(20) == 1
        refused.end(signal.SIGTERM)
    assert f"Порт {8000 + offset} (api) уже занят" in refused.output
    assert "HUB_PORT_OFFSET" in refused.output
    assert not (state_dir / "postgres").exists()


def test_a_failing_preparation_stops_the_stack_with_its_words(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STANDIN_MIGRATE_FAILS", "1")
    failed = StandInStack(state_dir, pick_ports_offset())
    assert failed.process.wait(20) == 1
    failed.end(signal.SIGTERM)
    assert "migrate: код завершения 3" in failed.output
    assert failed.leftovers() == []
