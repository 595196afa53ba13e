"""The same key and body: one effect, and the first answer again, byte for byte."""

import threading
from collections.abc import Callable

import pytest

from hub.db.transaction import transaction
from hub.health.models import Health
from hub.health.signals import record_signal
from hub.idempotency.store import (
    RETRY_AFTER_S,
    IdempotencyInProgressError,
    IdempotencyKeyReusedError,
    KeptAnswer,
    hash_request,
    idempotent,
)
from hub.kernel.errors import ErrorKind
from tests.conftest import Servers
from tests.inbox.arrivals import rows, run_in_threads

SCOPE = "staff:1 POST /api/loyalty/accrue"
BODY = '{"balance": "137.50", "имя": "Мария"}'.encode()
REQUEST: dict[str, object] = {"user_id": "u", "amount": "137.50"}


class Desk:
    """A command with an effect that can be counted."""

    def __init__(self, status: int = 201, body: bytes = BODY) -> None:
        self.calls = 0
        self.status = status
        self.body = body

    def call(
        self,
        key: str = "k1",
        request: object = REQUEST,
        scope: str = SCOPE,
        hold: Callable[[], object] | None = None,
    ) -> KeptAnswer:
        with transaction() as session:

            def act() -> KeptAnswer:
                self.calls += 1
                record_signal(session, f"effect-{self.calls}", Health.OK)
                if hold:
                    hold()
                return KeptAnswer(self.status, self.body)

            return idempotent(session, scope=scope, key=key, request=request, act=act)


def effects(servers: Servers) -> int:
    return len(rows(servers, "SELECT * FROM health_signal"))


def records(servers: Servers) -> list[dict[str, object]]:
    return rows(servers, "SELECT * FROM idempotency_record")


def test_a_repetition_gets_the_first_answer_byte_for_byte_and_no_effect(clean: Servers) -> None:
    desk = Desk()
    first = desk.call()
    desk.body = b"something else"
    again = desk.call()
    assert first == KeptAnswer(201, BODY, is_replayed=False)
    assert again == KeptAnswer(201, BODY, is_replayed=True)
    assert (desk.calls, effects(clean)) == (1, 1)


@pytest.mark.parametrize(
    "request_again",
    [{"amount": "137.50", "user_id": "u"}, {"user_id": "u", "amount": "137.50"}],
)
def test_the_order_of_fields_does_not_matter(clean: Servers, request_again: object) -> None:
    desk = Desk()
    desk.call()
    assert desk.call(request=request_again).is_replayed


@pytest.mark.parametrize(
    "other", [{}, [], None, {"user_id": "u", "amount": "137.5"}, {"user_id": "u", "amount": 137.5}, "x"]
)
def test_another_body_under_the_key_is_refused_without_effect(clean: Servers, other: object) -> None:
    desk = Desk()
    desk.call()
    with pytest.raises(IdempotencyKeyReusedError) as caught:
        desk.call(request=other)
    assert (caught.value.code, caught.value.kind) == ("idempotency-key-reused", ErrorKind.INVALID)
    assert (desk.calls, effects(clean)) == (1, 1)


def test_keys_and_scopes_stand_apart(clean: Servers) -> None:
    desk = Desk()
    for scope, key in ((SCOPE, "k1"), (SCOPE, "k2"), ("staff:2 POST /api/loyalty/accrue", "k1")):
        assert not desk.call(key=key, scope=scope).is_replayed
    assert desk.calls == 3


@pytest.mark.parametrize(("status", "is_kept"), [(200, True), (201, True), (202, True), (409, True)])
def test_effects_and_refusals_by_state_are_kept(clean: Servers, status: int, *, is_kept: bool) -> None:
    desk = Desk(status)
    desk.call()
    assert (desk.call().is_replayed, desk.calls) == (is_kept, 1)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 415, 422, 429, 500, 503])
def test_other_answers_are_not_kept(clean: Servers, status: int) -> None:
    desk = Desk(status)
    desk.call()
    assert records(clean) == []
    desk.status = 201
    assert desk.call() == KeptAnswer(201, BODY)
    assert desk.calls == 2


def test_a_failed_effect_leaves_neither_effect_nor_record(clean: Servers) -> None:
    desk = Desk()

    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        desk.call(hold=fail)
    assert (effects(clean), records(clean)) == (0, [])
    assert not desk.call().is_replayed


def test_a_kept_answer_is_sealed(clean: Servers) -> None:
    Desk().call()
    [record] = records(clean)
    sealed = record["sealed"]
    assert isinstance(sealed, bytes)
    assert b"137.50" not in sealed
    assert "Мария".encode() not in sealed


def test_an_answer_moved_under_another_key_does_not_open(clean: Servers) -> None:
    desk = Desk()
    desk.call("k1")
    desk.call("k2")
    rows(
        clean,
        "UPDATE idempotency_record SET sealed ="
        " (SELECT sealed FROM idempotency_record WHERE key = 'k1') WHERE key = 'k2'",
    )
    with pytest.raises(Exception, match="altered"):
        desk.call("k2")


def test_while_the_first_call_runs_the_second_is_told_so_at_once(clean: Servers) -> None:
    running, told = threading.Event(), threading.Event()
    desk = Desk()

    def hold() -> None:
        running.set()
        assert told.wait(10)

    first = threading.Thread(target=lambda: desk.call(hold=hold))
    first.start()
    assert running.wait(10)
    with pytest.raises(IdempotencyInProgressError) as caught:
        desk.call()
    told.set()
    first.join()
    assert (caught.value.code, caught.value.facts) == (
        "idempotency-in-progress",
        {"retry_after_s": RETRY_AFTER_S},
    )
    assert desk.call().is_replayed
    assert (desk.calls, effects(clean)) == (1, 1)


def test_many_calls_at_once_make_one_effect(clean: Servers) -> None:
    desk = Desk()
    results = run_in_threads(*[desk.call] * 16)
    fresh = [one for one in results if isinstance(one, KeptAnswer) and not one.is_replayed]
    replayed = [one for one in results if isinstance(one, KeptAnswer) and one.is_replayed]
    busy = [one for one in results if isinstance(one, IdempotencyInProgressError)]
    assert len(fresh) == 1
    assert len(fresh) + len(replayed) + len(busy) == 16
    assert {one.body for one in replayed} <= {BODY}
    assert (desk.calls, effects(clean), len(records(clean))) == (1, 1, 1)


def test_a_hash_is_of_the_meaning_and_not_of_the_writing() -> None:
    assert hash_request({"a": 1, "b": [1, {"c": 2, "d": 3}]}) == hash_request(
        {"b": [1, {"d": 3, "c": 2}], "a": 1}
    )
    assert hash_request({"a": [1, 2]}) != hash_request({"a": [2, 1]})
    assert hash_request({"a": None}) != hash_request({})
