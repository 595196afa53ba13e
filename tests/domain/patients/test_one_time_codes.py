from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from hub.db.transaction import transaction
from hub.domain.patients.sign_in import IssuedCode, check_code, request_code
from hub.kernel import clock

pytestmark = pytest.mark.usefixtures("clean")
PHONE = "+79000000001"
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def issue(phone: str = PHONE) -> IssuedCode | None:
    with transaction() as session:
        return request_code(session, phone)


def issue_one(phone: str = PHONE) -> str:
    issued = issue(phone)
    assert issued is not None
    return issued.code


def check(code: str, phone: str = PHONE) -> bool:
    with transaction() as session:
        return check_code(session, phone, code)


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_code_has_six_digits_and_is_good_once_for_its_phone() -> None:
    code = issue_one()
    assert len(code) == 6
    assert code.isdigit()
    assert not check(code, "+79000000002")
    assert check(code)
    assert not check(code)


def test_a_code_is_good_for_five_minutes() -> None:
    with clock.frozen(NOON):
        issued = issue()
        assert issued is not None
        assert issued.expires_at == NOON + timedelta(minutes=5)
    with clock.frozen(NOON + timedelta(minutes=5)):
        assert not check(issued.code)
    with clock.frozen(NOON + timedelta(minutes=5, seconds=-1)):
        assert check(issued.code)


def test_asked_again_within_a_minute_nothing_is_issued() -> None:
    with clock.frozen(NOON):
        code = issue_one()
    with clock.frozen(NOON + timedelta(seconds=59)):
        assert issue() is None
        assert issue("+79000000002") is not None
        assert check(code)
        assert issue() is None


def test_the_newest_code_only_is_good() -> None:
    with clock.frozen(NOON):
        first = issue_one()
    with clock.frozen(NOON + timedelta(seconds=60)):
        second = issue_one()
        assert first == second or not check(first)
        assert check(second)


def test_five_tries_kill_a_code_and_the_right_one_comes_too_late() -> None:
    code = issue_one()
    for _ in range(5):
        assert not check(other_than(code))
    assert not check(code)


def test_the_fifth_try_may_be_right() -> None:
    code = issue_one()
    for _ in range(4):
        assert not check(other_than(code))
    assert check(code)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "абвгде", "000000 ", "\x00", "1" * 10_000])
def test_what_is_no_code_is_wrong(code: str) -> None:
    issue_one()
    assert not check(code)


def test_a_phone_without_a_code_has_no_right_one() -> None:
    assert not check("123456")


def test_one_right_code_at_once_from_many_threads_lets_in_once() -> None:
    code = issue_one()
    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(lambda _: check(code), range(12))) == 1


def test_wrong_codes_at_once_are_counted_one_by_one() -> None:
    code = issue_one()
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: check(other_than(code)), range(12)))
    with transaction() as session:
        assert session.scalar(text("SELECT tries FROM one_time_code")) == 5


def test_asked_at_once_from_many_threads_one_code_is_issued() -> None:
    with ThreadPoolExecutor(6) as pool:
        assert sum(issued is not None for issued in pool.map(lambda _: issue(), range(12))) == 1


def test_fifty_wrong_codes_in_a_day_close_the_phone_for_the_day() -> None:
    for number in range(10):
        with clock.frozen(NOON + timedelta(minutes=number)):
            code = issue_one()
            for _ in range(5):
                assert not check(other_than(code))
    with clock.frozen(NOON + timedelta(hours=1)):
        assert issue() is None
    with clock.frozen(NOON + timedelta(hours=25)):
        assert issue() is not None


def test_signing_in_often_closes_nothing() -> None:
    for number in range(60):
        with clock.frozen(NOON + timedelta(minutes=number)):
            assert check(issue_one())


def test_neither_code_nor_phone_is_stored_or_shown_in_clear() -> None:
    issued = issue()
    assert issued is not None
    with transaction() as session:
        row = session.execute(text("SELECT phone_index, code_hash FROM one_time_code")).one()
    stored = b" ".join(bytes(value) for value in row)
    assert issued.code.encode() not in stored
    assert b"79000000001" not in stored
    assert issued.code not in repr(issued).replace(str(issued.code_id), "").replace(
        repr(issued.expires_at), ""
    )
