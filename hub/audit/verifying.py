"""Verifying: the whole trail is hashed anew; the first thing that is not as it was sealed is named."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.audit.chain import GENESIS, Head, is_signed, link_hash
from hub.audit.heads import read_head
from hub.audit.models import AuditHead, AuditLink, AuditRecord
from hub.kernel import clock

PAGE = 2_000
UNSEALED_FOR = timedelta(hours=1)
"""A record that nobody sealed for so long is not waiting for the sealer."""


class Wrong(StrEnum):
    """What may be wrong with the trail."""

    LINK_MISSING = "link-missing"
    """A number of the chain is not there: a link was taken out."""
    RECORD_MISSING = "record-missing"
    """A link's record is gone."""
    RECORD_CHANGED = "record-changed"
    """The record, or its link, is not what was sealed."""
    TAIL_MISSING = "tail-missing"
    """A signed head knows of later links than the chain has."""
    HEAD_DIFFERS = "head-differs"
    """The chain was rewritten: at this number it had another hash when its head was signed."""
    HEAD_FORGED = "head-forged"
    """A head that none of our keys signed."""
    RECORD_UNSEALED = "record-unsealed"
    """An old record without a link."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The first wrong thing: of which kind, at which link, and which record it is about."""

    wrong: Wrong
    seq: int
    record_id: int | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at, and the first fault, if there is one."""

    links: int
    heads: int
    fault: Fault | None


def verify(session: Session, exported: Iterable[Head] = ()) -> Verified:
    """Check the chain from its beginning, then every head of the database and of the exported files."""
    heads = {(head.seq, head.hash, head.signature): head for head in (*_list_heads(session), *exported)}
    by_seq: dict[int, list[Head]] = {}
    for head in heads.values():
        by_seq.setdefault(head.seq, []).append(head)
    links, fault = _walk(session, by_seq)
    return Verified(links, len(heads), fault or _find_beyond(by_seq, links) or _find_unsealed(session))


def _walk(session: Session, heads: dict[int, list[Head]]) -> tuple[int, Fault | None]:
    seq, before = 0, GENESIS
    for link, record in _list_links(session):
        seq += 1
        if link.seq != seq:
            return seq - 1, Fault(Wrong.LINK_MISSING, seq)
        if record is None:
            return seq - 1, Fault(Wrong.RECORD_MISSING, seq, link.record_id)
        if link.hash != link_hash(before, seq, record):
            return seq - 1, Fault(Wrong.RECORD_CHANGED, seq, link.record_id)
        before = link.hash
        for head in heads.get(seq, ()):
            if not is_signed(head):
                return seq, Fault(Wrong.HEAD_FORGED, seq)
            if head.hash != before:
                return seq, Fault(Wrong.HEAD_DIFFERS, seq, link.record_id)
    return seq, None


def _find_beyond(heads: dict[int, list[Head]], links: int) -> Fault | None:
    """Find a head that knows of more than the chain has: its tail was cut. A forged one proves nothing."""
    for seq in sorted(seq for seq in heads if seq > links):
        if all(is_signed(head) for head in heads[seq]):
            return Fault(Wrong.TAIL_MISSING, links + 1)
        return Fault(Wrong.HEAD_FORGED, seq)
    return None


def _find_unsealed(session: Session) -> Fault | None:
    sealed = select(AuditLink.seq).where(AuditLink.record_id == AuditRecord.id)
    old = AuditRecord.at < clock.now() - UNSEALED_FOR
    record_id = session.scalar(
        select(AuditRecord.id).where(old, ~sealed.exists()).order_by(AuditRecord.id).limit(1)
    )
    return None if record_id is None else Fault(Wrong.RECORD_UNSEALED, 0, record_id)


def _list_links(session: Session) -> Iterator[tuple[AuditLink, AuditRecord | None]]:
    """Give links with their records, page by page, so that a long trail fits any memory."""
    seen = 0
    while True:
        page = session.execute(
            select(AuditLink, AuditRecord)
            .outerjoin(AuditRecord, AuditRecord.id == AuditLink.record_id)
            .where(AuditLink.seq > seen)
            .order_by(AuditLink.seq)
            .limit(PAGE)
        ).all()
        for link, record in page:
            yield link, record
            seen = link.seq
        session.expunge_all()
        if len(page) < PAGE:
            return


def _list_heads(session: Session) -> list[Head]:
    return [read_head(row) for row in session.scalars(select(AuditHead).order_by(AuditHead.seq))]
