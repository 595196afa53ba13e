"""News go to who consents, slice by slice, at their pace; a mailing can be tried, stopped, gone on with."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from hub.db.transaction import transaction
from hub.domain.notifications.preferences import Language, Preferences, choose_preferences
from hub.flows.notify_mailing import send_slice
from hub.flows.notify_tell import tell_due
from hub.kernel import clock
from hub.kernel.ids import new_id
from tests.api.conftest import Hub
from tests.conftest import Servers
from tests.flows.notices import letters, texts
from tests.inbox.arrivals import rows, run_in_threads

MAILINGS = "/api/admin/mailings"
WORDS = {
    "sms": {"subject": "", "body": "Новости: {{ cabinet_url }}"},
    "email": {"subject": "Новости", "body": "Здравствуйте!"},
}
DRAFT: dict[str, Any] = {"name": "Весна", "ru": WORDS}


def post(hub: Hub, path: str = MAILINGS, body: object | None = None, role: str = "marketer") -> Any:
    return hub.http.post(path, json=body, headers=hub.staff(role))


def draft(hub: Hub, **changes: Any) -> str:
    answer = post(hub, body=DRAFT | changes)
    assert answer.status_code == 201, answer.text
    return f"{MAILINGS}/{answer.json()['mailing_id']}"


def show(hub: Hub, path: str) -> Any:
    answer = hub.http.get(path, headers=hub.staff("marketer"))
    assert answer.status_code == 200, answer.text
    return answer.json()


def consent(servers: Servers, *patient_ids: UUID, granted: bool = True) -> None:
    for patient_id in patient_ids:
        rows(
            servers,
            "INSERT INTO consent (patient_id, purpose, is_granted, at, doc_version, source)"
            " VALUES (%s, 'marketing', %s, clock_timestamp(), '1', 'test')",
            patient_id,
            granted,
        )


@pytest.fixture
def willing(hub: Hub, clean: Servers) -> list[UUID]:
    """All five of the demo consented, and sleep never."""
    patient_ids = [row["id"] for row in rows(clean, "SELECT id FROM patient ORDER BY id")]
    consent(clean, *patient_ids)
    return patient_ids


def run_slice(later: timedelta = timedelta()) -> dict[str, int]:
    with clock.frozen(clock.now() + later), transaction() as session:
        return send_slice(session)


def tell(later: timedelta = timedelta()) -> None:
    with clock.frozen(clock.now() + later), transaction() as session:
        tell_due(session)


def test_a_draft_sends_nothing_and_says_whom_it_means(hub: Hub, willing: list[UUID]) -> None:
    shown = show(hub, draft(hub))
    assert (shown["state"], shown["meant_now"], shown["told"]) == ("draft", 5, {})
    assert run_slice()["done"] == 0


def test_a_started_mailing_reaches_everybody_who_consents_once(hub: Hub, willing: list[UUID]) -> None:
    path = draft(hub)
    assert post(hub, f"{path}/start").json()["state"] == "running"
    run_in_threads(*[run_slice for _ in range(4)])
    tell()
    shown = show(hub, path)
    assert (shown["state"], shown["noted"], shown["told"]) == ("done", 5, {"told": 5})
    assert len(letters()) == len({letter.to for letter in letters()}) == 5
    assert {sms.text for sms in texts()} == {"Новости: http://127.0.0.1:8000"}
    assert post(hub, f"{path}/start").json()["code"] == "mailing-state"


def test_it_keeps_its_pace_and_goes_on_where_it_was(hub: Hub, willing: list[UUID]) -> None:
    path = draft(hub, per_minute=8)
    post(hub, f"{path}/start")
    assert run_slice()["done"] == 2
    assert run_slice() == {"done": 0, "more": 0}
    assert run_slice(timedelta(seconds=16))["done"] == 2
    assert run_slice(timedelta(seconds=32))["done"] == 1
    assert show(hub, path)["state"] == "done"


def test_stopped_it_tells_nobody_else_and_can_go_on(hub: Hub, willing: list[UUID]) -> None:
    path = draft(hub, per_minute=8)
    post(hub, f"{path}/start")
    run_slice()
    tell()
    assert post(hub, f"{path}/stop").json()["state"] == "stopped"
    assert run_slice(timedelta(minutes=1))["done"] == 0
    post(hub, f"{path}/start")
    run_slice(timedelta(minutes=2))
    tell(timedelta(minutes=2))
    assert len({letter.to for letter in letters()}) == len(letters()) == 4


def test_what_was_noted_before_the_stop_is_not_told_after_it(hub: Hub, willing: list[UUID]) -> None:
    path = draft(hub, per_minute=8)
    post(hub, f"{path}/start")
    run_slice()
    assert show(hub, path)["told"] == {"waiting": 2}
    post(hub, f"{path}/stop")
    tell()
    assert show(hub, path)["told"] == {"silent": 2}
    assert letters() == []


def test_what_is_over_cannot_be_stopped(hub: Hub, willing: list[UUID]) -> None:
    path = draft(hub)
    assert post(hub, f"{path}/stop").status_code == 409
    post(hub, f"{path}/start")
    run_slice()
    assert (show(hub, path)["state"], post(hub, f"{path}/stop").status_code) == ("done", 409)


def test_consent_counts_at_the_moment_of_telling(hub: Hub, clean: Servers, willing: list[UUID]) -> None:
    path = draft(hub)
    post(hub, f"{path}/start")
    run_slice()
    consent(clean, *willing[:2], granted=False)
    tell()
    assert show(hub, path)["told"] == {"told": 3, "silent": 2}
    assert show(hub, path)["meant_now"] == 3


def test_without_consent_nobody_is_meant(hub: Hub) -> None:
    assert show(hub, draft(hub))["meant_now"] == 0


def test_a_segment_narrows_by_language_and_silence(hub: Hub, willing: list[UUID]) -> None:
    maria_id = hub.maria_id
    with transaction() as session:
        choose_preferences(session, maria_id, Preferences(language=Language.EN, quiet=None))
    assert show(hub, draft(hub, segment={"language": "en"}))["meant_now"] == 1
    assert show(hub, draft(hub, segment={"language": "ru"}))["meant_now"] == 4
    assert show(hub, draft(hub, segment={"inactive_days": 30}))["meant_now"] == 5


def test_a_trial_goes_to_the_given_addresses_alone(hub: Hub, willing: list[UUID]) -> None:
    path = draft(hub)
    answer = post(hub, f"{path}/test", {"phone": "8 900 111-22-33", "email": "me@example.ru"})
    assert answer.json() == {"queued": 2}
    assert [letter.to for letter in letters()] == ["me@example.ru"]
    assert [sms.phone for sms in texts()] == ["+79001112233"]
    assert show(hub, path)["state"] == "draft"
    assert post(hub, f"{path}/test", {"phone": "нет"}).status_code == 422


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ru": {"sms": {"subject": "", "body": "{{ surname }}"}}}, "template-invalid"),
        ({"ru": {}}, "template-invalid"),
        ({"name": ""}, "validation-failed"),
        ({"per_minute": 0}, "validation-failed"),
        ({"segment": {"diagnosis": "x"}}, "validation-failed"),
    ],
)
def test_a_draft_that_could_not_be_sent_is_refused(hub: Hub, changes: dict[str, Any], code: str) -> None:
    answer = post(hub, body=DRAFT | changes)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize(
    ("role", "reads", "writes"), [("admin", 200, 201), ("auditor", 200, 403), ("cashier", 403, 403)]
)
def test_only_who_may_reads_and_runs(hub: Hub, role: str, reads: int, writes: int) -> None:
    assert hub.http.get(MAILINGS, headers=hub.staff(role)).status_code == reads
    assert post(hub, body=DRAFT, role=role).status_code == writes


def test_mailings_are_listed_newest_first_and_unknown_ones_are_not_found(hub: Hub) -> None:
    first, second = draft(hub, name="1"), draft(hub, name="2")
    page = show(hub, f"{MAILINGS}?limit=1")
    assert [item["name"] for item in page["items"]] == ["2"]
    following = show(hub, f"{MAILINGS}?limit=1&cursor={page['next_cursor']}")
    assert [item["name"] for item in following["items"]] == ["1"]
    assert first != second
    for unknown in (str(new_id()), "x"):
        assert post(hub, f"{MAILINGS}/{unknown}/start").status_code == 404
