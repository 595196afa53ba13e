"""Message numbers of a sender: spans without gaps, whatever order they come in."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.contracts.parties import Source
from hub.db.transaction import transaction
from hub.inbox.sequences import GAPS_MAX, SequenceState, Span, get_state, merge
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


@settings(deadline=None)
@given(first=st.integers(min_value=1, max_value=60), rest=numbers, order=st.randoms(use_true_random=False))
def test_any_order_and_any_batches_give_the_same_spans(
    first: int, rest: list[int], order: random.Random
) -> None:
    expected = spans_of({first, *(number for number in rest if number >= first)})
    shuffled = order.sample(rest, len(rest))
    spans = merge([], [first])
    while shuffled:
        size = order.randint(1, len(shuffled))
        spans, shuffled = merge(spans, shuffled[:size]), shuffled[size:]
    assert spans == expected


@settings(deadline=None)
@given(received=numbers)
def test_the_first_numbers_together_start_at_their_lowest(received: list[int]) -> None:
    assert merge([], received) == spans_of(set(received))


@settings(deadline=None)
@given(received=numbers, more=numbers)
def test_the_contiguous_end_never_moves_back_and_repetition_changes_nothing(
    received: list[int], more: list[int]
) -> None:
    before = merge([], received)
    after = merge(before, more)
    assert after[0][0] == before[0][0]
    assert after[0][1] >= before[0][1]
    assert merge(after, more) == after


def state() -> SequenceState:
    with transaction() as session:
        return get_state(session, Source.ONEC, "umc_corp")


def test_a_sender_without_numbers_has_received_nothing(clean: Servers) -> None:
    [receipt] = keep(arrival())
    assert receipt.received_no == 0
    assert state() == SequenceState(0, ())


def test_gaps_show_and_close(clean: Servers) -> None:
    for number, received_no in ((5, 5), (6, 6), (9, 6), (8, 6), (3, 6), (7, 9)):
        [receipt] = keep(arrival(message_no=number))
        assert receipt.received_no == received_no
    assert state() == SequenceState(9, ())
    keep(arrival(message_no=12), arrival(message_no=20))
    assert state() == SequenceState(9, ((10, 11), (13, 19)))


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


@pytest.mark.parametrize("threads", [8])
def test_numbers_of_concurrent_callers_are_all_counted(clean: Servers, threads: int) -> None:
    keep(arrival(message_no=1))
    shares = [list(range(2 + thread, 162, threads)) for thread in range(threads)]
    results = run_in_threads(
        *[lambda share=share: [keep(arrival(message_no=number)) for number in share] for share in shares]
    )
    assert not [result for result in results if isinstance(result, BaseException)]
    assert state() == SequenceState(161, ())
    assert len(rows(clean, "SELECT * FROM inbox_sequence")) == 1
