"""Queueing: once per key, if and only if its cause has committed, and sealed."""

from datetime import timedelta
from functools import partial

import psycopg
import pytest

from hub.contracts.messages import SendSms
from hub.db.transaction import transaction
from hub.kernel import clock
from hub.outbox import enqueueing
from tests.conftest import Servers
from tests.db.failing import FailedError, fail_after
from tests.inbox.arrivals import rows, run_in_threads
from tests.outbox.orders import (
    DELIVERIES,
    PHONE,
    THROTTLED,
    claim,
    end_silence,
    enqueue,
    letter,
    make_due,
    order,
    record,
)

COALESCED = "balance:1"


def test_a_repeated_key_is_queued_once_with_its_first_text(clean: Servers) -> None:
    assert enqueue(order("k1", "первый")) == [True]
    assert enqueue(order("k1", "второй")) == [False]
    assert len(rows(clean, DELIVERIES)) == 1
    [claimed] = claim()
    assert claimed.message == SendSms(PHONE, "первый")


def test_one_key_queued_by_many_at_once_is_one_delivery(clean: Servers) -> None:
    made = run_in_threads(*[lambda: enqueue(order("k1")) for _ in range(6)])
    assert sorted(map(str, made)) == ["[False]"] * 5 + ["[True]"]
    assert len(rows(clean, DELIVERIES)) == 1


def test_what_did_not_commit_is_not_sent(clean: Servers) -> None:
    with pytest.raises(FailedError):
        fail_after(lambda session: enqueueing.enqueue(session, order()))
    assert claim() == []
    assert rows(clean, DELIVERIES) == []


def test_phone_address_and_text_are_sealed(clean: Servers) -> None:
    enqueue(order(), letter())
    for row in rows(clean, DELIVERIES):
        shown = b"\n".join(
            value if isinstance(value, bytes) else str(value).encode() for value in row.values()
        )
        for secret in ("9000000001", "123456", "ivanova", "Текст"):
            assert secret.encode() not in shown


def test_a_delivery_lives_as_long_as_its_kind_unless_it_says_otherwise(clean: Servers) -> None:
    later, end = clock.now() + timedelta(hours=1), clock.now() + timedelta(hours=2)
    enqueue(order("k1"), order("k2", not_before=later), order("k3", expires_at=end))
    first, second, third = rows(clean, DELIVERIES)
    life_s = (first["expires_at"] - first["next_attempt_at"]).total_seconds()
    assert life_s == 300
    assert (second["next_attempt_at"], second["expires_at"]) == (later, later + timedelta(seconds=300))
    assert third["expires_at"] == end


def test_a_newer_message_takes_the_place_of_one_that_waits_for_its_first_try(clean: Servers) -> None:
    enqueue(order("k1", "10 баллов", coalesce_key=COALESCED, priority=8))
    assert enqueue(order("k2", "20 баллов", coalesce_key=COALESCED, priority=5)) == [False]
    [row] = rows(clean, DELIVERIES)
    assert (row["delivery_key"], row["hits"], row["priority"]) == ("k1", 2, 5)
    [claimed] = claim()
    assert claimed.message == SendSms(PHONE, "20 баллов")


@pytest.mark.parametrize("repeated", ["k1", "k2"])
def test_a_repeated_key_neither_takes_a_place_nor_makes_a_delivery(clean: Servers, repeated: str) -> None:
    enqueue(order("k1", "10 баллов", coalesce_key=COALESCED))
    enqueue(order("k2", "20 баллов", coalesce_key=COALESCED))
    assert enqueue(order(repeated, "старое", coalesce_key=COALESCED)) == [False]
    [claimed] = claim()
    assert claimed.message == SendSms(PHONE, "20 баллов")
    assert enqueue(order(repeated, "старое", coalesce_key=COALESCED)) == [False]
    assert [row["hits"] for row in rows(clean, DELIVERIES)] == [2]


def test_a_message_that_was_tried_is_not_replaced(clean: Servers) -> None:
    enqueue(order("k1", coalesce_key=COALESCED))
    record(claim(), THROTTLED)
    assert enqueue(order("k2", coalesce_key=COALESCED)) == [True]
    end_silence(clean)
    make_due(clean)
    assert [row["state"] for row in rows(clean, DELIVERIES)] == ["ready", "ready"]


def test_a_message_on_its_way_absorbs_nothing(clean: Servers) -> None:
    enqueue(order("k1", coalesce_key=COALESCED))
    claim()
    assert enqueue(order("k2", coalesce_key=COALESCED)) == [True]
    assert [row["hits"] for row in rows(clean, DELIVERIES)] == [1, 1]


def test_messages_that_race_for_one_place_become_one_delivery(clean: Servers) -> None:
    made = run_in_threads(
        *[partial(enqueue, order(f"k{number}", coalesce_key=COALESCED)) for number in range(8)]
    )
    assert sorted(map(str, made)) == ["[False]"] * 7 + ["[True]"]
    assert [row["hits"] for row in rows(clean, DELIVERIES)] == [8]


def test_nothing_is_lost_when_claims_race_with_replacements(clean: Servers) -> None:
    """Whatever the interleaving, the newest text goes out, and each key once or as part of another."""
    for number in range(15):
        enqueue(order(f"a{number}", "старое", coalesce_key=f"c{number}"))
        newer = order(f"b{number}", "новое", coalesce_key=f"c{number}")
        taken, _ = run_in_threads(claim, partial(enqueue, newer))
        assert isinstance(taken, list)
        texts = [one.message.text for one in [*taken, *claim()]]
        assert "новое" in texts
        assert len(texts) <= 2
        rows(clean, "UPDATE outbox_delivery SET state = 'delivered', claim_id = NULL WHERE state = 'running'")
        rows(clean, "UPDATE destination SET tokens = 40000")


def test_whoever_queues_a_message_holds_up_no_claim(clean: Servers) -> None:
    """The key of the destination is share-locked by the foreign key until the cause commits."""
    enqueue(order("k1"))
    with psycopg.connect(clean.superuser_conninfo) as connection:
        connection.execute("SELECT FROM destination WHERE name = 'sms' FOR KEY SHARE")
        [taken] = run_in_threads(claim)
    assert isinstance(taken, list)
    assert len(taken) == 1


def test_an_unfinished_claim_holds_up_nobody_who_queues(clean: Servers) -> None:
    with psycopg.connect(clean.superuser_conninfo) as connection:
        connection.execute("SELECT FROM destination WHERE name = 'sms' FOR NO KEY UPDATE")
        [made] = run_in_threads(lambda: enqueue(order("k1")))
    assert made == [True]


def test_queueing_asks_for_the_destination_after_the_commit_alone(
    clean: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(enqueueing, "nudge", lambda _session, _task, subject: asked.append(subject))
    with transaction() as session:
        enqueueing.enqueue(session, letter())
    assert asked == ["email"]
    assert len(rows(clean, DELIVERIES)) == 1
