"""Counting afterwards, id by id: by SQL past the hub, and through its own door as 1C would ask.

Lost: acknowledged, and not there, or not ended, or its money missing. Doubled: there twice, or its money
twice. Anything else that is not as it must be is a finding with its own words.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import httpx
from sqlalchemy.orm import Session

from hub.db.engine import make_engine
from hub.domain.ledger.checks import find_violations
from tests.chaos.reference import Expected, expect
from tests.chaos.rig import PROCESSES, Load, Rig
from tests.chaos.story import Message
from tools.seed import INFOBASE

_CRASHES_MAX = 3
_ENDED = frozenset({"processed", "duplicate", "stale", "ignored"})
_ASKED_AT_THE_DOOR = 200
"""Events asked for one by one through the API; all of them are looked up in the table."""


class Traces(StrEnum):
    """Whether a scenario leaves a kind of trace; one that must and did not was no fault at all."""

    NEVER = "never"
    MAY = "may"
    MUST = "must"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a scenario may do to events besides delaying them."""

    crashes: Traces = Traces.NEVER
    """A worker dies or is away with rows in its hands: each counts a crash."""
    postponements: Traces = Traces.NEVER
    """Handlers fail: attempts exceed crashes + 1."""
    refusals: Traces = Traces.NEVER
    """The door refuses, or hangs up."""
    dead: frozenset[str] = frozenset()
    """Ids of events that must end buried."""


@dataclass(slots=True)
class Verdict:
    """What was counted."""

    acknowledged: int = 0
    refused: int = 0
    unasked: int = 0
    """Kept, though nobody was told."""
    crashed: int = 0
    """Events that were in the hands of a worker that died or was away."""
    postponed: int = 0
    """Events whose handler failed, and was tried again."""
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        return not (self.lost or self.doubled or self.violations or self.findings)

    def describe(self) -> str:
        """The first few of each kind."""
        parts = [
            f"{name}: {len(found)}, {found[:5]}"
            for name in ("lost", "doubled", "violations", "findings")
            if (found := getattr(self, name))
        ]
        return "; ".join(parts) or "sound"


@dataclass(frozen=True, slots=True)
class _Row:
    event_id: str
    public_id: str
    state: str
    attempts: int
    crashes: int
    reason_code: str | None
    effects: list[dict[str, Any]]


