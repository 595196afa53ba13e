import uuid

import pytest

from hub.contracts.facts import DocumentStamp, VisitSnapshot
from hub.db.transaction import transaction
from hub.domain.documents.rules import judge
from hub.domain.visits.mirror import find_visits, lock_visits
from hub.domain.visits.recording import VisitWrite, write_visits
from hub.kernel import clock

pytestmark = pytest.mark.usefixtures("clean")


def cancelled(infobase: str, ref: uuid.UUID) -> VisitSnapshot:
    stamp = DocumentStamp(
        infobase=infobase,
        object_type="Document.ОказаниеУслуг",
        ref=ref,
        number="1",
        data_version="",
        content_hash=b"",
        message_no=None,
        occurred_at=clock.now(),
        is_live=False,
    )
    return VisitSnapshot(stamp, None, None, None, (), (), "", "", ())


def news(snapshot: VisitSnapshot) -> VisitWrite:
    return VisitWrite(snapshot, None, judge(None, snapshot.stamp).stamp)


def test_documents_of_two_bases_with_one_reference_are_two_documents() -> None:
    here, there = ("umc_corp", uuid.uuid4()), ("umc_branch", uuid.uuid4())
    swapped = [(here[0], there[1]), (there[0], here[1])]
    with transaction() as session:
        write_visits(session, [news(cancelled(*here)), news(cancelled(*there))])
        assert set(find_visits(session, [here, there])) == {here, there}
        assert set(lock_visits(session, [here, there])) == {here, there}
        assert find_visits(session, swapped) == {}
        assert lock_visits(session, swapped) == {}
