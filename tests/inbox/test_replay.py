"""What a person may try again, and what stays as it is."""

import pytest

from hub.db.transaction import transaction
from hub.inbox.models import InboxState
from hub.inbox.replay import GIVEN_UP, NotBuriableError, NotReplayableError, bury_event, replay_event
from hub.kernel.errors import NotFoundError
from tests.conftest import Servers
from tests.inbox.arrivals import arrival, claim, claimed_ids, end, keep, keep_documents, rows


def replay(servers: Servers) -> None:
    """Replay the one event there is."""
    [row] = rows(servers)
    with transaction() as session:
        replay_event(session, str(row["public_id"]))


@pytest.mark.parametrize("state", ["buried", "ignored", "stale", "parked"])
def test_what_waits_for_a_person_or_a_fact_can_be_tried_again_with_a_clean_slate(
    clean: Servers, state: str
) -> None:
    [row_id] = keep_documents("a")
    rows(clean, "UPDATE inbox_event SET crashes = 2, attempts = 9")
    rows(clean, "UPDATE inbox_event SET crashes = 0")
    end(claim(), InboxState(state), waiting_for="fact" if state == "parked" else None, delay_s=600)
    rows(clean, "UPDATE inbox_event SET crashes = 2")
    replay(clean)
    [row] = rows(clean)
    assert (row["state"], row["attempts"], row["crashes"]) == ("ready", 0, 0)
    assert (row["reason_code"], row["reason"], row["waiting_for"], row["finished_at"]) == (None,) * 4
    assert claimed_ids() == [row_id]


@pytest.mark.parametrize("state", ["processed", "duplicate"])
def test_what_took_effect_is_not_tried_again(clean: Servers, state: str) -> None:
    keep_documents("a")
    end(claim(), InboxState(state))
    with pytest.raises(NotReplayableError) as caught:
        replay(clean)
    assert caught.value.facts == {"state": state}
    assert rows(clean)[0]["state"] == state


def test_replaying_what_is_ready_or_running_changes_nothing(clean: Servers) -> None:
    keep_documents("a")
    before = rows(clean)
    replay(clean)
    assert rows(clean) == before
    held = claim()
    replay(clean)
    end(held)
    assert rows(clean)[0]["state"] == "processed"


def test_what_was_never_an_event_cannot_be_tried_again(clean: Servers) -> None:
    unreadable = arrival(bury_code="unparsable")
    object.__setattr__(unreadable, "event_id", "")
    keep(unreadable)
    with pytest.raises(NotReplayableError):
        replay(clean)


@pytest.mark.parametrize("public_id", ["0198c7a0-0000-7000-8000-000000000001", "rubbish", ""])
def test_an_unknown_event_is_not_found(clean: Servers, public_id: str) -> None:
    for act in (replay_event, bury_event):
        with transaction() as session, pytest.raises(NotFoundError):
            act(session, public_id)


def bury(servers: Servers) -> bool:
    """Give up the oldest event there is; whether that was news."""
    row = rows(servers)[0]
    with transaction() as session:
        return bury_event(session, str(row["public_id"]))[1]


@pytest.mark.parametrize("state", ["ready", "parked"])
def test_what_waits_can_be_given_up_once_and_tried_again_all_the_same(clean: Servers, state: str) -> None:
    [row_id] = keep_documents("a")
    if state == "parked":
        end(claim(), InboxState.PARKED, waiting_for="fact", delay_s=600)
    assert (bury(clean), bury(clean)) == (True, False)
    [row] = rows(clean)
    assert (row["state"], row["reason_code"], row["waiting_for"]) == ("buried", GIVEN_UP, None)
    assert row["finished_at"] is not None
    assert claimed_ids() == []
    replay(clean)
    assert claimed_ids() == [row_id]


def test_who_stands_behind_a_given_up_event_goes_on(clean: Servers) -> None:
    first, second = keep_documents("a", "a")
    end(claim(), InboxState.READY, delay_s=600)
    assert claimed_ids() == []
    assert bury(clean)
    rows(clean, "UPDATE inbox_event SET next_attempt_at = now() WHERE state = 'ready' RETURNING id")
    assert claimed_ids() == [second] != [first]


@pytest.mark.parametrize("state", ["processed", "duplicate", "stale", "ignored"])
def test_what_has_ended_or_is_in_hand_is_not_given_up(clean: Servers, state: str) -> None:
    keep_documents("a")
    held = claim()
    for now in ("running", state):
        with pytest.raises(NotBuriableError) as caught:
            bury(clean)
        assert caught.value.facts == {"state": now}
        if now == "running":
            end(held, InboxState(state))