class Count:
    """One counting of everything that a load brought."""

    def __init__(self, rig: Rig, load: Load, allowance: Allowance) -> None:
        self._rig = rig
        self._allowance = allowance
        self._load = load
        self._sent = {message.event_id: message for webhook in load.webhooks for message in webhook.messages}
        self._rows = [_Row(*row) for row in rig.sql(_ROWS)]
        kept = {row.event_id for row in self._rows}
        self.expected = expect(
            [message for message in self._sent.values() if message.event_id in kept], dead=allowance.dead
        )
        self.verdict = Verdict()

    def make(self) -> Verdict:
        self._count_receipts()
        self._count_rows()
        self._count_money()
        self._count_announcements()
        self._count_traces()
        died = [name for name in PROCESSES if not self._rig.processes.is_running(name)]
        self.verdict.findings += [f"{name} ended by itself" for name in died]
        self._ask_at_the_door()
        self._ask_the_ledger()
        return self.verdict

    def _ask_the_ledger(self) -> None:
        """The hub's own invariants, a query each."""
        engine = make_engine(self._rig.postgres.url("hub_app"), pool_size=1)
        with Session(engine) as session:
            self.verdict.violations += [f"{one.check}: {one.sample}" for one in find_violations(session)]
        engine.dispose()

    def _count_receipts(self) -> None:
        """Every acknowledgement names a row that exists, and the same row each time."""
        kept = {row.event_id: row.public_id for row in self._rows}
        told: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for answer in self._load.answers:
            self.verdict.acknowledged += len(answer.items)
            self.verdict.refused += not answer.is_acknowledged
            for item in answer.items:
                told[item["event_id"]].append(item)
        for event_id, items in told.items():
            if {item["receipt_id"] for item in items} != {kept.get(event_id)}:
                self.verdict.lost.append(f"{event_id}: its receipt names no row of it")
            if [item["duplicate"] for item in items].count(False) > 1:
                self.verdict.doubled.append(f"{event_id}: acknowledged as new more than once")
        self.verdict.unasked = len(kept.keys() - told.keys())

    def _count_rows(self) -> None:
        """One row per event, ended, with no more attempts than the faults explain."""
        for event_id, copies in Counter(row.event_id for row in self._rows).items():
            if copies > 1:
                self.verdict.doubled.append(f"{event_id}: {copies} rows")
            if event_id not in self._sent:
                self.verdict.findings.append(f"{event_id}: never sent")
        for row in self._rows:
            self.verdict.crashed += row.crashes > 0
            if row.state != self._right_state(row):
                self.verdict.lost.append(f"{row.event_id}: {row.state} {row.reason_code or ''}")
            self.verdict.postponed += row.attempts > row.crashes + 1
            if row.event_id in self._allowance.dead and row.crashes != _CRASHES_MAX:
                self.verdict.findings.append(f"{row.event_id}: buried after {row.crashes} crashes")

    def _right_state(self, row: _Row) -> str:
        """The state it must be in; of the good ends any will do, the money tells the rest."""
        if row.event_id in self._allowance.dead:
            return "buried"
        if row.event_id in self.expected.parked:
            return "parked"
        kind = self._sent[row.event_id].kind if row.event_id in self._sent else ""
        if kind == "unknown":
            return "ignored"
        return row.state if row.state in _ENDED - {"ignored"} else "processed"

    def _count_money(self) -> None:
        """What each visit holds, by patient: the ledger, the events' own effects, and the reference agree."""
        held = {
            (visit, str(patient)): int(net) for visit, patient, net in self._rig.sql(_HELD, base=INFOBASE)
        }
        for key in held.keys() | self.expected.cashback.keys():
            ours, right = held.get(key, 0), self.expected.cashback.get(key, 0)
            if ours != right:
                kind = self.verdict.lost if ours < right else self.verdict.doubled
                kind.append(f"visit {key[0]} of {key[1]}: {ours} instead of {right}")
        moved = sum(effect["amount"] for row in self._rows for effect in row.effects)
        if moved != sum(held.values()):
            self.verdict.findings.append(f"effects tell {moved}, the ledger {sum(held.values())}")
        stands = {ref: number for ref, number in self._rig.sql(_VERSIONS) if ref in self.expected.last_no}
        if stands != self.expected.last_no:
            wrong = [ref for ref, number in self.expected.last_no.items() if stands.get(ref) != number]
            self.verdict.findings.append(f"visits not at their last version: {wrong[:5]}")

    def _count_announcements(self) -> None:
        """Each entry about a visit was announced once, and nothing else was."""
        entries = Counter(str(entry) for (entry,) in self._rig.sql(_ENTRIES))
        announced = Counter(entry for (entry,) in self._rig.sql(_ANNOUNCED))
        if entries != announced:
            self.verdict.findings.append(
                f"{entries.total()} entries, {announced.total()} announcements, "
                f"{(entries - announced).total()} untold, {(announced - entries).total()} told too often"
            )

    def _count_traces(self) -> None:
        """The fault was done, and did nothing to events that it should not do."""
        allowance, verdict = self._allowance, self.verdict
        for trace, found, allowed in (
            ("crashed", verdict.crashed, allowance.crashes),
            ("postponed", verdict.postponed, allowance.postponements),
            ("refused", verdict.refused, allowance.refusals),
        ):
            if (found and allowed is Traces.NEVER) or (not found and allowed is Traces.MUST):
                verdict.findings.append(f"{found} {trace}, which {allowed} happens here")
        if verdict.refused and allowance.refusals is Traces.NEVER:
            reasons = Counter(answer.error for answer in self._load.answers if not answer.is_acknowledged)
            verdict.findings.append(f"reasons: {dict(reasons)}")

    def _ask_at_the_door(self) -> None:
        """The public answers agree: numbers received, a sample of events, everybody's balance."""
        get = self._rig.client.get
        state = get("/api/1c/v1/exchange/state").json()
        right = {
            "received_no": self.expected.received_no,
            "gaps": [{"from": first, "to": last} for first, last in self.expected.gaps[:100]],
        }
        if {name: state[name] for name in right} != right:
            self.verdict.findings.append(f"exchange state {state} instead of {right}")
        for row in _sample(self._rows):
            answer = get(f"/api/1c/v1/events/{row.public_id}")
            if answer.status_code != httpx.codes.OK or answer.json()["state"] != row.state:
                self.verdict.lost.append(f"{row.event_id}: the door says {answer.text[:100]}")
        balances = self.expected.by_patient()
        for message in self._sent.values():
            if message.kind == "card" and message.event_id in {row.event_id for row in self._rows}:
                self._ask_balance(message, balances[message.document])

    def _ask_balance(self, card: Message, right: int) -> None:
        answer = self._rig.client.get("/api/1c/v1/balances", params={"patient_ref": card.document})
        [item] = answer.json()["items"]
        parts = (item["cashback_available"], item["cashback_pending"], -item["debt"])
        told = sum(round(part * 100) for part in parts)
        if told != right:
            kind = self.verdict.lost if told < right else self.verdict.doubled
            kind.append(f"balance of {card.document}: {told} instead of {right}")


