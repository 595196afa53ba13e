"""What callers ask the ledger to post, and what they get back."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.domain.ledger.errors import DraftAmountInvalidError
from hub.domain.ledger.kinds import EntryKind
from hub.kernel import clock
from hub.kernel.money import AMOUNT_MAX, Asset


@dataclass(frozen=True, slots=True)
class EntrySource:
    """The document that caused an entry; `document_key` is the same for all versions of it."""

    document_type: str
    document_number: str
    document_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccrualDraft:
    """Points to give. `activates_at` None or past: at once; `expires_at` None: they never burn.

    Repetitions are recognised by all fields, so instants are derived from the document, never from
    the time of handling.
    """

    entry_key: str
    owner_id: UUID
    asset: Asset
    amount: int
    """Hundredths, above zero."""
    occurred_at: datetime
    activates_at: datetime | None
    expires_at: datetime | None
    source: EntrySource | None
    rule_code: str | None
    rule_version: int | None
    reason: str
    actor: str | None = None
    approver: str | None = None

    def request_hash(self) -> bytes:
        """Hash the canonical form; frozen, for keys are compared for ever."""
        return _hash(EntryKind.ACCRUAL, self, [_instant(self.activates_at), _instant(self.expires_at)])


@dataclass(frozen=True, slots=True, kw_only=True)
class ClawbackDraft:
    """Points to take back from what `source.document_key` accrued to the owner."""

    entry_key: str
    owner_id: UUID
    asset: Asset
    amount: int
    """Hundredths, above zero."""
    occurred_at: datetime
    source: EntrySource
    rule_code: str | None
    rule_version: int | None
    reason: str
    actor: str | None = None
    approver: str | None = None

    def request_hash(self) -> bytes:
        """Hash the canonical form; frozen, for keys are compared for ever."""
        return _hash(EntryKind.CLAWBACK, self, [])


Draft = AccrualDraft | ClawbackDraft


@dataclass(frozen=True, slots=True)
class PostedEntry:
    """One draft's entry. On a repetition it is the first one's id and nothing was posted now."""

    entry_id: UUID
    kind: EntryKind
    owner_id: UUID
    asset: Asset
    amount: int
    """Signed hundredths, as the owner sees them."""
    is_repeat: bool


def refuse_bad_amounts(drafts: Sequence[Draft]) -> None:
    """Raise DraftAmountInvalidError unless every amount is within 1 … AMOUNT_MAX."""
    for draft in drafts:
        if not 0 < draft.amount <= AMOUNT_MAX:
            raise DraftAmountInvalidError(amount=draft.amount)


def _hash(kind: EntryKind, draft: Draft, extra: list[str | None]) -> bytes:
    source = draft.source
    fields = [
        kind.value,
        str(draft.owner_id),
        draft.asset.value,
        draft.amount,
        _instant(draft.occurred_at),
        source and [source.document_type, source.document_number, source.document_key],
        draft.rule_code,
        draft.rule_version,
        draft.reason,
        draft.actor,
        draft.approver,
        *extra,
    ]
    return hashlib.sha256(json.dumps(fields, separators=(",", ":")).encode()).digest()


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else clock.to_wire(instant)
