"""Heads: the chain's end, signed now and then, kept in the database and in a file outside of it.

Who rewrites the database from some record on has to forge every later head too, and for that needs the key;
who cuts the tail is told by the file.
"""

import base64
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.audit.chain import Head, sign_head
from hub.audit.models import AuditHead, AuditLink
from hub.kernel import clock
from hub.kernel.clock import to_wire
from hub.kernel.ids import new_id

FILE_NAME = "audit-heads.jsonl"
EXPORT_MAX = 100
"""Heads that one run carries out; they are made one by one, so there are never that many."""


class HeadFileDamagedError(ValueError):
    """A line of the file is no head."""


def sign_newest(session: Session) -> Head | None:
    """Sign the chain's end, if links were added since the last head."""
    last = session.scalars(select(AuditLink).order_by(AuditLink.seq.desc()).limit(1)).first()
    known = session.scalars(select(AuditHead).order_by(AuditHead.seq.desc()).limit(1)).first()
    if last is None or (known is not None and known.seq >= last.seq):
        return None
    head = sign_head(last.seq, last.hash, clock.now())
    session.add(
        AuditHead(
            id=new_id(),
            seq=head.seq,
            hash=head.hash,
            signed_at=head.signed_at,
            key_id=head.key_id,
            signature=head.signature,
        )
    )
    return head


def list_unexported(session: Session) -> list[Head]:
    """List heads that are not in the file yet, oldest first."""
    rows = session.scalars(
        select(AuditHead).where(AuditHead.exported_at.is_(None)).order_by(AuditHead.seq).limit(EXPORT_MAX)
    )
    return [read_head(row) for row in rows]


def mark_exported(session: Session, heads: list[Head]) -> None:
    """Note that the heads are in the file."""
    seqs = [head.seq for head in heads]
    for row in session.scalars(select(AuditHead).where(AuditHead.seq.in_(seqs))):
        row.exported_at = clock.now()


def append_heads(folder: Path, heads: list[Head]) -> None:
    """Add the heads to the file and have them on disk. A doubled line is harmless. Raises: OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{_dump(head)}\n" for head in heads)
    with (folder / FILE_NAME).open("a", encoding="ascii") as file:
        file.write(lines)
        file.flush()  # of a file, not of a session: fsync needs it
        os.fsync(file.fileno())


def read_heads(path: Path) -> Iterator[Head]:
    """Read an exported file. Raises: HeadFileDamagedError naming the line; OSError."""
    with path.open(encoding="ascii", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield _load(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise HeadFileDamagedError(f"{path.name}:{number}") from error


def read_head(row: AuditHead) -> Head:
    """Read a row."""
    return Head(row.seq, row.hash, row.signed_at, row.key_id, row.signature)


def _dump(head: Head) -> str:
    return json.dumps(
        {
            "seq": head.seq,
            "hash": head.hash.hex(),
            "signed_at": to_wire(head.signed_at),
            "key_id": head.key_id,
            "signature": base64.b64encode(head.signature).decode(),
        }
    )


def _load(line: dict[str, object]) -> Head:
    return Head(
        seq=int(str(line["seq"])),
        hash=bytes.fromhex(str(line["hash"])),
        signed_at=datetime.fromisoformat(str(line["signed_at"])),
        key_id=str(line["key_id"]),
        signature=base64.b64decode(str(line["signature"]), validate=True),
    )
