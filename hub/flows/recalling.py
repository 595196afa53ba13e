"""A straggler shows that another message than the one we hold is the document's last word: recall its row.

Numbers and clocks may contradict each other (hub/domain/documents/rules.py). Then a late message, stale
itself, lets its series reach further than what we hold. The last message of that series was told before
and lost; the inbox still has it, so it is told once more.
"""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy.orm import Session

from hub.domain.documents.rules import Judgement, Verdict
from hub.domain.visits.mirror import VisitKey
from hub.flows.ending import Ending, no_news
from hub.inbox.claims import recall_told
from hub.inbox.models import InboxState


def end_without_news(session: Session, judgements: Mapping[VisitKey, Judgement]) -> dict[VisitKey, Ending]:
    """Give the endings of messages that brought no news, and recall what they let win.

    Whose row is in our own hands just now cannot be recalled: the message that found out comes again soon.
    """
    endings = {
        key: no_news(judgement.verdict)
        for key, judgement in judgements.items()
        if judgement.verdict is not Verdict.NEWS
    }
    wanted = {key: judgements[key].stamp.find_overtaking() for key in endings}
    rows = [row for row in wanted.values() if row is not None]
    busy = recall_told(session, rows) if rows else set()
    for key, row in wanted.items():
        if row in busy:
            endings[key] = replace(endings[key], state=InboxState.READY, reason_code="order-unsettled")
    return endings
