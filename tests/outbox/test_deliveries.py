"""Deliveries: queued once, leased, recorded under their claim, and never sent twice blindly."""

from datetime import datetime, timedelta

import pytest

from hub.contracts.messages import SendOutcome, SendSms
from hub.contracts.parties import Destination
from hub.db.transaction import transaction
from hub.kernel import backoff, clock
from hub.outbox import deliveries
from hub.outbox.deliveries import ClaimedDelivery
from hub.outbox.models import DeliveryState
from tests.conftest import Servers
from tests.db.failing import FailedError, fail_after
from tests.inbox.arrivals import rows, run_in_threads

ALL = "SELECT * FROM outbox_delivery ORDER BY id"
ATTEMPTS = "SELECT * FROM delivery_attempt ORDER BY id"
ACCEPTED = SendOutcome("accepted", reference="m-1")


def enqueue(key: str = "k1", text: str = "Код 123456", *, expires_at: datetime | None = None) -> None:
    with transaction() as session:
        deliveries.enqueue_sms(
            session,
            SendSms("+79000000001", text),
            delivery_key=key,
            expires_at=expires_at or clock.now() + timedelta(minutes=5),
        )


def claim(limit: int = 20) -> list[ClaimedDelivery]:
    with transaction() as session:
        return deliveries.claim(session, destination=Destination.SMS, limit=limit)


def record(claimed: ClaimedDelivery, outcome: SendOutcome) -> DeliveryState | None:
    with transaction() as session:
        return deliveries.record(session, claimed, outcome)


def sweep() -> int:
    with transaction() as session:
        return deliveries.sweep_expired(session)


def due() -> dict[str, int]:
    with transaction() as session:
        return deliveries.due_destinations(session)


def make_due(servers: Servers) -> None:
    rows(servers, "UPDATE outbox_delivery SET next_attempt_at = now() - interval '1 s'")


def expire_leases(servers: Servers) -> None:
    rows(servers, "UPDATE outbox_delivery SET leased_until = now() - interval '1 s' WHERE state = 'running'")


def test_a_repeated_key_is_queued_once_with_its_first_text(clean: Servers) -> None:
    enqueue("k1", "первый")
    enqueue("k1", "второй")
    assert len(rows(clean, ALL)) == 1
    [claimed] = claim()
    assert claimed.message == SendSms("+79000000001", "первый")


def test_what_did_not_commit_is_not_sent(clean: Servers) -> None:
    message, tomorrow = SendSms("+79000000001", "x"), clock.now() + timedelta(days=1)
    with pytest.raises(FailedError):
        fail_after(
            lambda session: deliveries.enqueue_sms(session, message, delivery_key="k", expires_at=tomorrow)
        )
    assert claim() == []


def test_phone_and_text_are_sealed(clean: Servers) -> None:
    enqueue()
    [row] = rows(clean, ALL)
    shown = b"\n".join(value if isinstance(value, bytes) else str(value).encode() for value in row.values())
    assert b"9000000001" not in shown
    assert b"123456" not in shown


def test_a_claim_leases_and_opens_an_attempt(clean: Servers) -> None:
    enqueue()
    [claimed] = claim()
    assert claim() == []
    [row], [attempt] = rows(clean, ALL), rows(clean, ATTEMPTS)
    assert (row["state"], row["attempts"], row["public_id"]) == ("running", 1, claimed.public_id)
    assert (attempt["attempt_no"], attempt["outcome"], attempt["finished_at"]) == (1, None, None)


def test_a_claim_takes_no_more_than_asked(clean: Servers) -> None:
    for number in range(5):
        enqueue(f"k{number}")
    assert len(claim(limit=2)) == 2
    assert due() == {"sms": 3}


@pytest.mark.parametrize(
    ("outcome", "state", "is_finished"),
    [
        (ACCEPTED, DeliveryState.DELIVERED, True),
        (SendOutcome("refused", reason="http 400"), DeliveryState.BURIED, True),
        (SendOutcome("uncertain", reason="ReadTimeout"), DeliveryState.UNCERTAIN, True),
        (SendOutcome("unreachable", reason="ConnectError"), DeliveryState.READY, False),
    ],
    ids=lambda value: getattr(value, "state", None),
)
def test_what_became_of_a_send_stands_on_the_row_and_its_attempt(
    clean: Servers, outcome: SendOutcome, state: DeliveryState, *, is_finished: bool
) -> None:
    enqueue()
    [claimed] = claim()
    assert record(claimed, outcome) is state
    [row], [attempt] = rows(clean, ALL), rows(clean, ATTEMPTS)
    assert (row["state"], row["reason"]) == (state.value, outcome.reason or None)
    assert (row["finished_at"] is not None) is is_finished
    assert (attempt["outcome"], attempt["reason"]) == (outcome.state, outcome.reason or None)
    assert attempt["finished_at"] is not None
    assert row["provider_reference"] == ("m-1" if outcome is ACCEPTED else None)


