"""Memory of the whole `make run` stack, idle and under 1,000 webhooks a second; how fast it starts again.

Memory is PSS: what processes share (forked children, PostgreSQL's buffers) is counted once.
"""

import shutil
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # has no stubs of its own

from bench.ground import ROOT, StalledError, clean_environment, python_module, wait_until
from bench.intake import HUB_PATH, send
from bench.machine import now_text
from bench.measures import Part, Series
from tools.stack.ports import read_ports
from tools.stack.spawning import spawn, stop_process

STARTS = 5
IDLE_SAMPLES = 5
LOADED_S = 30
LOAD_PER_S = 1_000
_SAMPLE_EVERY_S = 2.0
_SETTLE_S = 5.0
_START_PATIENCE_S = 120.0
_STOP_PATIENCE_S = 40.0
_KINDS = {
    "uvicorn": "api",
    "core@": "worker core",
    "io@": "worker io",
    "slow@": "worker slow",
    "workers.relay": "relay",
    "schedules.app": "beat",
    "flower": "flower",
    "sandbox.": "sandbox (demo only)",
    "valkey": "valkey",
    "postgres": "postgresql",
    "tools.stack": "supervisor",
}
"""What a command line holds, and the kind of process that it then is."""
Sample = Mapping[str, float]
REMARKS = [
    "The stack of `python -m tools.stack`, with the demo strangers. PSS counts shared pages once.",
    f"Under load: {LOADED_S} s at up to {LOAD_PER_S:,} webhooks/s, drained meanwhile; its highest sample.",
    f"Starts: from the command to READY (its health answers), {STARTS} times on a folder that exists.",
]


def run() -> Part:
    """Start the stack again and again, then look at it idle and under load."""
    starts_s: list[float] = []
    with ExitStack() as stack:
        environment, folder = stack.enter_context(_state_folder())
        with _stack_up(environment, folder):
            pass  # the very first start makes the cluster, and does not count
        for _ in range(STARTS - 1):
            with _stack_up(environment, folder) as (_, took_s):
                starts_s.append(took_s)
        pid, took_s = stack.enter_context(_stack_up(environment, folder))
        starts_s.append(took_s)
        time.sleep(_SETTLE_S)
        idle = [_sample_later(pid) for _ in range(IDLE_SAMPLES)]
        loaded, accepted = _samples_under_load(pid, read_ports(environment).api)
    remark = f"This time it accepted {accepted:,} webhooks in those {LOADED_S} s."
    return Part(now_text(), _series(starts_s, idle, loaded), [*REMARKS, remark])


def kind_of(command: str) -> str:
    """Tell which kind of process a command line is."""
    return next((kind for sign, kind in _KINDS.items() if sign in command), "other")


@contextmanager
def _state_folder() -> Generator[tuple[dict[str, str], Path]]:
    """Give a stack's environment with a state folder that is forgotten afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="hub-bench-"))
    folder.chmod(0o755)  # PostgreSQL refuses to be root, and as another user it must pass here
    try:
        yield clean_environment() | {"HUB_STATE_DIR": str(folder / "state")}, folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _stack_up(environment: Mapping[str, str], folder: Path) -> Generator[tuple[int, float]]:
    """Run the stack for the length of the block; its process id, and the seconds until READY."""
    log_path = folder / "stack.log"
    begun_at_s = time.perf_counter()
    with log_path.open("wb") as log:
        process = spawn(python_module("tools.stack"), output=log, env=environment, directory=ROOT)
    try:
        wait_until(
            lambda: b"\nREADY" in log_path.read_bytes() or process.poll() is not None,
            "READY",
            patience_s=_START_PATIENCE_S,
        )
        if process.poll() is not None:
            raise StalledError(log_path.read_text("utf-8", "replace")[-2_000:])
        yield process.pid, time.perf_counter() - begun_at_s
    finally:
        stop_process(process, [(signal.SIGTERM, _STOP_PATIENCE_S)])


def _samples_under_load(pid: int, port: int) -> tuple[list[Sample], int]:
    """Sample in a thread: sending starts a process, which only the main one may. What was taken, too."""
    samples: list[Sample] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.is_set():
            samples.append(_sample_later(pid))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    words = ["--demo", "--seconds", str(LOADED_S)]
    try:
        told = send(port, HUB_PATH, events=LOADED_S * LOAD_PER_S, rate=LOAD_PER_S, words=words)
    finally:
        ended.set()
        watcher.join()
    return samples, told["statuses"]["202"]


def _sample_later(pid: int) -> Sample:
    """Let some time pass, then take the MiB of every kind of process in the tree."""
    time.sleep(_SAMPLE_EVERY_S)
    sample: Counter[str] = Counter()
    top = psutil.Process(pid)
    for process in [top, *top.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            sample[kind_of(" ".join(process.cmdline()))] += _pss_kib(process.pid)
    return {kind: kib / 1024 for kind, kib in sample.items()}


def _pss_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _series(starts_s: list[float], idle: list[Sample], loaded: list[Sample]) -> dict[str, Series]:
    series = {"start": Series("`make run` again, to READY", "s", starts_s)}
    for state, samples in (("idle", idle), ("loaded", loaded)):
        totals = [sum(sample.values()) for sample in samples]
        series[state] = Series(f"whole stack, {state}", "MiB", totals)
        kinds = sorted({kind for sample in samples for kind in sample}, key=[*_KINDS.values(), "other"].index)
        for kind in kinds:
            series[f"{state}: {kind}"] = Series(
                f"{kind}, {state}", "MiB", [sample.get(kind, 0.0) for sample in samples]
            )
    return series
