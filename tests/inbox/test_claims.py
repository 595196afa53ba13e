"""Claims: order per document, one worker per document, and every completion fenced by its lease."""

import pytest
from sqlalchemy import text

from hub.db.transaction import transaction
from hub.inbox.claims import (
    CRASHES_MAX,
    Claim,
    LeaseLostError,
    Settlement,
    claim_suspect,
    due_queues,
    release_untouched,
    resume_waiting,
    retry_parked,
    settle,
    sweep_expired,
)
from hub.inbox.models import InboxState
from tests.conftest import Servers
from tests.db.failing import commit
from tests.inbox.arrivals import (
    DONE,
    QUEUE,
    arrival,
    claim,
    claimed_ids,
    end,
    expire_leases,
    keep,
    keep_documents,
    make_due,
    rows,
    run_in_threads,
)


def suspect() -> Claim:
    with transaction() as session:
        return claim_suspect(session, queue=QUEUE, worker="w1")


def sweep() -> list[str]:
    with transaction() as session:
        return sweep_expired(session)


def states(servers: Servers) -> list[str]:
    return [row["state"] for row in rows(servers)]


def test_a_claim_leases_rows_and_opens_their_bodies(clean: Servers) -> None:
    keep(arrival("e1", content=b'{"n":1}', document="d1"))
    [event] = claim().events
    assert (event.content, event.topic, event.attempts) == (b'{"n":1}', "visit.completed", 1)
    [row] = rows(clean)
    assert (row["state"], row["claimed_by"]) == ("running", "w1")
    assert row["leased_until"] is not None
    assert claimed_ids() == []


def test_followers_come_with_their_head_in_order(clean: Servers) -> None:
    a1, b1, a2, free, a3 = keep_documents("a", "b", "a", None, "a")
    assert claimed_ids() == [a1, b1, a2, free, a3]


def test_a_small_claim_takes_heads_before_followers(clean: Servers) -> None:
    a1, _a2, b1 = keep_documents("a", "a", "b")
    assert claimed_ids(limit=2) == [a1, b1]


def test_a_document_in_other_hands_is_left_alone(clean: Servers) -> None:
    [a1] = keep_documents("a")
    held = claim()
    _a2, b1 = keep_documents("a", "b")
    assert claimed_ids() == [b1]
    end(held)
    assert [event.id for event in held.events] == [a1]
    assert len(claimed_ids()) == 1


def test_two_claimers_never_share_a_document(clean: Servers) -> None:
    keep_documents(*[f"d{number % 12}" for number in range(120)])
    claims: list[Claim] = []

    def work() -> None:
        while (mine := claim(limit=7)).events:
            claims.append(mine)
            end(mine)

    for _ in range(3):
        assert run_in_threads(*[work] * 4) == [None] * 4
    claimed = [event.id for one in claims for event in one.events]
    assert len(claimed) == len(set(claimed)) == 120
    assert set(states(clean)) == {"processed"}


def test_claims_held_at_one_moment_have_no_document_in_common(clean: Servers) -> None:
    keep_documents(*[f"d{number % 5}" for number in range(50)])
    held = run_in_threads(*[lambda: claim(limit=3) for _ in range(6)])
    owners = [
        {event.ordering_key for event in one.events} for one in held if isinstance(one, Claim) and one.events
    ]
    assert sum(len(documents) for documents in owners) == len(set().union(*owners))


def test_a_postponed_head_holds_its_followers_back(clean: Servers) -> None:
    a1, a2, b1 = keep_documents("a", "a", "b")
    first = claim()
    end(first, InboxState.READY, delay_s=60, ids=[a1])
    with transaction() as session:
        release_untouched(session, first.id, [a2])
    end(first, ids=[b1])
    assert claimed_ids() == []
    make_due(clean)
    assert claimed_ids() == [a1, a2]


def test_a_follower_never_overtakes_one_that_waits_between(clean: Servers) -> None:
    a1, a2, a3 = keep_documents("a", "a", "a")
    rows(clean, "UPDATE inbox_event SET next_attempt_at = now() + interval '1 h' WHERE id = %s", a2)
    assert claimed_ids() == [a1]
    assert a3 not in claimed_ids()


def test_an_event_woken_behind_a_running_one_waits_for_it(clean: Servers) -> None:
    """Its document is in other hands, though it is itself the first in line."""
    (a1,) = keep_documents("a")
    parked = claim()
    end(parked, InboxState.PARKED, waiting_for="fact", delay_s=600)
    keep_documents("a")
    running = claim()
    with transaction() as session:
        assert resume_waiting(session, ["fact"]) == 1
    assert claimed_ids() == []
    end(running)
    assert claimed_ids() == [a1]


def test_release_burns_no_attempt(clean: Servers) -> None:
    keep_documents("a", "b")
    held = claim()
    with transaction() as session:
        release_untouched(session, held.id, [event.id for event in held.events])
    assert [(row["state"], row["attempts"]) for row in rows(clean)] == [("ready", 0), ("ready", 0)]