def waited_s(servers: Servers) -> float:
    [row] = rows(
        servers, "SELECT extract(epoch FROM next_attempt_at - now())::float8 AS s FROM outbox_delivery"
    )
    return float(row["s"])


def test_the_destinations_own_wish_to_wait_is_respected(clean: Servers) -> None:
    enqueue()
    [claimed] = claim()
    record(claimed, SendOutcome("unreachable", reason="http 429", retry_after_s=90))
    assert 85 < waited_s(clean) <= 90


def test_an_unreachable_gateway_is_tried_by_the_schedule_and_then_given_up(clean: Servers) -> None:
    enqueue()
    for wait_s in backoff.SMS_CODE:
        [claimed] = claim()
        assert record(claimed, SendOutcome("unreachable")) is DeliveryState.READY
        assert 0.8 * wait_s - 1 < waited_s(clean) < 1.2 * wait_s + 1
        assert claim() == []
        make_due(clean)
    [claimed] = claim()
    assert record(claimed, SendOutcome("unreachable")) is DeliveryState.BURIED
    assert [attempt["attempt_no"] for attempt in rows(clean, ATTEMPTS)] == [1, 2, 3, 4]


def test_every_attempt_goes_out_under_the_same_key(clean: Servers) -> None:
    enqueue()
    [first] = claim()
    record(first, SendOutcome("unreachable"))
    make_due(clean)
    [second] = claim()
    assert (second.public_id, second.attempts) == (first.public_id, 2)


def test_what_expired_is_closed_unsent(clean: Servers) -> None:
    enqueue(expires_at=clock.now() - timedelta(seconds=1))
    assert due() == {"sms": 1}
    assert claim() == []
    [row] = rows(clean, ALL)
    assert (row["state"], row["attempts"]) == ("expired", 0)
    assert row["finished_at"] is not None
    assert due() == {}


def test_a_worker_that_died_in_mid_send_leaves_it_uncertain_and_it_is_never_sent_again(
    clean: Servers,
) -> None:
    enqueue()
    claim()
    expire_leases(clean)
    assert sweep() == 1
    [row], [attempt] = rows(clean, ALL), rows(clean, ATTEMPTS)
    assert (row["state"], row["reason"]) == ("uncertain", "worker-died")
    assert attempt["outcome"] is None
    make_due(clean)
    assert (claim(), due(), sweep()) == ([], {}, 0)


def test_a_living_lease_is_not_swept(clean: Servers) -> None:
    enqueue()
    claim()
    assert sweep() == 0


def test_a_record_after_the_lease_was_lost_changes_no_state_but_closes_the_attempt(clean: Servers) -> None:
    enqueue()
    [late] = claim()
    expire_leases(clean)
    sweep()
    assert record(late, ACCEPTED) is None
    [row], [attempt] = rows(clean, ALL), rows(clean, ATTEMPTS)
    assert (row["state"], attempt["outcome"]) == ("uncertain", "accepted")


def test_a_message_that_does_not_open_is_buried_and_stops_nobody(clean: Servers) -> None:
    enqueue("k1")
    enqueue("k2")
    rows(clean, "UPDATE outbox_delivery SET sealed = sealed || '\\x00' WHERE delivery_key = 'k1'")
    claim(limit=1)
    [claimed] = claim(limit=1)
    assert record(claimed, ACCEPTED) is DeliveryState.DELIVERED
    first = rows(clean, ALL)[0]
    assert (first["delivery_key"], first["state"], first["reason"]) == ("k1", "buried", "body-unreadable")


def test_claimers_share_the_work_without_overlap(clean: Servers) -> None:
    for number in range(30):
        enqueue(f"k{number}")
    shares = run_in_threads(*[lambda: claim(limit=10) for _ in range(3)])
    taken = [one.id for share in shares if isinstance(share, list) for one in share]
    assert len(taken) == len(set(taken)) == 30
