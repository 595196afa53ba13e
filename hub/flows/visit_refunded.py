"""A refund document of 1C arrived: note it at its visit, and take back the returned share.

A refund whose visit never came waits for it. An undone refund gives the share back, and one that was
corrected to name another visit gives it back to the first. The visit's document lock is held, so a
refund and an edit of one visit cannot pass each other.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from hub.audit.trail import Action, record_action
from hub.contracts.facts import VisitRefunded
from hub.domain.documents.rules import judge
from hub.domain.visits.mirror import HeldRefund, VisitKey, lock_refunds, lock_visits
from hub.domain.visits.recording import RefundWrite, touch_refunds, write_refunds
from hub.flows.ending import Ending, parked, processed
from hub.flows.recalling import end_without_news
from hub.flows.visit_cashback import Change, document_key, settle_cashback
from hub.flows.waiting import visit_key


def record_refunds(session: Session, refunds: Sequence[VisitRefunded]) -> list[Ending]:
    """Record refunds of different visits; endings in their order."""
    held = lock_refunds(session, [_key(refund) for refund in refunds])
    left = {refund.visit for refund in held.values()}
    visits = lock_visits(session, {_visit(refund) for refund in refunds} | left)
    judgements = {
        _key(refund): judge(held[_key(refund)].stamp if _key(refund) in held else None, refund.stamp)
        for refund in refunds
    }
    endings = end_without_news(session, judgements)
    touch_refunds(
        session,
        {key: judgements[key].stamp for key in endings if judgements[key].stamp != held[key].stamp},
    )
    writes: list[RefundWrite] = []
    for refund in refunds:
        if _key(refund) in endings:
            continue
        visit = visits.get(_visit(refund))
        if visit is None:
            endings[_key(refund)] = parked(visit_key(*_visit(refund)), "visit-unknown")
        else:
            writes.append(RefundWrite(refund, visit.id, judgements[_key(refund)].stamp))
    endings.update(_apply(session, held, writes))
    return [endings[_key(refund)] for refund in refunds]


def _apply(
    session: Session, held: Mapping[VisitKey, HeldRefund], writes: Sequence[RefundWrite]
) -> dict[VisitKey, Ending]:
    """Write the news and settle the money: of the visit named now, and of the one named before."""
    versions = write_refunds(session, writes)
    news = [write.refund for write in writes]
    touched = {
        _key(refund): {_visit(refund)} | ({held[_key(refund)].visit} if _key(refund) in held else set())
        for refund in news
    }
    changes = {
        visit: _change(refund, versions[_key(refund)]) for refund in news for visit in touched[_key(refund)]
    }
    posted = settle_cashback(session, changes)
    record_action(session, *(_action(refund) for refund in news))
    return {
        key: processed([entry for visit in sorted(visits) for entry in posted[visit]])
        for key, visits in touched.items()
    }


def _change(refund: VisitRefunded, version: int) -> Change:
    return Change(f"refund:{refund.stamp.ref}:v{version}", refund.stamp.correlation_id)


def _action(refund: VisitRefunded) -> Action:
    return Action(
        actor=f"onec:{refund.stamp.infobase}",
        action="visit.refunded" if refund.stamp.is_live else "visit.refund-undone",
        object_type="visit",
        object_id=document_key(_visit(refund)),
        details={"refund_ref": str(refund.stamp.ref)},
        correlation_id=refund.stamp.correlation_id,
    )


def _key(refund: VisitRefunded) -> VisitKey:
    return refund.stamp.infobase, refund.stamp.ref


def _visit(refund: VisitRefunded) -> VisitKey:
    return refund.stamp.infobase, refund.visit_ref
