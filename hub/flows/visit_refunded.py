"""A refund document of 1C arrived: note it at its visit, and take back the returned share.

A refund whose visit never came waits for it. An undone refund gives the share back. The visit's
document lock is held, so a refund and an edit of one visit cannot pass each other.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from hub.audit.trail import Action, record_action
from hub.contracts.facts import VisitRefunded
from hub.domain.documents.rules import Verdict, judge
from hub.domain.visits.mirror import VisitKey, find_refund_stamps, lock_visits
from hub.domain.visits.recording import touch_refunds, write_refunds
from hub.flows.ending import Ending, no_news, parked, processed
from hub.flows.visit_cashback import Change, document_key, settle_cashback
from hub.flows.waiting import visit_key


def record_refunds(session: Session, refunds: Sequence[VisitRefunded]) -> list[Ending]:
    """Record refunds of different visits; endings in their order."""
    visits = lock_visits(session, [_visit(refund) for refund in refunds])
    applied = find_refund_stamps(session, [_key(refund) for refund in refunds])
    endings: dict[VisitKey, Ending] = {}
    news: list[VisitRefunded] = []
    for refund in refunds:
        verdict = judge(applied.get(_key(refund)), refund.stamp)
        if _visit(refund) not in visits:
            endings[_key(refund)] = parked(visit_key(*_visit(refund)), "visit-unknown")
        elif verdict is not Verdict.NEWS:
            endings[_key(refund)] = no_news(verdict)
        else:
            news.append(refund)
    repeated = [
        refund.stamp
        for refund in refunds
        if _key(refund) in applied and applied[_key(refund)].is_repeated_by(refund.stamp)
    ]
    touch_refunds(session, repeated)
    versions = write_refunds(session, news, {key: visit.id for key, visit in visits.items()})
    posted = settle_cashback(
        session, {_visit(refund): _change(refund, versions[_key(refund)]) for refund in news}
    )
    record_action(session, *(_action(refund) for refund in news))
    return [endings.get(_key(refund)) or processed(posted[_visit(refund)]) for refund in refunds]


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
