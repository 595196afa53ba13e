"""What a purse should hold, in plain lists: the ledger's rules told a second time, without SQL."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from hub.domain.ledger.drafts import AccrualDraft, ClawbackDraft

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass
class Pile:
    """A lot, or a promised part."""

    document_key: str
    amount: int
    expires_at: datetime
    due_at: datetime = NEVER


@dataclass
class OraclePurse:
    lots: list[Pile] = field(default_factory=list)
    parts: list[Pile] = field(default_factory=list)
    debt: int = 0
    net: dict[str, int] = field(default_factory=dict)

    def burn(self, now: datetime) -> None:
        self.lots = [lot for lot in self.lots if lot.amount and lot.expires_at > now]

    def accrue(self, draft: AccrualDraft, now: datetime) -> None:
        assert draft.source
        document_key = draft.source.document_key
        self.net[document_key] = self.net.get(document_key, 0) + draft.amount
        pile = Pile(document_key, draft.amount, draft.expires_at or NEVER, draft.activates_at or NEVER)
        if draft.activates_at is None or draft.activates_at <= now:
            self.burn(now)
            self._credit(pile)
        else:
            self.parts.append(pile)

    def activate(self, now: datetime) -> None:
        due = sorted((part for part in self.parts if part.due_at <= now), key=lambda part: part.due_at)
        self.parts = [part for part in self.parts if part.due_at > now]
        if any(part.amount for part in due):
            self.burn(now)
        for part in due:
            self._credit(part)

    def _credit(self, pile: Pile) -> None:
        repaid = min(self.debt, pile.amount)
        self.debt -= repaid
        pile.amount -= repaid
        self.lots.append(pile)

    def claw_back(self, draft: ClawbackDraft, now: datetime) -> bool:
        """Tell whether it was possible; if not, nothing has changed."""
        document_key = draft.source.document_key
        if draft.amount > self.net.get(document_key, 0):
            return False
        self.net[document_key] -= draft.amount
        self.burn(now)
        own = [part for part in reversed(self.parts) if part.document_key == document_key]
        by_expiry = sorted(self.lots, key=lambda lot: (lot.document_key != document_key, lot.expires_at))
        rest = draft.amount
        for pile in [*own, *by_expiry]:
            share = min(pile.amount, rest)
            pile.amount -= share
            rest -= share
        self.debt += rest
        return True

    def available(self, now: datetime) -> int:
        return sum(lot.amount for lot in self.lots if lot.expires_at > now)

    @property
    def pending(self) -> int:
        return sum(part.amount for part in self.parts)

    def expiring(self, now: datetime) -> dict[datetime, int]:
        found: dict[datetime, int] = {}
        for lot in self.lots:
            if lot.amount and now < lot.expires_at < NEVER:
                found[lot.expires_at] = found.get(lot.expires_at, 0) + lot.amount
        return found
