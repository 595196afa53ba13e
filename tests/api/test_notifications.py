"""A patient chooses how to be told; one click in a letter is enough, and never happens by itself."""

from typing import Any

import pytest

from hub.domain.notifications.catalogue import NoticeClass
from hub.domain.notifications.preferences import unsubscribe_token
from tests.api.conftest import Hub
from tests.conftest import Servers
from tests.inbox.arrivals import rows

WISHES = "/api/me/notifications"
ONE_CLICK = {
    "content": "List-Unsubscribe=One-Click",
    "headers": {"Content-Type": "application/x-www-form-urlencoded"},
}
CHOSEN: dict[str, Any] = {
    "language": "en",
    "service": {"sms": False, "email": True},
    "marketing": {"sms": True, "email": False},
    "quiet_hours": {"from": "22:30", "until": "08:00"},
}


def wishes(hub: Hub) -> Any:
    answer = hub.http.get(WISHES, headers=hub.patient())
    assert answer.status_code == 200, answer.text
    return answer.json()


def click(hub: Hub, token: str) -> Any:
    return hub.http.post(f"/api/notifications/unsubscribe/{token}", **ONE_CLICK)


def test_who_never_chose_is_told_by_every_channel_by_day(hub: Hub, clean: Servers) -> None:
    rows(clean, "DELETE FROM notification_preference")
    told = wishes(hub)
    assert told["service"] == told["marketing"] == {"sms": True, "email": True}
    assert (told["language"], told["timezone"], told["marketing_consent"]) == ("ru", "Europe/Moscow", False)
    assert told["quiet_hours"] == {"from": "21:00", "until": "09:00"}
    assert told["phone_masked"].endswith("01")


def test_what_is_chosen_stays_and_is_audited(hub: Hub, clean: Servers) -> None:
    answer = hub.http.put(WISHES, json=CHOSEN, headers=hub.patient())
    assert answer.status_code == 200, answer.text
    assert wishes(hub) == answer.json()
    assert {name: answer.json()[name] for name in CHOSEN} == CHOSEN
    [record] = rows(clean, "SELECT * FROM audit_record WHERE action = 'notification_preference.changed'")
    assert (record["actor"], record["object_id"]) == (f"patient:{hub.maria_id}", str(hub.maria_id))


def test_quiet_hours_can_be_switched_off(hub: Hub) -> None:
    hub.http.put(WISHES, json=CHOSEN | {"quiet_hours": None}, headers=hub.patient())
    assert wishes(hub)["quiet_hours"] is None


@pytest.mark.parametrize(
    "change",
    [
        {"language": "de"},
        {"quiet_hours": {"from": "24:00", "until": "08:00"}},
        {"quiet_hours": {"from": "9:00", "until": "08:00"}},
        {"quiet_hours": {"from": "21:00"}},
        {"service": {"sms": "yes", "email": True}},
        {"service": {"sms": True}},
        {"telegram": True},
    ],
)
def test_wishes_that_cannot_be_are_refused(hub: Hub, change: dict[str, Any]) -> None:
    answer = hub.http.put(WISHES, json=CHOSEN | change, headers=hub.patient())
    assert (answer.status_code, answer.json()["code"]) == (422, "validation-failed")
    assert wishes(hub)["language"] == "ru"


def test_staff_have_no_wishes(hub: Hub) -> None:
    assert hub.http.get(WISHES, headers=hub.staff("admin")).status_code == 404
    assert hub.http.get(WISHES).status_code == 401


def test_looking_at_the_link_switches_nothing_off(hub: Hub) -> None:
    token = unsubscribe_token(hub.maria_id, NoticeClass.SERVICE)
    page = hub.http.get(f"/api/notifications/unsubscribe/{token}", headers={"Accept-Language": "en"})
    assert (page.status_code, '<html lang="en">' in page.text) == (200, True)
    assert '<form method="post">' in page.text
    assert wishes(hub)["service"]["email"] is True


@pytest.mark.parametrize("notice_class", [NoticeClass.SERVICE, NoticeClass.MARKETING])
def test_one_click_switches_off_its_letters_and_nothing_else(
    hub: Hub, clean: Servers, notice_class: NoticeClass
) -> None:
    token = unsubscribe_token(hub.maria_id, notice_class)
    before = wishes(hub)
    for _ in range(2):
        answer = click(hub, token)
        assert answer.status_code == 200
        assert "таких писем больше не будет" in answer.text
    expected = before | {notice_class.value: {"sms": True, "email": False}}
    assert wishes(hub) == expected
    audited = rows(clean, "SELECT actor FROM audit_record WHERE action = 'notification_preference.changed'")
    assert audited == [{"actor": "letter"}]


def test_a_forged_or_cut_link_is_not_found(hub: Hub) -> None:
    token = unsubscribe_token(hub.maria_id, NoticeClass.SERVICE)
    foreign = unsubscribe_token(hub.andrey_id, NoticeClass.SERVICE)
    marketing = unsubscribe_token(hub.maria_id, NoticeClass.MARKETING)
    for forged in (token[:-4], "x" * 44, foreign[:20] + token[20:], marketing[:2] + token[2:], "нет"):
        for answer in (click(hub, forged), hub.http.get(f"/api/notifications/unsubscribe/{forged}")):
            assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert wishes(hub)["service"]["email"] is True


def test_a_link_holds_no_personal_data_and_tells_classes_apart(hub: Hub) -> None:
    tokens = {unsubscribe_token(hub.maria_id, one) for one in (NoticeClass.SERVICE, NoticeClass.MARKETING)}
    assert len(tokens) == 2
    assert all(len(token) == 44 for token in tokens)
