"""Every route, every kind of caller, one's own and another's objects: each meets what the matrix says."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from uuid import UUID

import pytest

from hub.db.transaction import transaction
from hub.domain.clinics.adding import add_infobase
from hub.domain.devices.models import Device
from hub.domain.staff.adding import add_credential, add_staff
from hub.domain.staff.permissions import Role
from hub.kernel import clock, tokens
from hub.kernel.ids import new_id
from tests.api.conftest import SERVICE_SECRET, Hub, basic, bearer, patient_event
from tests.api.matrix import ANONYMOUS, EVERYBODY, MATRIX, ONEC, TILL, Whose
from tests.api.test_access import call, walk

FAR = {"X-Forwarded-For": "203.0.113.7"}
OF_THE_CALL = {"instance", "correlation_id"}
OTHER_BASE, OTHER_SECRET = "umc_other", "secret-of-another-base"


def headers_of(hub: Hub, who: str) -> dict[str, str]:
    """A caller of this kind, each time a new one."""
    if who == ANONYMOUS:
        return {}
    if who == TILL:
        return basic("till", SERVICE_SECRET)
    if who == ONEC:
        return hub.onec
    user_id = hub.maria_id if who == Role.PATIENT else make_colleague(Role(who))
    return bearer(tokens.issue_access(user_id, [who]))


def make_colleague(role: Role) -> UUID:
    with transaction() as session:
        return add_staff(session, login=f"some-{role}", name="Кто-то", roles=[role], password=None)


def test_the_matrix_has_a_line_for_every_route_and_no_other(hub: Hub) -> None:
    routes = {f"{method} {path}" for method, path, _ in walk(hub)}
    assert routes == set(MATRIX)


def test_every_object_in_a_path_is_somebodys() -> None:
    wrong = [route for route, line in MATRIX.items() if ("{" in route) == (line.whose is Whose.NO_OBJECT)]
    assert wrong == []


@pytest.mark.parametrize("who", sorted(EVERYBODY))
def test_each_kind_of_caller_is_let_in_exactly_where_the_matrix_says(hub: Hub, who: str) -> None:
    wrong = []
    for route, line in MATRIX.items():
        method, path = route.split(" ", 1)
        status, text = call(hub, method, path, headers_of(hub, who) | FAR, str(new_id()))
        if line.may == EVERYBODY:
            # An open door may refuse by a rule of its own, never for want of a right.
            is_as_said = '"forbidden"' not in text and status != 405 and status < 500
        elif who in line.may:
            is_as_said = status not in {401, 403, 405} and status < 500
        else:
            is_as_said = status == (401 if who == ANONYMOUS or not line.may else 403)
        if not is_as_said:
            wrong.append((route, status, text[:200]))
    assert wrong == []


def make_device(owner_id: UUID) -> str:
    at = clock.now()
    device_id = new_id()
    with transaction() as session:
        session.add(
            Device(
                id=device_id,
                user_id=owner_id,
                owner="patient",
                label="Firefox",
                network="203.0.113.0",
                created_at=at,
                seen_at=at,
                expires_at=at + timedelta(days=1),
            )
        )
    return str(device_id)


def push_event(hub: Hub, base: str, headers: dict[str, str]) -> str:
    event = patient_event(source={"infobase": base, "node": "UMC01", "tz": "Europe/Moscow"})
    answer = hub.http.post("/api/1c/v1/events", json=event, headers=headers)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["receipt_id"])


def objects_of_devices(hub: Hub) -> tuple[str, str]:
    return make_device(hub.maria_id), make_device(hub.andrey_id)


def objects_of_accounts(hub: Hub) -> tuple[str, str]:
    return str(hub.maria_id), str(hub.andrey_id)


def objects_of_bases(hub: Hub) -> tuple[str, str]:
    with transaction() as session:
        add_infobase(session, code=OTHER_BASE, name="Другая", timezone="Europe/Moscow")
        add_credential(session, login=OTHER_BASE, secret=OTHER_SECRET, infobase=OTHER_BASE)
    hub.app.state.credentials.reload()
    theirs = push_event(hub, OTHER_BASE, basic(OTHER_BASE, OTHER_SECRET))
    return push_event(hub, "umc_corp", hub.onec), theirs


OBJECTS: Mapping[str, tuple[str, Callable[[Hub], tuple[str, str]]]] = {
    "DELETE /api/me/devices/{given_id}": ("patient", objects_of_devices),
    "GET /api/loyalty/balance/{user_id}": ("patient", objects_of_accounts),
    "GET /api/loyalty/transactions/{user_id}": ("patient", objects_of_accounts),
    "GET /api/1c/v1/events/{given_id}": (ONEC, objects_of_bases),
}
"""For each route to one's own objects: who tries, and what makes an own and another's one."""


def test_every_route_to_own_objects_has_another_to_be_tried_with() -> None:
    assert set(OBJECTS) == {route for route, line in MATRIX.items() if line.whose is Whose.OWN}


@pytest.mark.parametrize("route", sorted(OBJECTS))
def test_anothers_object_is_the_same_404_as_one_that_is_not_there(hub: Hub, route: str) -> None:
    who, make = OBJECTS[route]
    method, path = route.split(" ", 1)
    own, anothers = make(hub)
    told = []
    for given in (anothers, str(new_id())):
        url = path.replace("{user_id}", given).replace("{given_id}", given)
        answer = hub.http.request(method, url, headers=headers_of(hub, who))
        said = {name: part for name, part in answer.json().items() if name not in OF_THE_CALL}
        told.append((answer.status_code, str(said).replace(given, "")))
    assert told == [(404, told[0][1])] * 2
    assert call(hub, method, path, headers_of(hub, who), own)[0] in {200, 204}
