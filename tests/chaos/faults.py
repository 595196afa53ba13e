"""The faults, one function each: done for real to a running hub under load, `scale` says how hard."""

import os
import random
import signal
import subprocess
import sys
from dataclasses import dataclass, replace

import httpx

from tests.chaos.rig import Load, Rig
from tests.chaos.waiting import pause, wait_until
from tests.processes import ROOT
from tools import seed

NUDGES = 1_000
_LOCK_TIMEOUT_S = 10
"""The hub's own: how long a statement waits for a lock, once with its batch and once alone."""
_STOPS_WITHIN_S = 40.0
_LAST_FAULT_AT = 0.85


@dataclass(frozen=True, slots=True)
class Scale:
    """How much load, how often each fault, how long what lasts. `lease_s` None: the real one."""

    rate: int
    seconds: float
    repeats: int
    frozen_s: float
    away_s: float
    lease_s: int | None


def kill_worker_child(rig: Rig, load: Load, scale: Scale) -> None:
    for share in _shares(scale):
        load.wait_for_share(share)
        with rig.in_mid_batch(load) as child:
            os.kill(child, signal.SIGKILL)


def kill_worker_group(rig: Rig, load: Load, scale: Scale) -> None:
    for share in _shares(scale):
        load.wait_for_share(share)
        with rig.in_mid_batch(load):
            rig.processes.kill("core")
        rig.processes.start("core")


def stop_worker_past_its_lease(rig: Rig, load: Load, _scale: Scale) -> None:
    """The child sleeps with its transaction open; others take its rows; it wakes, and must not commit."""
    load.wait_for_share(0.2)
    with rig.in_mid_batch(load) as child:
        rig.freeze(child)
        # With the real lease the transaction must not idle so long that PostgreSQL ends it by itself.
        pause(max(0, min(rig.lease_s - 23, _LOCK_TIMEOUT_S - 3)))
    wait_until(
        lambda: rig.count("SELECT count(*) FROM inbox_event WHERE crashes > 0") > 0,
        within_s=rig.lease_s + 15,
        what="the relay takes the rows back",
    )
    rig.thaw(child)
    wait_until(
        lambda: "lease_lost" in rig.processes.log("core"), within_s=30, what="the late worker is refused"
    )


def kill_api(rig: Rig, load: Load, scale: Scale) -> None:
    for share in _shares(scale):
        load.wait_for_share(share)
        rig.processes.kill("api")
        rig.processes.start("api")
        wait_until(rig.is_ready, within_s=60, what="the API is ready again")


def kill_leading_relay(rig: Rig, load: Load, scale: Scale) -> None:
    """A worker's child is killed as well: only a relay finds its rows."""
    for share in _shares(scale):
        load.wait_for_share(share)
        with rig.in_mid_batch(load) as child:
            os.kill(child, signal.SIGKILL)
            leader = rig.relay_leader()
            assert leader is not None, "no relay leads"
            rig.processes.kill(leader)
        wait_until(
            lambda dead=leader: rig.relay_leader() not in {None, dead},  # type: ignore[misc]  # a default argument
            within_s=30,
            what="the standby leads",
        )
        rig.processes.start(leader)


def flush_broker(rig: Rig, load: Load, scale: Scale) -> None:
    for share in _shares(scale):
        load.wait_for_share(share)
        with rig.broker() as broker:
            broker.flushall()


def kill_broker(rig: Rig, load: Load, scale: Scale) -> None:
    """While a worker is at work: the nudge that woke it is not acknowledged yet."""
    for share in _shares(scale):
        load.wait_for_share(share)
        with rig.in_mid_batch(load):
            rig.redis.stop(immediate=True)
            pause(1)
        rig.redis.start()


def freeze_broker(rig: Rig, load: Load, scale: Scale) -> None:
    """While a worker is at work: it ends its task, and nobody takes the acknowledgement."""
    load.wait_for_share(0.2)
    with rig.in_mid_batch(load):
        rig.freeze(rig.redis.pid)
    pause(scale.frozen_s)
    rig.thaw(rig.redis.pid)


def lose_broker(rig: Rig, load: Load, scale: Scale) -> None:
    """Meanwhile the till still reads balances."""
    load.wait_for_share(0.2)
    rig.redis.stop(immediate=True)
    pause(scale.away_s)
    card = {"card_code": seed.PATIENTS[0].card_code}
    assert rig.client.get("/api/1c/v1/balances", params=card).status_code == httpx.codes.OK
    rig.redis.start()


def restart_database(rig: Rig, load: Load, scale: Scale) -> None:
    for share in _shares(scale):
        load.wait_for_share(share)
        rig.postgres.stop(immediate=True)
        pause(1)
        rig.postgres.start()


def terminate_sessions(rig: Rig, load: Load, scale: Scale) -> None:
    load.wait_for_share(0.2)
    for _ in range(5 * scale.repeats):
        rig.sql(_TERMINATE)
        pause(0.7)


