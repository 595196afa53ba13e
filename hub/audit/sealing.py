"""Sealing: committed records become links of the chain, in the background, each exactly once.

Records commit out of the order of their ids, so the sealer does not follow ids: it links whatever has no
link yet, and the links' own numbers are the order. One sealer at a time holds the lock; a second one finds
nothing to do.
"""

from datetime import timedelta

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from hub.audit.chain import GENESIS, link_hash
from hub.audit.models import AuditLink, AuditRecord
from hub.db.locks import lock_key
from hub.kernel import clock

LOOK_BACK = timedelta(minutes=15)
"""No transaction of the hub lives as long: statements and pauses end after 30 s."""


def seal_batch(session: Session, *, limit: int, is_full_look: bool = False) -> int:
    """Link up to `limit` committed records; gives how many. Nothing while another sealer works.

    A full look searches the whole trail for records without a link, not only the newest part.
    """
    if not session.scalar(_TRY_LOCK, {"lock": lock_key("audit-sealer")}):
        return 0
    last = session.scalars(select(AuditLink).order_by(AuditLink.seq.desc()).limit(1)).first()
    seq, chain_hash = (last.seq, last.hash) if last else (0, GENESIS)
    floor = 0 if is_full_look else _find_floor(session)
    links = []
    for record in _list_unsealed(session, floor=floor, limit=limit):
        seq += 1
        chain_hash = link_hash(chain_hash, seq, record)
        links.append({"seq": seq, "record_id": record.id, "hash": chain_hash})
    if links:
        session.execute(insert(AuditLink), links)
    return len(links)


def _find_floor(session: Session) -> int:
    """Give the id below which nothing can be unsealed: it was sealed before any living transaction began."""
    long_ago = clock.now() - LOOK_BACK
    return session.scalar(select(func.max(AuditLink.record_id)).where(AuditLink.sealed_at < long_ago)) or 0


def _list_unsealed(session: Session, *, floor: int, limit: int) -> list[AuditRecord]:
    sealed = select(AuditLink.seq).where(AuditLink.record_id == AuditRecord.id)
    return list(
        session.scalars(
            select(AuditRecord)
            .where(AuditRecord.id > floor, ~sealed.exists())
            .order_by(AuditRecord.id)
            .limit(limit)
        )
    )


_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(:lock)")
