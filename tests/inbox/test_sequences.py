"""Message numbers of a sender: spans without gaps, whatever order they come in."""

import itertools
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.contracts.parties import Source
from hub.db.transaction import transaction
from hub.inbox.sequences import GAPS_MAX, SequenceState, Span, forget, list_states, merge
from tests.conftest import Servers
from tests.inbox.arrivals import arrival, keep, rows, run_in_threads

numbers = st.lists(st.integers(min_value=1, max_value=60), min_size=1, max_size=60)


def spans_of(received: set[int]) -> list[Span]:
    """The definition, the slow way."""
    found: list[Span] = []
    for number in sorted(received):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def one_by_one(numbers: list[int]) -> list[Span]:
    spans: list[Span] = []
    for number in numbers:
        spans = merge(spans, [(number, number)])
    return spans


@settings(deadline=None)
@given(received=numbers)
def test_spans_hold_exactly_what_came_at_or_above_the_first_number(received: list[int]) -> None:
    assert one_by_one(received) == spans_of({number for number in received if number >= received[0]})


@settings(deadline=None)
@given(received=numbers, more=numbers)
def test_the_contiguous_end_never_moves_back_and_repetition_changes_nothing(
    received: list[int], more: list[int]
) -> None:
    before, after = one_by_one(received), one_by_one([*received, *more])
    assert after[0][0] == before[0][0]
    assert after[0][1] >= before[0][1]
    assert one_by_one([*received, *more, *more, *received]) == after


class Naive:
    """What a node sent, as plain sets; the first batch's lowest number is the floor."""

    def __init__(self) -> None:
        self.received: dict[str, set[int]] = {}
        self.floor: dict[str, int] = {}

    def take(self, batch: list[tuple[str, int]]) -> None:
        for node in {node for node, _ in batch}:
            own = {number for name, number in batch if name == node}
            self.floor.setdefault(node, min(own))
            self.received.setdefault(node, set()).update(n for n in own if n >= self.floor[node])

    def states(self) -> list[SequenceState]:
        found = []
        for node, received in sorted(self.received.items()):
            spans = spans_of(received)
            gaps = tuple((left[1] + 1, right[0] - 1) for left, right in itertools.pairwise(spans))
            found.append(SequenceState(node, spans[0][1], gaps[:GAPS_MAX]))
        return found


batches = st.lists(
    st.lists(st.tuples(st.sampled_from(["", "UMC01", "UMC02"]), st.integers(1, 40)), min_size=1, max_size=9),
    min_size=1,
    max_size=8,
)


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(plan=batches, restart_at=st.integers(0, 12))
def test_loss_late_arrival_repetition_nodes_arrays_and_restarts_agree_with_a_naive_model(
    clean: Servers, plan: list[list[tuple[str, int]]], restart_at: int
) -> None:
    sender = f"base-{uuid.uuid4()}"
    naive = Naive()
    for turn, batch in enumerate(plan):
        if turn == restart_at:
            naive = Naive()
            with transaction() as session:
                forget(session, Source.ONEC, sender)
        receipts = keep(*(arrival(message_no=number, node=node, sender=sender) for node, number in batch))
        naive.take(batch)
        with transaction() as session:
            assert list_states(session, Source.ONEC, sender) == naive.states()
        ends = {state.node: state.received_no for state in naive.states()}
        assert [receipt.received_no for receipt in receipts] == [ends[node] for node, _ in batch]


def state() -> SequenceState:
    with transaction() as session:
        [found] = list_states(session, Source.ONEC, "umc_corp")
    return found


def test_a_sender_without_numbers_has_received_nothing(clean: Servers) -> None:
    [receipt] = keep(arrival())
    assert receipt.received_no == 0
    with transaction() as session:
        assert list_states(session, Source.ONEC, "umc_corp") == []


def test_gaps_show_and_close(clean: Servers) -> None:
    for number, received_no in ((5, 5), (6, 6), (9, 6), (8, 6), (3, 6), (7, 9)):
        [receipt] = keep(arrival(message_no=number))
        assert receipt.received_no == received_no
    assert state() == SequenceState("", 9, ())
    keep(arrival(message_no=12), arrival(message_no=20))
    assert state() == SequenceState("", 9, ((10, 11), (13, 19)))


def test_a_repeated_event_tells_the_number_as_it_stands_now(clean: Servers) -> None:
    keep(arrival("e1", message_no=1))
    keep(arrival(message_no=2))
    [again] = keep(arrival("e1", message_no=1))
    assert (again.is_duplicate, again.received_no) == (True, 2)


def test_senders_count_apart(clean: Servers) -> None:
    receipts = keep(arrival(message_no=7), arrival(message_no=3, sender="umc_branch"))
    assert [receipt.received_no for receipt in receipts] == [7, 3]


def test_gaps_shown_are_bounded_and_lowest_first(clean: Servers) -> None:
    keep(*(arrival(message_no=number) for number in range(1, 2 * GAPS_MAX + 50, 2)))
    gaps = state().gaps
    assert len(gaps) == GAPS_MAX
    assert gaps[0] == (2, 2)


def test_taking_a_number_in_touches_no_more_spans_than_it_must(clean: Servers) -> None:
    """A base that loses every other message must not make each webhook dearer than the last."""
    keep(*(arrival(message_no=number) for number in range(1, 2_000, 2)))
    before = {row["first_no"]: row["version"] for row in rows(clean, SPAN_VERSIONS)}
    keep(arrival(message_no=1_000))
    after = {row["first_no"]: row["version"] for row in rows(clean, SPAN_VERSIONS)}
    assert set(before) - set(after) == {1_001}
    assert {first for first in after if after[first] != before.get(first)} == {999}


SPAN_VERSIONS = "SELECT first_no, xmin::text AS version FROM inbox_sequence"


@pytest.mark.parametrize("threads", [8])
def test_numbers_of_concurrent_callers_are_all_counted(clean: Servers, threads: int) -> None:
    keep(arrival(message_no=1))
    shares = [list(range(2 + thread, 162, threads)) for thread in range(threads)]
    results = run_in_threads(
        *[lambda share=share: [keep(arrival(message_no=number)) for number in share] for share in shares]
    )
    assert not [result for result in results if isinstance(result, BaseException)]
    assert state() == SequenceState("", 161, ())
    assert len(rows(clean, "SELECT * FROM inbox_sequence")) == 1
