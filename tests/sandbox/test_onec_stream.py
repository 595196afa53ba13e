"""The stream: a clinic's believable days, the same in every run, at any speed, ended cleanly."""

import collections
import contextlib
import datetime as dt
import json
import pathlib
import re
import signal
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.onec.base import Base
from sandbox.onec.catalog import CLINICS, OWN_PATIENTS, Patient
from sandbox.onec.day import WEEKDAY_SHARES
from sandbox.onec.documents import Notice, Visit
from sandbox.onec.practice import Practice, usual_visits
from tests.sandbox.hub_receiver import HubReceiver, Received
from tests.sandbox.stranger_process import running_stranger, started_stranger, until

MONDAY = dt.date(2026, 5, 4)
FAST = ("--knob", "speed=10000", "--knob", "cap_per_minute=60000", "--knob", "lanes=1")


def lived(days: float, *, seed: int = 7, visits: int = 200) -> list[Notice]:
    practice = Practice(
        Base(seed), starts_on=MONDAY, visits_on=lambda day: usual_visits(day, visits) if day >= MONDAY else 0
    )
    end = dt.datetime.combine(MONDAY, dt.time(), tzinfo=CLINICS[0].zone) + dt.timedelta(days=days)
    told: list[Notice] = []
    while practice.next_at() < end:
        told += practice.perform()
    return told


def arrivals(told: list[Notice]) -> list[Visit]:
    return [
        notice.subject for notice in told if notice.is_first_version and isinstance(notice.subject, Visit)
    ]


