"""Refunds meet their visit in every state it may be in; the money is always that of the last versions."""

import itertools
import uuid
from typing import Any

import pytest

from tests.conftest import Servers
from tests.factories.onec import cancel_event, patient_event, refund_event, visit_event
from tests.flows.conftest import Road
from tests.flows.visits import row_of
from tests.inbox.arrivals import rows

OTHER = "00000000-0000-4000-8000-000000000777"


class Story:
    """Messages about one visit and its refunds, each later than the last."""

    def __init__(self) -> None:
        self.ref = str(uuid.uuid4())
        self.hours = itertools.count(1)

    def at(self) -> str:
        return f"2026-05-02T{next(self.hours):02d}:00:00"

    def visit(self, *amounts: str, **fields: Any) -> dict[str, Any]:
        amounts = amounts or ("1000.00", "600.00")
        return visit_event(ref=fields.pop("ref", self.ref), amounts=amounts, occurred_at=self.at(), **fields)

    def cancel(self) -> dict[str, Any]:
        return cancel_event(self.ref, occurred_at=self.at())

    def refund(self, name: str, *given: tuple[int, str], **fields: Any) -> dict[str, Any]:
        ref = str(uuid.uuid5(uuid.UUID(self.ref), name))
        visit = fields.pop("visit", self.ref)
        return refund_event(visit, ref=ref, lines=given, occurred_at=self.at(), **fields)


@pytest.fixture
def story(road: Road) -> Story:
    road.tell(patient_event(), patient_event(OTHER, phone="+79000000777"))
    return Story()


def test_several_refunds_of_a_visit_add_up_by_line(road: Road, story: Story) -> None:
    road.tell(
        story.visit(), story.refund("a", (1, "300.00")), story.refund("b", (1, "200.00"), (2, "100.00"))
    )
    assert road.cashback() == 2_500 + 2_500


def test_refunds_of_more_than_is_left_take_the_line_to_nothing_and_no_further(
    road: Road, story: Story
) -> None:
    road.tell(story.visit(), story.refund("a", (1, "700.00")), story.refund("b", (1, "700.00")))
    assert road.cashback() == 3_000


def test_a_whole_refund_beside_one_by_line_takes_all_and_undone_gives_back_all_but_the_line(
    road: Road, story: Story
) -> None:
    road.tell(story.visit(), story.refund("a", (1, "300.00")), story.refund("b"))
    assert road.cashback() == 0
    road.tell(story.refund("b", posted=False))
    assert road.cashback() == 3_500 + 3_000


def test_an_edited_refund_counts_as_it_stands_last(road: Road, story: Story) -> None:
    road.tell(story.visit(), story.refund("a", (1, "300.00")))
    road.tell(story.refund("a", (2, "600.00")))
    assert road.cashback() == 5_000
    road.tell(story.refund("a", (2, "200.00")))
    assert road.cashback() == 5_000 + 2_000


def test_a_refund_unposted_and_posted_again_takes_its_share_again(road: Road, story: Story) -> None:
    road.tell(story.visit(), story.refund("a", (1, "300.00")))
    road.tell(story.refund("a", (1, "300.00"), posted=False))
    assert road.cashback() == 8_000
    road.tell(story.refund("a", (1, "300.00")))
    assert road.cashback() == 6_500


def test_a_refund_corrected_to_name_another_visit_gives_the_first_its_share_back(
    road: Road, story: Story
) -> None:
    second = str(uuid.uuid4())
    road.tell(story.visit(), story.visit(ref=second), story.refund("a", (1, "1000.00")))
    assert road.cashback() == 8_000 + 3_000
    road.tell(story.refund("a", (2, "600.00"), visit=second))
    assert road.cashback() == 8_000 + 5_000
    road.tell(story.refund("a", posted=False, visit=second))
    assert road.cashback() == 16_000


def test_a_refund_of_a_line_that_an_edit_removed_waits_for_the_line_to_come_back(
    road: Road, story: Story
) -> None:
    road.tell(story.visit(), story.refund("a", (2, "600.00")), story.visit("1000.00"))
    assert road.cashback() == 5_000
    road.tell(story.visit("1000.00", "800.00"))
    assert road.cashback() == 5_000 + 1_000


def test_a_visit_moved_to_another_patient_takes_its_refunds_along(road: Road, story: Story) -> None:
    road.tell(story.visit(), story.refund("a", (1, "400.00")))
    road.tell(story.visit(patient=OTHER))
    assert (road.cashback(), road.cashback(OTHER)) == (0, 6_000)
    road.tell(story.refund("a", (1, "400.00"), posted=False))
    assert (road.cashback(), road.cashback(OTHER)) == (0, 8_000)


@pytest.mark.parametrize("undo", ["cancelled", "unposted", "deleted"])
def test_refunds_around_a_visit_that_is_off_count_when_it_is_posted_again(
    road: Road, story: Story, undo: str
) -> None:
    off = {
        "cancelled": story.cancel,
        "unposted": lambda: story.visit(posted=False),
        "deleted": lambda: story.visit(deletion_mark=True),
    }[undo]
    road.tell(story.visit(), story.refund("a", (1, "400.00")), off())
    assert road.cashback() == 0
    assert road.tell(story.refund("b", (2, "100.00")))["done"] == 1
    assert road.cashback() == 0
    road.tell(story.visit())
    assert road.cashback() == 3_000 + 2_500


def test_a_refund_of_a_visit_known_by_its_cancellation_alone_finds_it(
    road: Road, clean: Servers, story: Story
) -> None:
    refund = story.refund("a", (1, "400.00"))
    road.tell(refund, story.cancel())
    assert row_of(clean, refund)["state"] == "processed"
    road.tell(story.visit())
    assert road.cashback() == 6_000


def test_a_visit_completed_on_another_day_earns_for_that_day(
    road: Road, story: Story, clean: Servers
) -> None:
    """However the two versions come, what is held burns on the day that follows from the last one."""
    moved = story.visit()
    moved["visit"]["completed_at"] = "2026-06-11T10:00:00"
    road.tell(story.visit("1000.00", "1000.00"))
    moved["occurred_at"] = story.at()
    road.tell(moved)
    assert road.cashback() == 8_000
    assert rows(clean, _OPEN_LOTS) == [{"remaining": 8_000, "burns": "2027-06-26"}]


_OPEN_LOTS = """
    SELECT remaining, to_char(expires_at AT TIME ZONE 'Europe/Moscow', 'YYYY-MM-DD') AS burns
      FROM lot WHERE remaining > 0
"""
