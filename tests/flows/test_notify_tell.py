"""A patient is told once per event, by day, by the channels they chose, not more often than is decent."""

from datetime import UTC, datetime, time, timedelta

import pytest

from hub.contracts.messages import SendSms
from hub.domain.notifications.catalogue import NoticeKind
from hub.domain.notifications.preferences import Language
from hub.domain.notifications.rules import QuietHours
from hub.kernel import clock
from tests.conftest import Servers
from tests.factories.onec import cancel_event, patient_event, visit_event
from tests.flows.conftest import Road
from tests.flows.notices import (
    EMAIL,
    NOON,
    VISITED_AT,
    deliveries,
    letters,
    note,
    notices,
    outcomes,
    settle_in,
    tell,
    texts,
    visit,
    wish,
)
from tests.inbox.arrivals import rows, run_in_threads

QUEUED = {"sms": "queued", "email": "queued"}
REDEEMED = NoticeKind.CERTIFICATE_REDEEMED
REDEEMED_FACTS = {"amount": 100_000, "balance": 50_000}


def test_a_visit_leads_to_a_text_and_a_letter(road: Road, clean: Servers) -> None:
    settle_in(road)
    visit(road)
    assert tell() == {"claimed": 1, "done": 1, "postponed": 0, "failed": 0, "more": 0}
    assert texts() == [
        SendSms("+79000000001", "Моя ❤ скидка: начислено 50 кэшбэка, можно потратить с 15.05.2026.")
    ]
    [letter] = letters()
    assert (letter.to, letter.subject) == (EMAIL, "Начислено 50 кэшбэка")
    assert "Потратить можно с 15.05.2026." in letter.text
    assert "Потратить можно с 15.05.2026." in letter.html
    assert letter.unsubscribe_url.startswith("http://127.0.0.1:8000/api/notifications/unsubscribe/")
    assert outcomes(clean) == [("told", QUEUED)]


def test_a_visit_that_comes_again_is_told_of_once(road: Road, clean: Servers) -> None:
    settle_in(road)
    event = visit_event()
    with clock.frozen(NOON):
        for _ in range(3):
            road.tell(event)
    assert len(notices(clean)) == 1
    tell()
    tell()
    assert len(texts()) == len(letters()) == 1


def test_one_key_under_a_hundred_duplicates_is_told_once(road: Road, clean: Servers) -> None:
    patient_id = settle_in(road)
    made = run_in_threads(*[lambda: note(patient_id, "the-same") for _ in range(100)])
    assert sorted(made) == [0] * 99 + [1]
    run_in_threads(*[tell for _ in range(8)])
    assert [one.delivery_key for one in deliveries()] == ["notice:the-same:sms", "notice:the-same:email"]


def test_history_that_a_base_brings_is_told_to_nobody(road: Road, clean: Servers) -> None:
    settle_in(road)
    visit(road, at=VISITED_AT + timedelta(days=3))
    assert notices(clean) == []


def test_a_cancelled_visit_says_that_it_was_recounted(road: Road) -> None:
    settle_in(road)
    event = visit_event(amounts=("1000.00",))
    with clock.frozen(NOON):
        road.tell(event)
        road.tell(cancel_event(event["object"]["ref"], occurred_at="2026-05-01T11:00:00"))
    tell()
    assert [letter.subject for letter in letters()] == ["Начислено 50 кэшбэка", "Пересчитано: −50 кэшбэка"]


def test_quiet_hours_keep_the_text_till_morning_and_let_the_letter_go(road: Road) -> None:
    night = datetime(2026, 5, 1, 20, tzinfo=UTC)  # 23:00 in Moscow
    patient_id = settle_in(road)
    note(patient_id, at=night)
    tell(night)
    due = {one.destination: one.next_attempt_at for one in deliveries()}
    assert due == {"sms": datetime(2026, 5, 2, 6, tzinfo=UTC), "email": night}


