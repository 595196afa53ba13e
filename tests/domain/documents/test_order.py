"""One order for the messages of one document, whatever order they come in, and whatever the clocks say."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.contracts.facts import DocumentStamp
from hub.domain.documents.rules import AppliedStamp, Verdict, judge, read_stamp, write_marks

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def stamp(
    content: str, *, no: int | None = None, hours: float = 0, numbering: str = "1/", inbox_id: int = 0
) -> DocumentStamp:
    return DocumentStamp(
        infobase="umc_corp",
        object_type="Document.ОказаниеУслуг",
        ref=UUID(int=1),
        number="",
        data_version="",
        content_hash=hashlib.sha256(content.encode()).digest(),
        message_no=no,
        occurred_at=NOON + timedelta(hours=hours),
        is_live=True,
        numbering=numbering,
        inbox_id=inbox_id,
    )


def tell(*stamps: DocumentStamp) -> tuple[AppliedStamp, list[Verdict]]:
    applied: AppliedStamp | None = None
    verdicts = []
    for one in stamps:
        judgement = judge(applied, one)
        applied = judgement.stamp
        verdicts.append(judgement.verdict)
    assert applied is not None
    return applied, verdicts


NEWS, STALE, DUPLICATE = Verdict.NEWS, Verdict.STALE, Verdict.DUPLICATE


def test_a_number_outweighs_a_clock_that_was_set_back() -> None:
    before, after = stamp("a", no=7, hours=0), stamp("b", no=8, hours=-1)
    assert tell(before, after)[1] == [NEWS, NEWS]
    assert tell(after, before)[1] == [NEWS, STALE]


def test_a_number_outweighs_a_clock_that_was_a_day_ahead() -> None:
    ahead, after = stamp("a", no=7, hours=24), stamp("b", no=8)
    assert tell(ahead, after)[1] == [NEWS, NEWS]
    assert tell(after, ahead)[1] == [NEWS, STALE]


def test_without_numbers_the_instant_decides_and_a_tie_is_news() -> None:
    first, second, tied = stamp("a"), stamp("b", hours=1), stamp("c", hours=1)
    assert tell(second, first, tied)[1] == [NEWS, STALE, NEWS]


def test_at_an_equal_number_the_instant_decides_and_a_tie_is_news() -> None:
    first, second, tied = (stamp(name, no=7, hours=hours) for name, hours in (("a", 0), ("b", 1), ("c", 1)))
    assert tell(second, first, tied)[1] == [NEWS, STALE, NEWS]


def test_a_message_without_a_number_takes_its_place_by_its_instant() -> None:
    visit, cancelled, posted = stamp("a", no=7), stamp("b", hours=1), stamp("c", no=8, hours=2)
    assert tell(visit, cancelled, posted)[1] == [NEWS, NEWS, NEWS]
    assert tell(posted, cancelled, visit)[1] == [NEWS, STALE, STALE]
    assert tell(cancelled, visit, posted)[1] == [NEWS, STALE, NEWS]


def test_within_a_series_the_clock_never_runs_back_for_others_either() -> None:
    """No 8 was said at eleven, after no 7 at noon: so half past eleven is before both."""
    seventh, eighth, other = stamp("a", no=7), stamp("b", no=8, hours=-1), stamp("c", hours=-0.5)
    assert tell(seventh, eighth, other)[1] == [NEWS, NEWS, STALE]


def test_a_straggler_that_lets_another_series_win_names_the_row_to_recall() -> None:
    seventh, eighth, other = stamp("a", no=7), stamp("b", no=8, hours=-1, inbox_id=8), stamp("c", hours=-0.5)
    applied, verdicts = tell(eighth, other, seventh)
    assert verdicts == [NEWS, NEWS, STALE]
    assert applied.find_overtaking() == 8
    recalled = judge(applied, eighth)
    assert recalled.verdict is NEWS
    assert recalled.stamp.find_overtaking() is None


def test_numbers_of_two_nodes_are_not_compared() -> None:
    here, there = stamp("a", no=8_517, numbering="1/UMC01"), stamp("b", no=12, hours=1, numbering="1/UMC02")
    assert tell(here, there)[1] == [NEWS, NEWS]
    assert tell(there, here)[1] == [NEWS, STALE]


def test_numbers_of_a_run_that_began_anew_are_not_compared_with_the_old() -> None:
    old, new, newer = (
        stamp("a", no=8_517),
        stamp("b", no=12, hours=1, numbering="2/"),
        stamp("c", no=13, hours=0.5, numbering="2/"),
    )
    assert tell(old, new, newer)[1] == [NEWS, NEWS, NEWS]
    assert tell(newer, new, old)[1] == [NEWS, STALE, STALE]


def test_equal_content_is_a_duplicate_whose_number_overtakes() -> None:
    first, edited, back = stamp("a", no=1), stamp("b", no=2), stamp("a", no=3)
    assert tell(first, back, edited)[1] == [NEWS, DUPLICATE, STALE]


def test_an_old_repetition_does_not_make_an_edit_old() -> None:
    assert tell(stamp("a", no=3), stamp("a", no=1), stamp("b", no=4))[1] == [NEWS, DUPLICATE, NEWS]


@dataclass(frozen=True)
class Said:
    """A message as generated: its content is its own."""

    no: int | None
    hours: int
    numbering: str


said = st.builds(
    Said, no=st.none() | st.integers(1, 6), hours=st.integers(0, 40), numbering=st.sampled_from("ab")
)


def told_to_the_end(messages: list[tuple[int, Said]]) -> bytes:
    """Judge all, with recalls; gives the content that is held."""
    stamps = {
        place: stamp(str(place), no=one.no, hours=one.hours, numbering=one.numbering, inbox_id=place)
        for place, one in messages
    }
    applied: AppliedStamp | None = None
    for one in stamps.values():
        applied = judge(applied, one).stamp
        recalled = applied.find_overtaking()
        if recalled is not None:
            applied = judge(applied, stamps[recalled]).stamp
    assert applied is not None
    assert applied.find_overtaking() is None
    return applied.content_hash


@settings(deadline=None, max_examples=300)
@given(
    messages=st.lists(said, min_size=1, max_size=8, unique_by=lambda one: one.hours),
    order=st.permutations(range(8)),
)
def test_every_order_holds_the_same_last_word(messages: list[Said], order: list[int]) -> None:
    numbered = list(enumerate(messages, 1))
    shuffled = [numbered[place] for place in order if place < len(numbered)]
    assert told_to_the_end(shuffled) == told_to_the_end(numbered)


@settings(deadline=None)
@given(messages=st.lists(said, min_size=1, max_size=8))
def test_what_a_document_remembers_survives_its_column(messages: list[Said]) -> None:
    applied, _ = tell(
        *(stamp(str(one), no=one.no, hours=one.hours, numbering=one.numbering) for one in messages)
    )
    kept = read_stamp(
        data_version=applied.data_version,
        content_hash=applied.content_hash,
        message_no=applied.message_no,
        occurred_at=applied.occurred_at,
        marks=json.loads(write_marks(applied)),
    )
    assert kept == applied
