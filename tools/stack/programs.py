"""Every process of the hub at a desk, and the command that starts it."""

import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tools.stack.children import Program
from tools.stack.ports import LOOPBACK, Ports

DEMO_INFOBASE = "umc_corp"
DEMO_INFOBASE_SECRET = "demo-umc-secret"  # noqa: S105 - a demo secret, refused in production
_WORKERS = {
    "core": ("core,sched", ("-P", "prefork", "-c", "2")),
    "io": ("io", ("-P", "threads", "-c", "8")),
    "slow": ("slow", ("-P", "prefork", "-c", "1")),
}


@dataclass(frozen=True)
class Desk:
    """Where and with what the programs run."""

    root: Path
    state_dir: Path
    ports: Ports
    hub_env: Mapping[str, str]
    stranger_env: Mapping[str, str]
    has_one_login: bool
    """A database was given with one login for both rights; the application steps down to hub_app."""

    def of_hub(self, name: str, *command: str) -> Program:
        """Describe a Python module of ours."""
        return Program(name, (sys.executable, "-m", *command), self.hub_env, self.root)

    def of_sandbox(self, name: str, *command: str) -> Program:
        """Describe a stranger."""
        return Program(name, (sys.executable, "-m", *command), self.stranger_env, self.root)


def preparations(desk: Desk) -> list[Program]:
    """List what runs to its end before anything else."""
    migrate = desk.of_hub("migrate", "alembic", "upgrade", "head")
    return [migrate, desk.of_hub("seed", "tools.seed")] if is_demo(desk) else [migrate]


def hub_programs(desk: Desk) -> list[Program]:
    """List the hub's own processes."""
    api = desk.of_hub(
        *("api", "uvicorn", "--factory", "api.app:create_app", "--no-access-log", "--no-proxy-headers"),
        *("--host", LOOPBACK, "--port", str(desk.ports.api)),
    )
    beat = desk.of_hub(
        *("beat", "celery", "-A", "schedules.app", "beat"),
        *("-s", str(desk.state_dir / "beat" / "schedule"), "--pidfile="),
    )
    flower = desk.of_hub(
        *("flower", "celery", "-A", "hub.taskqueue.app", "flower", "--url-prefix=flower"),
        *(f"--address={LOOPBACK}", f"--port={desk.ports.flower}"),
        "--tasks-columns=name,args,result,state,received,runtime,worker",
    )
    workers = [_worker(desk, name) for name in _WORKERS]
    # Flower 2.2 hangs on SIGTERM while a call of its waits for a broker connection; nothing is lost.
    flower = replace(flower, stop_signal=signal.SIGKILL)
    return [api, *workers, desk.of_hub("relay", "workers.relay"), beat, flower]


def sandbox_programs(desk: Desk) -> list[Program]:
    """List the strangers that stand in for 1C, Bitrix24, the SMS gateway and the mail server."""
    onec = desk.of_sandbox(
        *("1c", "sandbox.onec", "--port", str(desk.ports.onec)),
        *("--hub", f"http://{LOOPBACK}:{desk.ports.api}"),
        *("--infobase", DEMO_INFOBASE, "--secret", DEMO_INFOBASE_SECRET),
    )
    token = desk.hub_env["HUB_SMS_TOKEN"]
    sms = desk.of_sandbox("sms", "sandbox.sms", "--port", str(desk.ports.sms), "--token", token)
    ports = ("--port", str(desk.ports.mail), "--smtp-port", str(desk.ports.smtp), "--pop3-port")
    return [onec, sms, desk.of_sandbox("mail", "sandbox.mail", *ports, str(desk.ports.pop3)), _portal(desk)]


def _portal(desk: Desk) -> Program:
    return desk.of_sandbox(
        *("bitrix24", "sandbox.bitrix24", "--port", str(desk.ports.bitrix24)),
        *("--handler", f"{desk.hub_env['HUB_PUBLIC_URL']}/api/auth/bitrix24/callback"),
        *("--client-id", desk.hub_env["HUB_BITRIX24_CLIENT_ID"]),
        *("--client-secret", desk.hub_env["HUB_BITRIX24_CLIENT_SECRET"]),
        *("--member-id", desk.hub_env["HUB_BITRIX24_MEMBER_ID"]),
        *("--hook", desk.hub_env["HUB_BITRIX24_HOOK"]),
    )


def is_demo(desk: Desk) -> bool:
    """Say whether demo people and the sandbox belong to this stack."""
    return desk.hub_env["HUB_ENV"] == "demo"


def _worker(desk: Desk, name: str) -> Program:
    queues, pool = _WORKERS[name]
    return desk.of_hub(
        *(name, "celery", "-A", "workers.app", "worker", "-Q", queues, "-n", f"{name}@%h"),
        *pool,
        *("--without-gossip", "--without-mingle"),
    )