def test_quiet_hours_go_by_the_clinic_where_the_patient_was_last(road: Road, clean: Servers) -> None:
    patient_id = settle_in(road)
    visit(road)
    rows(clean, "UPDATE clinic SET timezone = 'Asia/Vladivostok'")
    afternoon = datetime(2026, 5, 1, 12, tzinfo=UTC)  # 15:00 in Moscow, 22:00 in Vladivostok
    note(patient_id, "r1", REDEEMED, at=afternoon, facts=REDEEMED_FACTS)
    rows(clean, "DELETE FROM notice WHERE notice_key <> 'r1'")
    tell(afternoon)
    [sms] = [one for one in deliveries() if one.destination == "sms"]
    assert sms.next_attempt_at == datetime(2026, 5, 1, 23, tzinfo=UTC)


def test_who_wants_no_quiet_hours_is_told_at_night(road: Road) -> None:
    night = datetime(2026, 5, 1, 20, tzinfo=UTC)
    patient_id = settle_in(road)
    wish(patient_id, quiet=None)
    note(patient_id, at=night)
    tell(night)
    assert {one.next_attempt_at for one in deliveries()} == {night}


def test_a_warning_that_the_morning_would_make_stale_is_not_sent_by_text(road: Road, clean: Servers) -> None:
    evening = datetime(2026, 5, 1, 19, tzinfo=UTC)  # 22:00 in Moscow
    patient_id = settle_in(road)
    note(patient_id, at=evening, life=timedelta(hours=2))
    tell(evening)
    assert outcomes(clean) == [("told", {"sms": "too-late", "email": "queued"})]


def test_what_nobody_wants_to_know_any_more_expires(road: Road, clean: Servers) -> None:
    patient_id = settle_in(road)
    note(patient_id, life=timedelta(hours=1))
    tell(NOON + timedelta(hours=1))
    assert outcomes(clean) == [("expired", {})]
    assert deliveries() == []


def test_the_second_accrual_of_a_day_waits_for_the_evening_and_comes_as_a_sum(
    road: Road, clean: Servers
) -> None:
    patient_id = settle_in(road)
    note(patient_id, "a1")
    tell()
    for key in ("a2", "a3"):
        note(patient_id, key, at=NOON + timedelta(hours=1))
        assert tell(NOON + timedelta(hours=1))["postponed"] == 1
    evening = datetime(2026, 5, 1, 16, tzinfo=UTC)
    assert tell(evening - timedelta(seconds=1))["claimed"] == 0
    assert tell(evening)["done"] == 2
    assert [sms.text for sms in texts()] == [
        "Моя ❤ скидка: начислено 150 кэшбэка.",
        "Моя ❤ скидка: начислено 300 кэшбэка.",
    ]
    assert [row["state"] for row in notices(clean)] == ["told"] * 3


def test_what_comes_together_is_told_together(road: Road) -> None:
    settle_in(road)
    visit(road, "1000.00", "2000.00", "3000.00")
    tell()
    assert [letter.subject for letter in letters()] == ["Начислено 300 кэшбэка"]


def test_the_next_day_begins_anew(road: Road) -> None:
    patient_id = settle_in(road)
    for number in range(2):
        at = NOON + timedelta(days=number)
        note(patient_id, f"a{number}", at=at)
        tell(at)
    assert len(texts()) == 2


def test_a_full_day_keeps_silent_however_many_ask_at_once(road: Road, clean: Servers) -> None:
    patient_id = settle_in(road)
    for number in range(30):
        note(patient_id, f"r{number}", REDEEMED, facts=REDEEMED_FACTS)
    run_in_threads(*[tell for _ in range(6)])
    while tell()["claimed"]:
        continue
    sent = [one.destination for one in deliveries()]
    assert (sent.count("sms"), sent.count("email")) == (5, 10)
    said = [tuple(sorted(outcome.items())) for _, outcome in outcomes(clean)]
    assert said.count((("email", "day-full"), ("sms", "day-full"))) == 20


