"""A patient who can be told something, what was noted, and what was queued for them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hub.contracts.messages import SendEmail, SendSms
from hub.db.transaction import transaction
from hub.domain.notifications.catalogue import NoticeKind
from hub.domain.notifications.noting import NoticeDraft, notify
from hub.domain.notifications.preferences import Preferences, choose_preferences
from hub.flows.notify_tell import tell_due
from hub.kernel import clock
from hub.outbox.models import OutboxDelivery
from hub.outbox.queries import DeliveryFilter, list_deliveries, open_message
from tests.conftest import Servers
from tests.factories.onec import patient_event, visit_event
from tests.flows.conftest import Road
from tests.inbox.arrivals import rows

EMAIL = "ivanova@example.ru"
VISITED_AT = datetime(2026, 5, 1, 7, 35, tzinfo=UTC)
"""10:35 in Moscow, of every visit that the factory makes."""
NOON = datetime(2026, 5, 1, 9, tzinfo=UTC)
"""In Moscow."""


def settle_in(road: Road, **card: Any) -> UUID:
    """A patient with phone and address."""
    with clock.frozen(NOON):
        road.tell(patient_event(**{"email": EMAIL, **card}))
    return road.patient_id()


def visit(road: Road, *amounts: str, at: datetime = NOON) -> None:
    with clock.frozen(at):
        road.tell(*[visit_event(amounts=(amount,)) for amount in amounts or ("1000.00",)])


def note(
    patient_id: UUID,
    key: str = "n1",
    kind: NoticeKind = NoticeKind.POINTS_ACCRUED,
    *,
    at: datetime = NOON,
    facts: Mapping[str, str | int] | None = None,
    life: timedelta | None = None,
) -> int:
    given = {"amount": 15_000, "asset": "CASHBACK"} if facts is None else facts
    draft = NoticeDraft(
        kind=kind,
        notice_key=key,
        patient_id=patient_id,
        facts=given,
        happened_at=at,
        expires_at=at + life if life else None,
    )
    with clock.frozen(at), transaction() as session:
        return notify(session, [draft])


def tell(at: datetime = NOON) -> dict[str, int]:
    with clock.frozen(at), transaction() as session:
        return tell_due(session)


def wish(patient_id: UUID, **wishes: Any) -> None:
    with transaction() as session:
        choose_preferences(session, patient_id, Preferences(**wishes))


def notices(servers: Servers) -> list[dict[str, Any]]:
    return rows(servers, "SELECT * FROM notice ORDER BY id")


def outcomes(servers: Servers) -> list[tuple[str, dict[str, str]]]:
    return [(row["state"], row["outcome"]) for row in notices(servers)]


def deliveries() -> list[OutboxDelivery]:
    with transaction() as session:
        found = list_deliveries(session, DeliveryFilter(), cursor=None, limit=100).items
    return list(reversed(found))


def texts() -> list[SendSms]:
    return [message for one in deliveries() if isinstance(message := open_message(one), SendSms)]


def letters() -> list[SendEmail]:
    return [message for one in deliveries() if isinstance(message := open_message(one), SendEmail)]
