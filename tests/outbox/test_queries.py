"""What operators ask of deliveries."""

from typing import Any

import pytest

from hub.contracts.messages import SendSms
from hub.contracts.parties import DeliveryKind, Destination
from hub.db.transaction import transaction
from hub.kernel.errors import NotFoundError
from hub.kernel.ids import new_id
from hub.outbox import queries
from hub.outbox.models import DeliveryState
from hub.outbox.queries import DeliveryFilter
from tests.conftest import Servers
from tests.inbox.arrivals import rows
from tests.outbox.orders import (
    ACCEPTED,
    DELIVERIES,
    PHONE,
    REFUSED,
    UNREACHABLE,
    claim,
    enqueue,
    letter,
    make_due,
    order,
    record,
)


def list_keys(limit: int = 10, cursor: str | None = None, **fields: Any) -> tuple[list[str], str | None]:
    with transaction() as session:
        page = queries.list_deliveries(session, DeliveryFilter(**fields), cursor=cursor, limit=limit)
        return [one.delivery_key for one in page.items], page.next_cursor


def test_deliveries_are_found_by_state_place_kind_cause_recipient_and_need(clean: Servers) -> None:
    enqueue(
        order("k1", about="patient:1"), order("k2", phone="+79000000002"), letter("l1", about="patient:1")
    )
    record(claim(1), REFUSED)
    rows(clean, "UPDATE outbox_delivery SET needs_person = true WHERE delivery_key = 'k2'")
    for fields, keys in (
        ({}, ["l1", "k2", "k1"]),
        ({"state": DeliveryState.BURIED}, ["k1"]),
        ({"destination": Destination.EMAIL}, ["l1"]),
        ({"kind": DeliveryKind.SMS_CODE}, ["k2", "k1"]),
        ({"about": "patient:1"}, ["l1", "k1"]),
        ({"recipient": PHONE}, ["k1"]),
        ({"recipient": "Ivanova@EXAMPLE.ru"}, ["l1"]),
        ({"recipient": "nobody@example.ru"}, []),
        ({"needs_person": True}, ["k2"]),
        ({"needs_person": False}, ["l1", "k1"]),
        ({"state": DeliveryState.BURIED, "destination": Destination.EMAIL}, []),
    ):
        assert list_keys(**fields)[0] == keys, fields


def test_deliveries_are_paged_without_holes(clean: Servers) -> None:
    enqueue(*[order(f"k{number}") for number in range(5)])
    assert len(rows(clean, DELIVERIES)) == 5
    first, cursor = list_keys(limit=3)
    rest, end = list_keys(limit=3, cursor=cursor)
    assert (first + rest, end) == (["k4", "k3", "k2", "k1", "k0"], None)


def test_one_delivery_shows_its_tries_and_opens_its_message(clean: Servers) -> None:
    enqueue(order(text="Код 123456"))
    record(claim(), UNREACHABLE)
    make_due(clean)
    [claimed] = claim()
    record([claimed], ACCEPTED)
    with transaction() as session:
        found = queries.get_delivery(session, claimed.public_id)
        outcomes = [attempt.outcome for attempt in queries.list_attempts(session, found)]
        assert queries.open_message(found) == SendSms(PHONE, "Код 123456")
    assert outcomes == ["unreachable", "accepted"]


def test_an_unknown_delivery_is_not_found(clean: Servers) -> None:
    assert rows(clean, DELIVERIES) == []
    with transaction() as session, pytest.raises(NotFoundError):
        queries.get_delivery(session, new_id())


def test_levels_count_what_is_unfinished_or_buried(clean: Servers) -> None:
    enqueue(order("k1"), order("k2"), order("k3"), letter())
    record(claim(1), REFUSED)
    record(claim(1), ACCEPTED)
    with transaction() as session:
        levels = {(one.destination, one.state): one.count for one in queries.list_levels(session)}
    assert levels == {("sms", "buried"): 1, ("sms", "ready"): 1, ("email", "ready"): 1}
    assert len(rows(clean, DELIVERIES)) == 4
