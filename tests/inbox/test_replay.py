"""What a person may try again, and what stays as it is."""

import pytest

from hub.db.transaction import transaction
from hub.inbox.models import InboxState
from hub.inbox.replay import NotReplayableError, replay_event
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
    with transaction() as session, pytest.raises(NotFoundError):
        replay_event(session, public_id)
