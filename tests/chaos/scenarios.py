"""Every scenario: what is done, what it may leave behind, how soon all must be well; and one run of one."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos import faults
from tests.chaos.faults import Scale
from tests.chaos.ground import Ground
from tests.chaos.marks import BUG, KILLER, REFUSAL
from tests.chaos.rig import Conditions, Load, Rig
from tests.chaos.story import Author, Message, Webhook
from tests.chaos.verify import Allowance, Count, Traces, Verdict, is_settled
from tests.chaos.waiting import wait_until

NEVER, MAY, MUST = Traces
_SEED = 20261124
_HEALTHY_WITHIN_S = 90.0
Fault = Callable[[Rig, Load, Scale], None]

SHORT = Scale(rate=100, seconds=8, repeats=1, frozen_s=7, away_s=7, lease_s=5)
LONG = Scale(rate=200, seconds=30, repeats=3, frozen_s=20, away_s=60, lease_s=None)


@dataclass(frozen=True)
class Scenario:
    """One row of the table. `leases`: how many must run out, one after another, before all is done."""

    title: str
    fault: Fault
    leases: int = 0
    crashes: Traces = NEVER
    postponements: Traces = NEVER
    refusals: Traces = NEVER
    retries: bool = True
    stretch: float = 1
    """How many times as long its load is."""
    marks: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run came to. `rate`: first tries per second; `settled_s`: since fault and load ended."""

    title: str
    rate: float
    late_s: float
    settled_s: float
    healthy_s: float
    verdict: Verdict


SCENARIOS: dict[str, Scenario] = {
    "calm": Scenario("nothing happens", faults.meet_marked_visits),
    "worker-child": Scenario(
        "worker child killed -9 in mid-batch", faults.kill_worker_child, leases=1, crashes=MUST
    ),
    "worker-group": Scenario(
        "worker and its children killed -9 in mid-batch", faults.kill_worker_group, leases=1, crashes=MUST
    ),
    "worker-stopped": Scenario(
        "worker child stopped past its lease, then woken",
        faults.stop_worker_past_its_lease,
        leases=1,
        crashes=MUST,
        postponements=MAY,
    ),
    "poison": Scenario(
        "visits that kill their worker each time",
        faults.meet_marked_visits,
        leases=4,
        crashes=MUST,
        marks={KILLER: 2},
    ),
    "bug": Scenario(
        "handler with a bug, mended, replayed",
        faults.mend_the_bug,
        postponements=MUST,
        marks={BUG: 15, REFUSAL: 15},
    ),
    "api": Scenario("API killed -9 under load", faults.kill_api, refusals=MUST),
    "api-no-retry": Scenario(
        "API killed -9, nothing is sent again", faults.kill_api, refusals=MUST, retries=False
    ),
    "relay": Scenario(
        "leading relay and a worker child killed -9", faults.kill_leading_relay, leases=1, crashes=MUST
    ),
    "broker-flushed": Scenario("Redis FLUSHALL", faults.flush_broker),
    "broker-killed": Scenario("Redis killed -9, started again", faults.kill_broker),
    "broker-frozen": Scenario("Redis frozen", faults.freeze_broker),
    "broker-away": Scenario("Redis away", faults.lose_broker),
    "database": Scenario(
        "PostgreSQL restarted as by a crash", faults.restart_database, leases=1, crashes=MAY, refusals=MUST
    ),
    "sessions": Scenario(
        "all database sessions terminated, again and again",
        faults.terminate_sessions,
        leases=1,
        crashes=MAY,
        refusals=MAY,
    ),
    "holder": Scenario("transaction left open, with a lock", faults.hold_a_transaction, postponements=MUST),
    "two-beats": Scenario("two beats at once", faults.run_two_beats),
    "no-beat": Scenario("beat dead, then back", faults.bury_beat),
    "nudges": Scenario("2 × 1,000 nudges, doubled and late", faults.nudge_a_thousand_times),
    "rolling": Scenario("SIGTERM and restart of every process", faults.restart_one_by_one, refusals=MUST),
    "everything": Scenario(
        "all of it, one upon another",
        faults.do_everything,
        stretch=4,
        leases=2,
        crashes=MUST,
        refusals=MUST,
        postponements=MAY,
    ),
}


def run(name: str, scale: Scale, *, ground: Ground, folder: Path) -> Outcome:
    """Run one scenario in an empty folder; nothing of it runs afterwards. Raises: NotWithinError."""
    scenario = SCENARIOS[name]
    lease_s = scale.lease_s if scenario.leases else None
    scale = replace(scale, seconds=scale.seconds * scenario.stretch)
    rig = Rig(ground, folder, Conditions(is_rigged=bool(scenario.marks), lease_s=lease_s))
    try:
        rig.switch.touch()
        rig.start()
        return _run_on(rig, scenario, scale)
    except AssertionError as error:
        error.add_note(rig.describe())
        raise
    finally:
        rig.stop()


def _run_on(rig: Rig, scenario: Scenario, scale: Scale) -> Outcome:
    author = Author(_SEED, seconds=scale.seconds, now=datetime.now(UTC), marks=scenario.marks)
    webhooks = author.write(int(scale.rate * scale.seconds))
    allowance = Allowance(
        crashes=scenario.crashes,
        postponements=scenario.postponements,
        refusals=scenario.refusals,
        dead=_doomed(webhooks),
    )
    load = rig.start_load(webhooks, retries=scenario.retries)
    scenario.fault(rig, load, scale)
    load.wait(within_s=scale.seconds + 150)
    settled_s = wait_until(
        lambda: is_settled(rig, load, allowance),
        within_s=scenario.leases * rig.lease_s + 45,
        what="all is ended",
    )
    healthy_s = wait_until(lambda: rig.health() == "ok", within_s=_HEALTHY_WITHIN_S, what="all is well")
    verdict = Count(rig, load, allowance).make()
    first_tries = [answer for answer in load.answers if answer.attempt == 1]
    return Outcome(
        title=scenario.title,
        rate=len(first_tries) / scale.seconds,
        late_s=max(answer.late_s for answer in first_tries),
        settled_s=settled_s,
        healthy_s=healthy_s,
        verdict=verdict,
    )


def _doomed(webhooks: list[Webhook]) -> frozenset[str]:
    """Killers end buried; all else must end well."""
    marked: Counter[str] = Counter()
    messages: list[Message] = [message for webhook in webhooks for message in webhook.messages]
    marked.update(message.event_id for message in messages if message.mark == KILLER)
    return frozenset(marked)
