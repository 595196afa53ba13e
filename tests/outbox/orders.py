"""Orders with everything filled in, and the rows they became."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hub.contracts.messages import SendEmail, SendOutcome, SendSms
from hub.contracts.parties import DeliveryKind, Destination
from hub.db.transaction import transaction
from hub.kernel import clock
from hub.outbox import claiming, enqueueing, recording
from hub.outbox.claiming import ClaimedDelivery
from hub.outbox.enqueueing import Order
from hub.outbox.models import DeliveryState
from hub.outbox.recording import Sent
from tests.conftest import Servers
from tests.inbox.arrivals import rows

PHONE = "+79000000001"
DELIVERIES = "SELECT * FROM outbox_delivery ORDER BY id"
ATTEMPTS = "SELECT * FROM delivery_attempt ORDER BY id"
ACCEPTED = SendOutcome("accepted", reference="m-1")
REFUSED = SendOutcome("refused", reason="http 400")
UNREACHABLE = SendOutcome("unreachable", reason="ConnectError")
UNCERTAIN = SendOutcome("uncertain", reason="ReadTimeout")
THROTTLED = SendOutcome("throttled", reason="http 429", retry_after_s=60)


def order(key: str = "k1", text: str = "Код 123456", *, phone: str = PHONE, **fields: Any) -> Order:
    return replace(Order(DeliveryKind.SMS_CODE, key, SendSms(phone, text)), **fields)


def letter(key: str = "l1", to: str = "ivanova@example.ru", **fields: Any) -> Order:
    message = SendEmail(to, "Чек", "Текст письма", "<p>Текст письма</p>")
    return replace(Order(DeliveryKind.EMAIL_LETTER, key, message), **fields)


def enqueue(*orders: Order) -> list[bool]:
    with transaction() as session:
        return [enqueueing.enqueue(session, one) for one in orders]


def claim(
    limit: int = 64, *, lease_s: float = 60, destination: Destination = Destination.SMS
) -> list[ClaimedDelivery]:
    with transaction() as session:
        return claiming.claim(session, destination=destination, lease_s=lease_s, limit=limit)


def record(claimed: Sequence[ClaimedDelivery], outcome: SendOutcome) -> list[DeliveryState]:
    """Record that all of them ended so; gives the new states."""
    destination = claimed[0].kind.destination
    with transaction() as session:
        states = recording.record(session, destination, [Sent(one, outcome) for one in claimed])
    return list(states.values())


def sweep() -> int:
    with transaction() as session:
        return claiming.sweep_expired(session)


def due() -> dict[str, int]:
    with transaction() as session:
        return claiming.due_destinations(session)


def make_due(servers: Servers) -> None:
    """What waiting would do."""
    rows(servers, "UPDATE outbox_delivery SET next_attempt_at = now() - interval '1 s'")


def expire_leases(servers: Servers) -> None:
    """What a dead worker's minute would do."""
    rows(servers, "UPDATE outbox_delivery SET leased_until = now() - interval '1 s' WHERE state = 'running'")


def end_silence(servers: Servers) -> None:
    """What waiting would do to what a destination asked for."""
    rows(
        servers,
        "UPDATE destination SET held_until = now() - interval '1 s', tokens_at = now() - interval '1 s'"
        " WHERE held_until IS NOT NULL",
    )


def end_outage(servers: Servers) -> None:
    """What waiting would do to an open circuit."""
    rows(servers, "UPDATE destination SET open_until = now() - interval '1 s' WHERE open_until IS NOT NULL")


def states(servers: Servers) -> list[str]:
    return [row["state"] for row in rows(servers, DELIVERIES)]


def set_gate(servers: Servers, **columns: object) -> None:
    """Put the SMS destination's gate so."""
    changes = ", ".join(f"{name} = %s" for name in columns)
    query = f"UPDATE destination SET {changes} WHERE name = 'sms'"  # noqa: S608  # names of our own columns
    rows(servers, query, *columns.values())


def gate(servers: Servers) -> dict[str, Any]:
    [row] = rows(servers, "SELECT * FROM destination WHERE name = 'sms'")
    return row


def waits_s(servers: Servers) -> list[float]:
    """How long each delivery still waits."""
    query = "SELECT extract(epoch FROM next_attempt_at - now())::float8 AS s FROM outbox_delivery ORDER BY id"
    return [float(row["s"]) for row in rows(servers, query)]


def ago(seconds: float) -> Any:
    return clock.now() - timedelta(seconds=seconds)
