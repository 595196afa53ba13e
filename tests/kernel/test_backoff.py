"""Waits follow their schedule within the jitter, and end."""

import pytest

from hub.kernel import backoff


def test_every_wait_stays_within_twenty_percent_of_its_schedule() -> None:
    for attempts, seconds in enumerate(backoff.INBOX, 1):
        for _ in range(50):
            delay_s = backoff.delay_s(backoff.INBOX, attempts)
            assert delay_s is not None
            assert 0.8 * seconds <= delay_s <= 1.2 * seconds


def test_a_schedule_grows_and_ends() -> None:
    assert list(backoff.INBOX) == sorted(set(backoff.INBOX))
    assert backoff.delay_s(backoff.INBOX, len(backoff.INBOX) + 1) is None


@pytest.mark.parametrize("attempts", [0, -1])
def test_before_the_first_try_there_is_no_wait(attempts: int) -> None:
    assert backoff.delay_s(backoff.INBOX, attempts) is None


def test_waits_are_spread() -> None:
    assert len({backoff.delay_s(backoff.INBOX, 5) for _ in range(20)}) > 10
