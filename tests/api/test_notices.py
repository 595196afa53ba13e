"""Operators see why somebody was not told, and let failed notices be told again."""

from typing import Any

import pytest

from hub.db.transaction import transaction
from hub.domain.notifications.catalogue import NoticeKind
from hub.domain.notifications.noting import NoticeDraft, notify
from hub.flows.notify_tell import tell_due
from hub.kernel import clock
from tests.api.conftest import Hub
from tests.conftest import Servers
from tests.flows.notices import letters
from tests.inbox.arrivals import rows

NOTICES = "/api/admin/notices"
TIER = {"tier": "Серебряный", "rate_percent": "7"}


def note(hub: Hub, key: str, **facts: str | int) -> None:
    patient_id = hub.maria_id
    draft = NoticeDraft(
        kind=NoticeKind.TIER_RAISED,
        notice_key=key,
        patient_id=patient_id,
        facts=facts,
        happened_at=clock.now(),
    )
    with transaction() as session:
        notify(session, [draft])


def tell() -> None:
    with transaction() as session:
        tell_due(session)


def ask(hub: Hub, role: str = "auditor", **query: str) -> Any:
    answer = hub.http.get(NOTICES, params=query, headers=hub.staff(role))
    assert answer.status_code == 200, answer.text
    return [(item["notice_key"], item["state"], item["outcome"]) for item in answer.json()["items"]]


def test_notices_are_listed_with_what_became_of_them(hub: Hub) -> None:
    note(hub, "bad")
    note(hub, "good", **TIER)
    tell()
    told = ("good", "told", {"sms": "queued", "email": "queued"})
    failed = ("bad", "failed", {"sms": "template-invalid", "email": "template-invalid"})
    assert ask(hub) == [told, failed]
    assert ask(hub, state="failed") == [failed]
    assert ask(hub, patient_id=str(hub.maria_id)) == [told, failed]
    assert ask(hub, patient_id=str(hub.andrey_id)) == []


def test_what_failed_is_told_once_it_can_be(hub: Hub, clean: Servers) -> None:
    note(hub, "bad")
    tell()
    rows(clean, """UPDATE notice SET facts = '{"tier": "Золотой", "rate_percent": "10"}'""")
    for expected in (1, 0):
        answer = hub.http.post(f"{NOTICES}/retry-failed", headers=hub.staff("admin"))
        assert answer.json() == {"retried": expected}
        tell()
    assert [letter.subject for letter in letters()] == ["Ваш уровень: Золотой"]


@pytest.mark.parametrize(("role", "status"), [("marketer", 403), ("cashier", 403), ("auditor", 403)])
def test_only_who_manages_deliveries_lets_them_be_told_again(hub: Hub, role: str, status: int) -> None:
    assert hub.http.post(f"{NOTICES}/retry-failed", headers=hub.staff(role)).status_code == status


def test_metrics_tell_what_is_due_and_what_failed(hub: Hub) -> None:
    note(hub, "bad")
    tell()
    note(hub, "due", **TIER)
    numbers = hub.http.get("/metrics").text
    assert "hub_notice_due 1.0" in numbers
    assert "hub_notice_failed 1.0" in numbers
