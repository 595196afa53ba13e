"""Entry keys are remembered for ever: the same draft again has no effect, another one is refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.domain.ledger.drafts import Draft
from hub.domain.ledger.errors import EntryKeyReusedError

_KNOWN = text("""
    SELECT entry_key, request_hash, public_id FROM ledger_entry
     WHERE entry_key = ANY(CAST(:keys AS text[]))
""")


@dataclass(frozen=True, slots=True)
class Memory:
    """The keys posted before, and those of the batch at hand."""

    known: dict[str, tuple[bytes, UUID]]

    def recall(self, entry_key: str, request_hash: bytes) -> UUID | None:
        """Give the first entry's id when this is a repetition. Raises: EntryKeyReusedError."""
        first = self.known.get(entry_key)
        if first is None:
            return None
        if first[0] != request_hash:
            raise EntryKeyReusedError(entry_key=entry_key)
        return first[1]

    def remember(self, entry_key: str, request_hash: bytes, entry_id: UUID) -> None:
        """Keep the key of an entry that the batch posts."""
        self.known[entry_key] = (request_hash, entry_id)


def recall_keys(session: Session, drafts: Sequence[Draft]) -> Memory:
    """Look the keys up; under the owners' locks, so that a twin in flight has committed by now."""
    rows = session.execute(_KNOWN, {"keys": [draft.entry_key for draft in drafts]})
    return Memory({row.entry_key: (row.request_hash, row.public_id) for row in rows})