def test_mornings_and_evenings_are_busy_and_nights_empty() -> None:
    hours = collections.Counter(visit.completed_at.hour for visit in arrivals(lived(5)))
    assert min(hours[9], hours[18]) > 2 * max(hours[13], hours[20] // 2)
    assert sum(hours[hour] for hour in (22, 23, *range(7))) == 0
    zones = {visit.clinic.tz for visit in arrivals(lived(2))}
    assert zones == {"Europe/Moscow", "Asia/Yekaterinburg"}


def test_weekends_are_quieter() -> None:
    days = collections.Counter(visit.completed_at.weekday() for visit in arrivals(lived(7)))
    assert days[6] < days[5] < 0.7 * min(days[weekday] for weekday in range(5))
    assert WEEKDAY_SHARES[5] < 1


def test_most_patients_come_again_and_cards_come_before_at_and_after_visits() -> None:
    told = lived(10)
    visits = arrivals(told)
    by_patient = collections.Counter(visit.patient.ref for visit in visits)
    assert sum(count for count in by_patient.values() if count > 1) > len(visits) / 2
    card_at: dict[str, dt.datetime] = {}
    order: dict[str, int] = {}
    for index, notice in enumerate(told):
        if notice.kind == "patient.upserted" and notice.subject.ref not in card_at:
            card_at[notice.subject.ref], order[notice.subject.ref] = notice.occurred_at, index
    first_visit = {
        visit.patient.ref: index
        for index, notice in reversed(list(enumerate(told)))
        if isinstance(visit := notice.subject, Visit)
    }
    gaps = collections.Counter(
        "after" if order[ref] > index else "with" if order[ref] == index - 1 else "before"
        for ref, index in first_visit.items()
        if ref in order
    )
    assert min(gaps["before"], gaps["with"], gaps["after"]) > 20
    first_cards = [
        notice.subject.ref
        for notice in told
        if isinstance(notice.subject, Patient) and not notice.subject.email
    ]
    assert len(first_cards) - len(set(first_cards)) < len(first_cards) / 20  # a double's card is told twice


def test_a_weeks_documents_are_edited_withdrawn_restored_and_refunded() -> None:
    told = lived(12)
    kinds = collections.Counter(notice.kind for notice in told)
    assert kinds["visit.refunded"] > 20
    assert kinds["visit.cancelled"] > 20
    assert kinds["visit.completed"] > len(arrivals(told)) + 50
    assert any(notice.kind == "patient.upserted" and notice.subject.merged_into_ref for notice in told)  # type: ignore[union-attr]


def test_prices_are_spread_like_those_of_a_clinic() -> None:
    totals = sorted(visit.total_kopecks for visit in arrivals(lived(5)))
    median = totals[len(totals) // 2]
    assert 1_000_00 < median < 6_000_00
    assert totals[-1] > 3 * median
    assert all(
        sum(each.amount_kopecks for each in visit.payments) == visit.total_kopecks
        for visit in arrivals(lived(2))
    )


def test_days_are_the_same_in_every_run_and_other_under_another_seed() -> None:
    assert lived(3) == lived(3)
    assert {visit.ref for visit in arrivals(lived(1))}.isdisjoint(
        visit.ref for visit in arrivals(lived(1, seed=8))
    )


def test_the_month_end_posts_the_month_again() -> None:
    told = lived(28, visits=20)
    last_day = [notice for notice in told if notice.occurred_at.date() == dt.date(2026, 5, 31)]
    assert len([notice for notice in last_day if notice.kind == "visit.completed"]) > 200


@contextlib.contextmanager
def streaming(hub: HubReceiver, log_path: pathlib.Path, *options: str) -> Iterator[httpx.Client]:
    identity = ("--hub", hub.url, "--infobase", "umc_corp", "--secret", "s", "--seed", "7")
    with running_stranger("sandbox.onec", "/state", log_path, *identity, *options) as client:
        yield client


@pytest.fixture
def receiver() -> Iterator[HubReceiver]:
    receiver = HubReceiver()
    yield receiver
    receiver.close()


def until_over(client: httpx.Client) -> None:
    until(lambda: client.get("/state").json()["over"] and client.get("/state").json()["pending"] == 0, 40)


def whole_run(log_path: pathlib.Path) -> list[Received]:
    receiver = HubReceiver()
    receiver.is_ready = False
    try:
        options = ("--start", MONDAY.isoformat(), "--hours", "14", "--history", "40", *FAST)
        with streaming(receiver, log_path, *options) as client:
            assert (client.get("/state").json()["opened"], receiver.list_received()) == (False, [])
            receiver.is_ready = True
            until_over(client)
            assert all(push["status"] == "accepted" for push in client.get("/pushes?limit=500").json())
            return receiver.list_received()
    finally:
        receiver.close()


def test_a_run_waits_for_the_hub_and_sends_the_same_bytes_as_any_other(tmp_path: pathlib.Path) -> None:
    first, second = (whole_run(tmp_path / name) for name in ("one", "two"))
    assert [each.body for each in first] == [each.body for each in second]
    own = first[:24]
    assert all("patient.upserted" in each.text for each in own)
    phones = re.findall(r"8 \(900\) 000-\d\d-\d\d", "".join(each.text for each in own))
    assert phones == [f"8 (900) 000-01-{number:02d}" for number in range(1, 25)]
    assert not any("92c7ea9d-2cab-11e4-9f84-1078d2d69bb4" in each.text for each in first)
    assert [each.is_xml for each in first[:40]] == [False, True] * 20
    days = {found[0] for each in first if (found := re.findall(r"2026-\d\d-\d\d", each.text))}
    assert {"2026-05-04"} < days


def test_an_array_gathers_events_and_loses_none_at_the_end(
    receiver: HubReceiver, tmp_path: pathlib.Path
) -> None:
    options = ("--start", MONDAY.isoformat(), "--hours", "12", "--history", "0", *FAST)
    array = (
        "--knob",
        "array=20",
        "--knob",
        "format=json",
        "--knob",
        "encoding=any",
        "--knob",
        "decimals=any",
    )
    with streaming(receiver, tmp_path / "log", *options, *array) as client:
        until_over(client)
        state = client.get("/state").json()
        refs = {item["ref"] for item in client.get("/journal/expected?limit=1000").json()["items"]}
    batches = [json.loads(each.text) for each in receiver.list_received()]
    assert {len(batch) for batch in batches} > {20}
    assert sum(len(batch) for batch in batches) == len(OWN_PATIENTS) + len(lived(0.5, visits=120))
    assert state["documents"] == len(refs)
    told = {event["object"]["ref"] for batch in batches for event in batch if "visit" in event}
    assert refs <= told | {
        event["cancel"]["visit_ref"] for batch in batches for event in batch if "cancel" in event
    }


def test_the_cap_holds_the_stream_and_the_picture_counts_its_hours(
    receiver: HubReceiver, tmp_path: pathlib.Path
) -> None:
    options = (
        "--start",
        MONDAY.isoformat(),
        "--history",
        "0",
        "--knob",
        "speed=10000",
        "--knob",
        "cap_per_minute=600",
        "--knob",
        "visits_per_day=5000",
    )
    with streaming(receiver, tmp_path / "log", *options) as client:
        receiver.wait_for(60)
        client.post("/knobs", json={"stream": False})
        until(lambda: client.get("/state").json()["pending"] == 0)
        pushes = client.get("/journal?after=24&limit=1000").json()["items"]
        day: dict[str, Any] = client.get("/day").json()
    first, last = (dt.datetime.fromisoformat(pushes[index]["at"]) for index in (0, -1))
    # 600 a minute is 10 a second, with a second of grace for having been late.
    assert len(pushes) <= ((last - first).total_seconds() + 2) * 10 + 3
    assert day["date"] == MONDAY.isoformat()
    assert sum(hour["told"] for hour in day["hours"]) == len(pushes)
    assert max(hour["expected"] for hour in day["hours"]) > 500


def test_a_rollback_leaves_the_hub_with_documents_that_are_not_there(
    receiver: HubReceiver, tmp_path: pathlib.Path
) -> None:
    options = ("--start", MONDAY.isoformat(), "--hours", "10", "--history", "0", *FAST)
    with streaming(receiver, tmp_path / "log", *options, "--knob", "rollback_percent=50") as client:
        until_over(client)
        items = client.get("/journal/expected?limit=1000").json()["items"]
    assert {item["in_base"] for item in items} == {True, False}


def test_the_stream_stops_at_once_on_a_signal_in_the_middle_of_everything(
    receiver: HubReceiver, tmp_path: pathlib.Path
) -> None:
    options = ("--hub", receiver.url, "--infobase", "umc_corp", "--secret", "s", *FAST)
    with started_stranger("sandbox.onec", "/state", tmp_path / "log", *options) as (process, client):
        receiver.wait_for(50)
        client.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(8) in {0, -signal.SIGTERM}
    assert "Traceback" not in (tmp_path / "log").read_text()