def is_settled(rig: Rig, load: Load, allowance: Allowance) -> bool:
    """Whether nothing is under way: no event, no due accrual; asleep are only those that must be."""
    kept = {event_id: state for event_id, state in rig.sql(_STATES)}  # noqa: C416 - rows are tuples of any
    if {"ready", "running"} & set(kept.values()) or rig.count(_DUE):
        return False
    parked = {event_id for event_id, state in kept.items() if state == "parked"}
    return not parked or parked <= expected_of(load, kept, allowance).parked


def expected_of(load: Load, kept: Iterable[str], allowance: Allowance) -> Expected:
    """What the reference makes of these events of the load."""
    known = set(kept)
    messages = {message.event_id: message for webhook in load.webhooks for message in webhook.messages}
    return expect([messages[event_id] for event_id in known & messages.keys()], dead=allowance.dead)


def _sample(rows: Sequence[_Row]) -> Sequence[_Row]:
    return rows[:: max(1, len(rows) // _ASKED_AT_THE_DOOR)]


_ROWS = """
    SELECT event_id, public_id::text, state, attempts, crashes, reason_code, effects
      FROM inbox_event ORDER BY id
"""
_STATES = "SELECT event_id, state FROM inbox_event"
_DUE = "SELECT count(*) FROM pending_accrual WHERE remaining > 0 AND due_at < now()"
_HELD = """
    SELECT split_part(entry.document_key, ':', 4), identity.external_ref,
           sum(CASE account.kind WHEN 'debt' THEN -1 ELSE 1 END * posting.amount) AS net
      FROM ledger_entry AS entry
      JOIN ledger_posting AS posting ON posting.entry_id = entry.id
      JOIN ledger_account AS account ON account.id = posting.account_id AND account.kind <> 'system'
      JOIN external_identity AS identity ON identity.patient_id = account.owner_id
     WHERE entry.kind IN ('accrual', 'clawback')
       AND entry.document_key LIKE 'onec:' || %(base)s || ':visit:%%'
     GROUP BY 1, 2 HAVING sum(CASE account.kind WHEN 'debt' THEN -1 ELSE 1 END * posting.amount) <> 0
"""
_VERSIONS = "SELECT ref::text, message_no FROM visit"
_ENTRIES = "SELECT public_id FROM ledger_entry WHERE kind IN ('accrual', 'clawback')"
_ANNOUNCED = "SELECT payload ->> 'entry_id' FROM outbox_message WHERE topic = 'balance.changed'"