def test_what_the_law_wants_told_knows_no_caps_no_night_and_no_switch(road: Road) -> None:
    night = datetime(2026, 5, 1, 20, tzinfo=UTC)
    patient_id = settle_in(road, consents=(("loyalty", False),))
    wish(patient_id, service_sms=False, service_email=False, marketing_sms=False, marketing_email=False)
    for number in range(12):
        note(patient_id, f"e{number}", NoticeKind.ERASURE_DONE, at=night, facts={})
    tell(night)
    assert len(deliveries()) == 24
    assert {one.next_attempt_at for one in deliveries()} == {night}
    assert {letter.unsubscribe_url for letter in letters()} == {""}


@pytest.mark.parametrize(
    ("card", "wishes", "said"),
    [
        ({}, {"service_sms": False}, {"sms": "switched-off", "email": "queued"}),
        ({}, {"service_email": False}, {"sms": "queued", "email": "switched-off"}),
        ({"email": ""}, {}, {"sms": "queued", "email": "no-address"}),
        ({"consents": (("loyalty", False),)}, {}, {"sms": "no-consent", "email": "no-consent"}),
        ({"consents": (("loyalty", True), ("marketing", False))}, {}, QUEUED),
    ],
)
def test_a_channel_that_may_not_be_used_is_not(
    road: Road, clean: Servers, card: dict[str, object], wishes: dict[str, object], said: dict[str, str]
) -> None:
    patient_id = settle_in(road, **card)
    wish(patient_id, **wishes)
    note(patient_id)
    tell()
    [(_, outcome)] = outcomes(clean)
    assert outcome == said


@pytest.mark.parametrize(
    ("consents", "wishes", "sent"),
    [
        ((), {}, 0),
        ((("marketing", True),), {}, 2),
        ((("marketing", True),), {"marketing_email": False}, 1),
        ((("marketing", False),), {}, 0),
    ],
)
def test_marketing_needs_consent_and_no_opt_out(
    road: Road, consents: tuple[tuple[str, bool], ...], wishes: dict[str, object], sent: int
) -> None:
    patient_id = settle_in(road, consents=consents)
    wish(patient_id, **wishes)
    note(patient_id, "m1", NoticeKind.MAILING_SENT, facts={})
    tell()
    assert len(deliveries()) == sent


def test_words_come_in_the_patients_language(road: Road) -> None:
    patient_id = settle_in(road)
    wish(patient_id, language=Language.EN, quiet=QuietHours(time(22), time(8)))
    note(patient_id, facts={"amount": 15_050, "asset": "POINTS"})
    tell()
    assert [sms.text for sms in texts()] == ["Моя ❤ скидка: you got 150.50 points."]


def test_words_that_cannot_be_made_fail_alone(road: Road, clean: Servers) -> None:
    patient_id = settle_in(road)
    note(patient_id, "bad", NoticeKind.TIER_RAISED, facts={})
    note(patient_id, "good")
    assert tell() == {"claimed": 2, "done": 1, "postponed": 0, "failed": 1, "more": 0}
    assert [state for state, _ in outcomes(clean)] == ["failed", "told"]


def test_a_merged_patients_notice_goes_to_the_survivor(road: Road, clean: Servers) -> None:
    patient_id = settle_in(road)
    other = "92c7ea9d-2cab-11e4-9f84-1078d2d69bb5"
    with clock.frozen(NOON):
        road.tell(patient_event(other, phone="8 (900) 000-00-09", email="other@example.ru"))
    survivor = road.patient_id(other)
    note(patient_id)
    merge = "UPDATE patient SET status = 'merged', merged_into = %s WHERE id = %s"
    rows(clean, merge, survivor, patient_id)
    tell()
    assert [letter.to for letter in letters()] == ["other@example.ru"]
