"""When, where and with what a run was measured; nothing that names the machine or its owner."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # has no stubs of its own

from hub.kernel import clock
from tools.stack.postgres_cluster import find_binary
from tools.stack.redis import find_server

_PACKAGES = ("celery", "kombu", "fastapi", "uvicorn", "sqlalchemy", "psycopg", "redis")


def now_text() -> str:
    """Write the present minute."""
    return f"{clock.now():%Y-%m-%d %H:%M} UTC"


def describe_machine() -> dict[str, str]:
    """Tell cores, memory, processor and versions."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": str(len(os.sched_getaffinity(0)))
        if hasattr(os, "sched_getaffinity")
        else str(os.cpu_count()),
        "memory": f"{memory_gib:.0f} GiB",
        "processor": _processor(),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "postgresql": _first_line([str(find_binary("postgres")), "--version"]).split()[2],
        "valkey": _first_line([str(find_server()), "--version"]).split("v=")[1].split()[0],
        **{name: version(name) for name in _PACKAGES},
    }


def busy_share() -> float:
    """Look for a second how much of all cores is at work; while we do nothing, that is somebody else's."""
    return float(psutil.cpu_percent(interval=1)) / 100


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text().splitlines() if facts.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _first_line(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[0]