def run_two_beats(rig: Rig, load: Load, _scale: Scale) -> None:
    rig.processes.start("beat-second")
    load.wait_for_share(0.95)
    wait_until(lambda: rig.count(_ACTIVATED) > 0, within_s=60, what="something fell due and was activated")


def bury_beat(rig: Rig, load: Load, _scale: Scale) -> None:
    rig.processes.kill("beat")
    wait_until(lambda: rig.count(_DUE) > 0, within_s=120, what="something falls due and waits")
    load.wait_for_share(0.95)
    rig.processes.start("beat")


def meet_marked_visits(_rig: Rig, load: Load, _scale: Scale) -> None:
    """The visits bring the fault with them."""
    load.wait_for_share(0.95)


def mend_the_bug(rig: Rig, load: Load, scale: Scale) -> None:
    """The bug is met and mended; what was postponed is tried again, what was buried a person replays."""
    load.wait_for_share(0.5)
    wait_until(lambda: rig.count(_RETRIED) > 0, within_s=60, what="the bug's events are tried again")
    wait_until(lambda: rig.count(_BURIED) > 0, within_s=60, what="refusals are buried")
    rig.switch.unlink()
    load.wait(within_s=scale.seconds + 120)
    wait_until(lambda: not rig.count(_FIRST_TRIES), within_s=60, what="everything was tried once")
    signed_in = rig.client.post("/api/auth/password", json={"login": "admin", "password": "demo-admin"})
    token = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
    with httpx.Client(base_url=rig.client.base_url, headers=token, timeout=15) as admin:
        for (receipt,) in rig.sql("SELECT public_id::text FROM inbox_event WHERE state = 'buried'"):
            assert admin.post(f"/api/admin/events/{receipt}/replay").status_code == httpx.codes.OK


def nudge_a_thousand_times(rig: Rig, load: Load, scale: Scale) -> None:
    """Doubled ones while there is work, late ones when there is none."""
    load.wait_for_share(0.3)
    _publish_nudges(rig)
    load.wait(within_s=scale.seconds + 120)
    _publish_nudges(rig)


def hold_a_transaction(rig: Rig, load: Load, _scale: Scale) -> None:
    """Somebody's console: an old snapshot, and the lock of a visit, held beyond the hub's patience."""
    load.wait_for_share(0.1)
    with rig.connect(role="hub_app") as console:
        console.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        console.execute("SELECT count(*) FROM inbox_event")
        with rig.in_mid_batch(load):
            pause(2 * _LOCK_TIMEOUT_S + 2)
        load.wait_for_share(0.9)


def restart_one_by_one(rig: Rig, load: Load, _scale: Scale) -> None:
    """SIGTERM and start again, as a deployment does; who leaves gives its rows back first."""
    load.wait_for_share(0.15)
    for name in ("api", "core", "relay", "relay-standby", "io", "beat"):
        code = rig.processes.terminate(name, within_s=_STOPS_WITHIN_S)
        # uvicorn ends in order, then by the signal that it was sent.
        assert code in {0, -signal.SIGTERM}, f"{name} ended with {code}"
        if name == "core":
            assert rig.count("SELECT count(*) FROM inbox_event WHERE state = 'running'") == 0
        rig.processes.start(name)
        if name == "api":
            wait_until(rig.is_ready, within_s=60, what="the API is ready again")


def do_everything(rig: Rig, load: Load, scale: Scale) -> None:
    """Faults of every kind, one upon another, in an order drawn once, as long as the load lasts."""
    draw = random.Random(2026)
    once = replace(scale, repeats=1, frozen_s=5, away_s=5)
    faults = [kill_api, flush_broker, kill_broker, restart_database, freeze_broker, terminate_sessions]
    for _ in range(scale.repeats):
        draw.shuffle(faults)
        for fault in [kill_worker_child, *faults, lose_broker]:
            if load.share() < _LAST_FAULT_AT:
                fault(rig, load, once)


def _publish_nudges(rig: Rig) -> None:
    program = (
        "from hub.taskqueue.nudge import Nudge, publish; from hub.taskqueue.names import TaskName\n"
        f"assert all(publish([Nudge(TaskName.DRAIN_INBOX, 'core')]) for _ in range({NUDGES}))"
    )
    subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=rig.processes.environment, check=True, timeout=60
    )


def _shares(scale: Scale) -> list[float]:
    """When in the day the fault is done, as often as the scale says."""
    return [0.15 + 0.6 * number / scale.repeats for number in range(scale.repeats)]


_TERMINATE = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'hub_app'
"""
_DUE = "SELECT count(*) FROM pending_accrual WHERE remaining > 0 AND due_at < now() - interval '10 s'"
_ACTIVATED = "SELECT count(*) FROM ledger_entry WHERE kind = 'activation'"
_BURIED = "SELECT count(*) FROM inbox_event WHERE state = 'buried'"
_RETRIED = "SELECT count(*) FROM inbox_event WHERE attempts > 1"
_FIRST_TRIES = """
    SELECT count(*) FROM inbox_event WHERE state = 'running' OR (state = 'ready' AND attempts = 0)
"""
