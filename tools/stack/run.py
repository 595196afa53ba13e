"""The story of `make run`: check, start servers, migrate, seed, start everything, say READY, keep it so."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.stack.children import Program
from tools.stack.console import Console
from tools.stack.credentials import Credentials, keep_credentials
from tools.stack.environment import hub_environment, stranger_environment
from tools.stack.errors import StackError, StopRequested
from tools.stack.ports import Ports, read_ports, require_free
from tools.stack.postgres import Passwords, Postgres
from tools.stack.postgres_roles import as_application, set_up_given_database
from tools.stack.programs import Desk, hub_programs, is_demo, preparations, sandbox_programs
from tools.stack.redis import Redis
from tools.stack.state import only_one_here, open_state_dir
from tools.stack.supervisor import StopFlag, Supervisor
from tools.stack.welcome import welcome_lines

_READY_PATH = "/api/readyz"


@dataclass(frozen=True)
class Plan:
    """What to run on top of the servers; tests bring small stand-ins."""

    once: Sequence[Program]
    kept: Sequence[Program]
    listeners: Sequence[str]
    """Names in Ports that these programs listen on."""
    ready_path: str
    welcome: Sequence[str]


def hub_plan(desk: Desk) -> Plan:
    """Give the whole hub, with the sandbox when it is the demo."""
    strangers = sandbox_programs(desk) if is_demo(desk) else []
    return Plan(
        once=preparations(desk),
        kept=[*hub_programs(desk), *strangers],
        listeners=(
            "api",
            "flower",
            *(("onec", "bitrix24", "sms", "mail", "smtp", "pop3") if strangers else ()),
        ),
        ready_path=_READY_PATH,
        welcome=welcome_lines(desk),
    )


def run_stack(
    given: Mapping[str, str], root: Path, console: Console, make_plan: Callable[[Desk], Plan] = hub_plan
) -> int:
    """Run the stack until a signal; give the exit code. Nothing of it is left behind afterwards."""
    stop_flag = StopFlag()
    stop_flag.listen()
    supervisor = Supervisor(console, stop_flag)
    try:
        state_dir = open_state_dir(given, root)
        with only_one_here(state_dir):
            desk, servers = prepare_desk(given, root, state_dir)
            try:
                _bring_up(supervisor, desk, servers, make_plan(desk), console)
                supervisor.keep_running()
            except StopRequested:
                console.say("Так и не запустился. / It was not up yet.")
            finally:
                console.say("Останавливаю… / Stopping…")
                supervisor.stop()
    except StackError as error:
        console.say(f"\n{error}")
        return 1
    console.say("Остановлено. / Stopped.")
    return 0


def prepare_desk(
    given: Mapping[str, str], root: Path, state_dir: Path
) -> tuple[Desk, list[Postgres | Redis]]:
    """Work out addresses, secrets and environments; create, but do not start, the servers we bring.

    Raises: StackError.
    """
    ports = read_ports(given)
    credentials = keep_credentials(state_dir / "secrets.json")
    servers, urls = _choose_servers(given, ports, state_dir, credentials)
    desk = Desk(
        root=root,
        state_dir=state_dir,
        ports=ports,
        hub_env=hub_environment(
            {"HUB_AUDIT_DIR": str(state_dir / "audit"), **given},
            ports=ports,
            credentials=credentials,
            urls=urls,
        ),
        stranger_env=stranger_environment(given),
        has_one_login=bool(given.get("HUB_DATABASE_URL") and not given.get("HUB_DATABASE_OWNER_URL")),
    )
    return desk, servers


def _choose_servers(
    given: Mapping[str, str], ports: Ports, state_dir: Path, credentials: Credentials
) -> tuple[list[Postgres | Redis], dict[str, str]]:
    """Take the given addresses, or bring our own servers."""
    servers: list[Postgres | Redis] = []
    urls: dict[str, str] = {}
    if not given.get("HUB_DATABASE_URL"):
        passwords = Passwords(
            credentials.postgres_password, credentials.owner_password, credentials.app_password
        )
        postgres = Postgres(state_dir / "postgres", ports.postgres, passwords)
        servers.append(postgres)
        urls["HUB_DATABASE_URL"] = postgres.url("hub_app")
        urls["HUB_DATABASE_OWNER_URL"] = postgres.url("hub_owner")
    elif not given.get("HUB_DATABASE_OWNER_URL"):
        # One address for two rights: it migrates as itself, and the application steps down to hub_app.
        urls["HUB_DATABASE_OWNER_URL"] = given["HUB_DATABASE_URL"]
        urls["HUB_DATABASE_URL"] = as_application(given["HUB_DATABASE_URL"])
    if not given.get("HUB_REDIS_URL"):
        redis = Redis(state_dir / "redis", ports.redis, credentials.redis_password)
        servers.append(redis)
        urls["HUB_REDIS_URL"] = redis.url()
    return servers, urls


def _bring_up(
    supervisor: Supervisor,
    desk: Desk,
    servers: Sequence[Postgres | Redis],
    plan: Plan,
    console: Console,
) -> None:
    """Start in order. Raises: StackError; StopRequested."""
    require_free(desk.ports, [*plan.listeners, *(server.name for server in servers)])
    for server in servers:
        console.say(f"Запускаю {server.name} на порту {server.port} / starting {server.name}")
        supervisor.start_server(server)
    if desk.has_one_login:
        set_up_given_database(desk.hub_env["HUB_DATABASE_OWNER_URL"])
    for program in plan.once:
        console.say(f"Выполняю {program.name} / running {program.name}")
        supervisor.run_once(program)
    console.say(f"Запускаю {', '.join(program.name for program in plan.kept)}")
    for program in plan.kept:
        supervisor.start_program(program)
    supervisor.wait_until_ready(desk.ports.api, plan.ready_path)
    for line in [*plan.welcome, "READY"]:
        console.say(line)
