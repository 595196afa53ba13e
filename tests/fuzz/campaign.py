"""Bodies by the round: through the door, compared with the rows, drained, judged, forgotten.

A round starts from the demo's tables, so a finding depends on nothing that came before its round.
"""

import asyncio
import hashlib
import re
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from tests.fuzz import road
from tests.fuzz.bodies import Body
from tests.fuzz.door import Answer, AsgiDoor, Told, check_agreement, judged
from tests.fuzz.findings import Findings
from tests.fuzz.giants import LIMIT
from tests.fuzz.laws import LawBrokenError, read_lawfully
from tests.fuzz.values import CANARY

SENDERS = 128
"""Callers at once: enough for the intake's group commit to have groups."""
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
Named = tuple[str, Body]
"""A body and what it is called by: its number, or its file."""


@dataclass
class Tally:
    """Everything that was counted."""

    statuses: Counter[int] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    endings: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    recipes: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    drained: int = 0
    read_by_laws: int = 0
    octets: int = 0
    begun_at_s: float = field(default_factory=time.monotonic)

    @property
    def bodies(self) -> int:
        """Bodies that were answered."""
        return self.statuses.total()

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self.begun_at_s


@dataclass
class Campaign:
    """One run against one door."""

    door: AsgiDoor
    ground: road.Ground
    listener: road.Listener
    findings: Findings
    say: Callable[[str], None]
    laws_every: int = 1
    """One body in so many is read by the adapter's laws too, and the door's answer compared."""
    tally: Tally = field(default_factory=Tally)

    async def run_round(self, bodies: Sequence[Named], *, is_drained: bool) -> None:
        """Send the bodies of one round, and see what became of them."""
        receipts: dict[UUID, Named] = {}
        unreadable: dict[bytes, Named] = {}
        waiting = iter(enumerate(bodies))
        await asyncio.gather(*(self._send_from(waiting, receipts, unreadable) for _ in range(SENDERS)))
        self._judge(bodies, lambda: road.check_lines(self.listener.heard()), receipts)
        rows = self.ground.rows()
        self._judge(bodies, lambda: road.check_rows(rows, receipts, len(unreadable)), receipts)
        self.tally.rows += len(rows)
        if is_drained:
            self._drain(bodies, receipts, len(rows))
        self.ground.restore()

    async def _send_from(
        self,
        waiting: Iterator[tuple[int, Named]],
        receipts: dict[UUID, Named],
        unreadable: dict[bytes, Named],
    ) -> None:
        for index, named in waiting:
            if self.findings.is_enough:
                return
            _, body = named
            try:
                answer = self._judged(await self.door.send(body), body)
                if index % self.laws_every == 0 and len(body.content) <= LIMIT:
                    self.tally.read_by_laws += 1
                    check_agreement(answer, read_lawfully(body.content, body.content_type), body)
            except Exception as error:  # noqa: BLE001  # a fuzzer is there to meet the unforeseen
                self._find(named, error)
                continue
            receipts.update(dict.fromkeys(answer.receipts, named))
            if answer.code == "unparsable":
                unreadable.setdefault(hashlib.sha256(body.content).digest(), named)

    def _judged(self, told: Told, body: Body) -> Answer:
        """Count the answer, whatever it is, then judge it."""
        self.tally.statuses[told.status] += 1
        self.tally.recipes[body.recipe.partition(":")[0].partition(",")[0]] += 1
        self.tally.octets += len(body.content)
        answer = judged(told)
        self.tally.codes[answer.code] += 1
        return answer

    def _drain(self, bodies: Sequence[Named], receipts: dict[UUID, Named], rows_before: int) -> None:
        self._judge(bodies, road.drain_all, receipts)
        self._judge(bodies, lambda: road.check_lines(self.listener.heard()), receipts)
        rows = self.ground.rows()
        for receipt, row in rows.items():
            try:
                self.tally.endings += road.check_endings({receipt: row})
            except LawBrokenError as error:
                self._find(receipts.get(receipt, bodies[0]), error)
        self.tally.reasons.update(code for _, code, _ in rows.values() if code)
        self.tally.drained += rows_before
        self._judge(bodies, lambda: road.check_books(self.ground, CANARY), receipts)

    def _judge(
        self, bodies: Sequence[Named], law: Callable[[], None], receipts: Mapping[UUID, Named]
    ) -> None:
        """A law of a whole round: the body whose receipt is named stands for it, else the first one."""
        try:
            law()
        except Exception as error:  # noqa: BLE001  # as above
            named = [
                receipts[found] for text in _UUID.findall(str(error)) if (found := UUID(text)) in receipts
            ]
            self._find((f"round of {bodies[0][0]} to {bodies[-1][0]}", (named or bodies)[0][1]), error)

    def _find(self, named: Named, error: Exception) -> None:
        law = str(error) if isinstance(error, LawBrokenError) else f"{type(error).__name__}: {error}"
        told = self.findings.add(named[1], law, origin=named[0])
        if told:
            self.say(told)


def table(tally: Tally, findings: Findings) -> str:
    """Write the final table."""
    server_errors = sum(count for status, count in tally.statuses.items() if status >= 500)
    lines = [
        f"bodies             {tally.bodies:>12,}  ({tally.octets / 2**30:.2f} GiB)",
        f"answers 5xx        {server_errors:>12,}",
        *(f"  status {status}       {count:>12,}" for status, count in sorted(tally.statuses.items())),
        *(f"  {code:<17}{count:>12,}" for code, count in tally.codes.most_common()),
        f"read by the laws   {tally.read_by_laws:>12,}",
        f"rows kept          {tally.rows:>12,}",
        f"rows drained       {tally.drained:>12,}",
        *(f"  {ending:<17}{count:>12,}" for ending, count in tally.endings.most_common()),
        "reasons given",
        *(f"  {reason:<17}{count:>12,}" for reason, count in tally.reasons.most_common(20)),
        "made as",
        *(f"  {recipe:<17}{count:>12,}" for recipe, count in tally.recipes.most_common()),
        f"findings           {findings.count:>12,}",
        f"peak memory, MiB   {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024:>12,}",
        f"seconds            {tally.seconds:>12,.0f}  ({tally.bodies / max(tally.seconds, 1):,.0f} bodies/s)",
    ]
    return "\n".join(lines)
