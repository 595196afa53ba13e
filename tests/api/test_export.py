"""A patient takes all that the hub holds about them as one file; nobody else takes it."""

from hub.audit.queries import Wanted, list_records
from hub.db.transaction import transaction
from tests.api.conftest import Hub, bearer
from tests.factories.onec import visit_event

EXPORT = "/api/me/export"


def test_the_file_has_the_person_the_money_the_visits_and_the_consents(hub: Hub) -> None:
    hub.push_and_drain(visit_event())
    hub.http.post("/api/me/consents", json={"purpose": "marketing", "granted": True}, headers=hub.patient())
    answer = hub.http.get(EXPORT, headers=hub.patient())
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer.headers["Cache-Control"]
    told = answer.json()
    assert (told["person"]["last_name"], told["person"]["first_name"]) == ("Иванова", "Мария")
    assert (told["person"]["phone"], told["person"]["birth_date"]) == ("+79000000001", "1990-02-14")
    assert told["person"]["user_id"] == str(hub.maria_id)
    [visit] = told["visits"]
    assert not visit["cancelled"]
    balance = hub.http.get("/api/loyalty/balance/me", headers=hub.patient()).json()
    assert told["balance"]["assets"] == balance["assets"]
    history = hub.http.get("/api/loyalty/transactions/me", headers=hub.patient()).json()["items"]
    assert [entry["id"] for entry in told["entries"]] == [entry["id"] for entry in history]
    assert ("marketing", True) in {(one["purpose"], one["granted"]) for one in told["consents"]}


def test_that_it_was_given_is_recorded(hub: Hub) -> None:
    hub.http.get(EXPORT, headers=hub.patient())
    with transaction() as session:
        [row] = list_records(session, Wanted(action="patient.exported"), cursor=None, limit=9).items
    assert (row.record.actor, row.record.object_id) == (f"patient:{hub.maria_id}", str(hub.maria_id))
    assert set(row.record.details) == {"visits", "entries"}


def test_another_patients_file_is_of_another_patient(hub: Hub) -> None:
    hub.push_and_drain(visit_event())
    told = hub.http.get(EXPORT, headers=hub.patient(hub.andrey_id)).json()
    assert told["person"]["user_id"] == str(hub.andrey_id)
    assert (told["visits"], told["entries"]) == ([], [])
    assert "Иванова" not in str(told)


def test_staff_services_and_strangers_take_no_file(hub: Hub) -> None:
    assert hub.http.get(EXPORT, headers=hub.staff("admin")).status_code == 403
    assert hub.http.get(EXPORT, headers=hub.onec).status_code == 403
    assert hub.http.get(EXPORT, headers=bearer("wrong")).status_code == 401
