"""What was done becomes unchangeable: records are chained, the chain's end is signed and carried outside.

Run late, twice or together it gives the same; nothing of it stands in the way of what is being recorded.
"""

from pathlib import Path

from sqlalchemy.orm import Session

from hub.audit.chain import Head
from hub.audit.heads import append_heads, list_unexported, mark_exported, sign_newest
from hub.audit.sealing import seal_batch
from hub.kernel.settings import settings

BATCH_MAX = 500


def seal_audit(session: Session) -> dict[str, int]:
    """Chain a batch of records; `more` when the batch was full."""
    done = seal_batch(session, limit=BATCH_MAX)
    return {"done": done, "more": int(done >= BATCH_MAX)}


def sign_audit(session: Session) -> list[Head]:
    """Sign the chain's end; gives the heads that have to be carried out."""
    sign_newest(session)
    session.flush()  # no id: the head that was just signed is carried out too
    return list_unexported(session) if settings().audit_dir else []


def carry_out(heads: list[Head]) -> None:
    """Write heads to the file outside the database. Raises: OSError."""
    if heads and settings().audit_dir:
        append_heads(Path(str(settings().audit_dir)), heads)


def note_carried_out(session: Session, heads: list[Head]) -> dict[str, int]:
    """Remember that the heads are outside."""
    mark_exported(session, heads)
    return {"heads": len(heads)}