def test_release_of_a_lost_lease_changes_nothing(clean: Servers) -> None:
    keep_documents("a")
    held = claim()
    expire_leases(clean)
    sweep()
    other = suspect()
    with transaction() as session:
        release_untouched(session, held.id, [event.id for event in held.events])
    end(other)
    assert states(clean) == ["processed"]


def test_a_living_lease_is_not_swept(clean: Servers) -> None:
    keep_documents("a")
    claim()
    assert sweep() == []
    assert states(clean) == ["running"]


def test_a_dead_workers_rows_are_ready_again_and_suspected(clean: Servers) -> None:
    keep_documents("a", "b")
    claim()
    expire_leases(clean)
    assert sweep() == [QUEUE, QUEUE]
    assert [(row["state"], row["crashes"]) for row in rows(clean)] == [("ready", 1), ("ready", 1)]
    assert claimed_ids() == []


def test_a_suspect_is_claimed_alone_and_its_followers_wait(clean: Servers) -> None:
    [a1] = keep_documents("a")
    claim()
    expire_leases(clean)
    sweep()
    _a2, b1 = keep_documents("a", "b")
    alone = suspect()
    assert [event.id for event in alone.events] == [a1]
    assert claimed_ids() == [b1]
    end(alone)
    assert len(claimed_ids()) == 1


def test_the_third_crash_buries(clean: Servers) -> None:
    keep_documents("a")
    claim()
    for _ in range(CRASHES_MAX):
        expire_leases(clean)
        sweep()
        suspect()
    [row] = rows(clean)
    assert (row["state"], row["reason_code"], row["crashes"]) == ("buried", "worker-crashed", CRASHES_MAX)
    assert row["finished_at"] is not None


def test_settling_after_the_lease_was_lost_commits_nothing(clean: Servers) -> None:
    a1, b1 = keep_documents("a", "b")
    slow = claim()
    rows(clean, "UPDATE inbox_event SET leased_until = now() - interval '1 s' WHERE id = %s", b1)
    sweep()
    effect = text("INSERT INTO health_signal VALUES ('effect', 'ok', '', now(), now())")
    with pytest.raises(LeaseLostError):
        commit(
            lambda session: session.execute(effect),
            lambda session: settle(session, slow.id, [Settlement(a1, DONE), Settlement(b1, DONE)]),
        )
    assert rows(clean, "SELECT * FROM health_signal") == []
    assert states(clean) == ["running", "ready"]


def test_settling_twice_is_a_lost_lease(clean: Servers) -> None:
    keep_documents("a")
    held = claim()
    end(held)
    with pytest.raises(LeaseLostError):
        end(held)


def test_settling_nothing_is_nothing(clean: Servers) -> None:
    keep_documents("a")
    end(claim(), ids=[])
    assert states(clean) == ["running"]


def test_how_an_event_ended_stands_on_its_row(clean: Servers) -> None:
    [a1] = keep_documents("a")
    held = claim()
    effect = {"kind": "accrual", "asset": "CASHBACK", "amount": 13_005}
    with transaction() as session:
        settle(session, held.id, [Settlement(a1, DONE, reason_code="c", reason="r", effects=(effect,))])
    [row] = rows(clean)
    assert (row["state"], row["reason_code"], row["reason"]) == ("processed", "c", "r")
    assert row["effects"] == [effect]
    assert (row["claim_id"], row["leased_until"]) == (None, None)
    assert row["finished_at"] is not None


def test_parking_burns_no_attempt_however_often_the_event_is_looked_at(clean: Servers) -> None:
    keep_documents("a")
    for _ in range(15):
        end(claim(), InboxState.PARKED, waiting_for="fact", delay_s=600)
        make_due(clean)
        with transaction() as session:
            assert retry_parked(session) == 1
    assert claim().events[0].attempts == 1


def test_a_parked_event_wakes_for_its_own_fact_only(clean: Servers) -> None:
    a1, b1 = keep_documents("a", "b")
    held = claim()
    end(held, InboxState.PARKED, waiting_for="fact-a", delay_s=600, ids=[a1])
    end(held, InboxState.PARKED, waiting_for="fact-b", delay_s=600, ids=[b1])
    with transaction() as session:
        assert resume_waiting(session, []) == 0
        assert resume_waiting(session, ["fact-a", "fact-c"]) == 1
        assert resume_waiting(session, ["fact-a"]) == 0
    assert claimed_ids() == [a1]


def test_a_body_that_does_not_open_is_buried_and_stops_nobody(clean: Servers) -> None:
    """A key taken away too early, or a damaged row, must not deafen the queue."""
    a1, b1, c1 = keep_documents("a", "b", "c")
    rows(clean, "UPDATE inbox_body SET sealed = sealed || '\\x00' WHERE event_id = %s", b1)
    assert claimed_ids() == [a1, c1]
    row = rows(clean)[1]
    assert (row["state"], row["reason_code"]) == ("buried", "body-unreadable")


def test_due_work_is_counted_per_queue(clean: Servers) -> None:
    a1, _b1 = keep_documents("a", "b")
    keep(arrival(bury_code="unparsable"))
    rows(clean, "UPDATE inbox_event SET next_attempt_at = now() + interval '1 h' WHERE id = %s", a1)
    with transaction() as session:
        assert due_queues(session) == {QUEUE: 1}
