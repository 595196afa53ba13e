"""One row per event of a sender at its bytes, whoever repeats it and however often."""

import pytest
from sqlalchemy.exc import DBAPIError

from hub.contracts.parties import Source
from hub.db.transaction import transaction
from hub.inbox import queries
from hub.inbox.store import Receipt
from tests.conftest import Servers
from tests.inbox.arrivals import arrival, keep, rows, run_in_threads


def test_a_repetition_gets_the_first_receipt_and_no_row(clean: Servers) -> None:
    [first] = keep(arrival("e1"))
    [again] = keep(arrival("e1"))
    assert (first.is_duplicate, again.is_duplicate) == (False, True)
    assert again.public_id == first.public_id
    assert len(rows(clean)) == 1


def test_the_same_id_with_other_bytes_is_another_event(clean: Servers) -> None:
    [first] = keep(arrival("e1", content=b'{"sum":1}'))
    [edited] = keep(arrival("e1", content=b'{"sum":2}'))
    assert not edited.is_duplicate
    assert edited.public_id != first.public_id
    with transaction() as session:
        newest = queries.find_latest(session, source=Source.ONEC, sender="umc_corp", given_id="e1")
        assert newest is not None
        assert newest.public_id == edited.public_id


def test_the_same_event_of_another_sender_is_another_event(clean: Servers) -> None:
    keep(arrival("e1"))
    [other] = keep(arrival("e1", sender="umc_branch"))
    assert not other.is_duplicate
    assert len(rows(clean)) == 2


def test_receipts_keep_the_order_of_an_array(clean: Servers) -> None:
    keep(arrival("b"), arrival("d"))
    given = ["e", "b", "a", "d", "a", "c", "e"]
    receipts = keep(*(arrival(event_id) for event_id in given))
    assert [receipt.event_id for receipt in receipts] == given
    assert [receipt.is_duplicate for receipt in receipts] == [False, True, False, True, True, False, True]
    assert receipts[2].public_id == receipts[4].public_id
    assert [row["event_id"] for row in rows(clean, "SELECT event_id FROM inbox_event ORDER BY event_id")] == [
        *"abcde"
    ]


def test_no_arrivals_are_no_receipts(clean: Servers) -> None:
    assert keep() == []


def test_what_is_dead_on_arrival_is_kept_buried(clean: Servers) -> None:
    keep(arrival("e1", bury_code="unparsable"))
    [row] = rows(clean)
    assert (row["state"], row["reason_code"], row["reason"]) == ("buried", "unparsable", "line 1, column 1")
    assert row["finished_at"] is not None


def test_no_column_shows_a_word_of_the_body(clean: Servers) -> None:
    content = '{"surname": "Иванова", "phone": "+79000000001"}'.encode()
    keep(arrival("e1", content=content))
    for query in ("SELECT * FROM inbox_event", "SELECT * FROM inbox_body"):
        [row] = rows(clean, query)
        shown = b"\n".join(
            bytes(value) if isinstance(value, bytes) else str(value).encode() for value in row.values()
        )
        assert "Иванова".encode() not in shown
        assert b"9000000001" not in shown
    with transaction() as session:
        event = queries.find_latest(session, source=Source.ONEC, sender="umc_corp", given_id="e1")
        assert event is not None
        assert queries.open_body(session, event) == ("json", content)


def test_a_body_moved_to_another_row_does_not_open(clean: Servers) -> None:
    keep(arrival("e1", content=b"one"))
    keep(arrival("e2", content=b"two"))
    rows(
        clean,
        "UPDATE inbox_body SET sealed = (SELECT b.sealed FROM inbox_body b ORDER BY event_id LIMIT 1)",
    )
    with transaction() as session:
        event = queries.find_latest(session, source=Source.ONEC, sender="umc_corp", given_id="e2")
        assert event is not None
        with pytest.raises(Exception, match="altered"):
            queries.open_body(session, event)


def test_what_the_database_cannot_hold_is_refused_whole(clean: Servers) -> None:
    with pytest.raises((DBAPIError, ValueError)):
        keep(arrival("good"), arrival("bad", topic="visit.\x00"))
    assert rows(clean) == []


def test_one_arrival_in_twenty_threads_is_one_row(clean: Servers) -> None:
    results = run_in_threads(*[lambda: [keep(arrival("same"))[0] for _ in range(5)] for _ in range(20)])
    receipts = [receipt for some in results if isinstance(some, list) for receipt in some]
    assert len(receipts) == 100
    assert all(isinstance(receipt, Receipt) for receipt in receipts)
    assert len({receipt.public_id for receipt in receipts}) == 1
    assert sum(not receipt.is_duplicate for receipt in receipts) == 1
    assert len(rows(clean)) == 1


def test_writers_of_the_same_events_in_other_orders_never_deadlock(clean: Servers) -> None:
    ids = [f"e{number}" for number in range(60)]
    batches = [
        [arrival(event_id, message_no=1) for event_id in order]
        for order in (ids, ids[::-1], ids[30:] + ids[:30])
    ]
    results = run_in_threads(*[lambda batch=batch: keep(*batch) for batch in batches])
    receipts = [receipt for some in results if isinstance(some, list) for receipt in some]
    assert len(receipts) == 180
    assert sum(not receipt.is_duplicate for receipt in receipts) == 60
