from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.db.transaction import transaction
from hub.domain.staff import passwords
from hub.domain.staff.adding import add_staff
from hub.domain.staff.authentication import SignInOutcome, set_password, verify_password
from hub.domain.staff.errors import SignInFailedError, SignInLockedError
from hub.domain.staff.permissions import Role
from hub.domain.staff.queries import StaffIdentity, find_staff
from hub.kernel import clock
from hub.kernel.errors import ErrorKind, FieldInvalidError, NotFoundError
from hub.kernel.ids import new_id

pytestmark = pytest.mark.usefixtures("clean")
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def add_cashier(login: str = "cashier") -> UUID:
    with transaction() as session:
        return add_staff(
            session, login=login, name="Ольга Кассирова", roles=[Role.CASHIER], password="demo-cashier"
        )


def sign_in(login: str, password: str) -> SignInOutcome:
    with transaction() as session:
        return verify_password(session, login, password)


def test_the_right_password_lets_in_with_the_roles() -> None:
    staff_id = add_cashier()
    assert sign_in(" Cashier ", "demo-cashier") == StaffIdentity(staff_id, "cashier", (Role.CASHIER,))


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("cashier", "demo-casher"),
        ("nobody", "demo-cashier"),
        ("cashier", ""),
        ("", ""),
        ("c" * 999, "d" * 999),
    ],
)
def test_failure_is_uniform(login: str, password: str) -> None:
    add_cashier()
    outcome = sign_in(login, password)
    assert isinstance(outcome, SignInFailedError)
    assert (outcome.code, outcome.kind, outcome.facts) == ("sign-in-failed", ErrorKind.UNAUTHENTICATED, {})


def test_a_login_without_password_or_switched_off_is_not_let_in() -> None:
    add_cashier("left")
    with transaction() as session:
        add_staff(session, login="sso", name="Только SSO", roles=[Role.ADMIN], password=None)
        session.execute(text("UPDATE staff SET is_active = false WHERE login = 'left'"))
    assert isinstance(sign_in("sso", ""), SignInFailedError)
    assert isinstance(sign_in("sso", "nobody has this password"), SignInFailedError)
    assert isinstance(sign_in("left", "demo-cashier"), SignInFailedError)


@pytest.mark.parametrize("login", ["cashier", "nobody"])
def test_the_tenth_failure_in_a_row_locks_for_a_quarter_of_an_hour_whether_or_not_the_login_exists(
    login: str,
) -> None:
    add_cashier()
    with clock.frozen(NOON):
        outcomes = [sign_in(login, "wrong-wrong") for _ in range(10)]
        assert all(isinstance(outcome, SignInFailedError) for outcome in outcomes)
        locked = sign_in(login, "demo-cashier")
    assert isinstance(locked, SignInLockedError)
    assert locked.kind is ErrorKind.LIMITED
    assert locked.facts == {"retry_after_s": 901}


def test_the_lock_ends_by_itself_and_the_row_of_failures_starts_anew() -> None:
    add_cashier()
    with clock.frozen(NOON):
        for _ in range(10):
            sign_in("cashier", "wrong-wrong")
    with clock.frozen(NOON + timedelta(minutes=15)):
        assert isinstance(sign_in("cashier", "wrong-wrong"), SignInFailedError)
        assert isinstance(sign_in("cashier", "demo-cashier"), StaffIdentity)


def test_a_success_ends_the_row_of_failures() -> None:
    add_cashier()
    for _ in range(2):
        for _ in range(9):
            sign_in("cashier", "wrong-wrong")
        assert isinstance(sign_in("cashier", "demo-cashier"), StaffIdentity)


def test_guesses_at_once_are_counted_one_by_one() -> None:
    add_cashier()
    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(lambda number: sign_in("cashier", f"guess-{number}"), range(16)))
    assert Counter(type(outcome) for outcome in outcomes) == {SignInFailedError: 10, SignInLockedError: 6}


def test_a_new_password_replaces_the_old_one_and_ends_the_lock() -> None:
    staff_id = add_cashier()
    for _ in range(10):
        sign_in("cashier", "wrong-wrong")
    with transaction() as session:
        set_password(session, staff_id=staff_id, password="another-password")
    assert isinstance(sign_in("cashier", "another-password"), StaffIdentity)
    assert isinstance(sign_in("cashier", "demo-cashier"), SignInFailedError)


def test_a_password_is_refused_when_too_short_too_long_or_nobodys() -> None:
    staff_id = add_cashier()
    with transaction() as session:
        for password in ("short", "x" * 201):
            with pytest.raises(FieldInvalidError):
                set_password(session, staff_id=staff_id, password=password)
        with pytest.raises(NotFoundError):
            set_password(session, staff_id=new_id(), password="long-enough-password")


def test_passwords_are_argon2id_with_their_own_salt() -> None:
    first, second = passwords.hash_password("demo-cashier"), passwords.hash_password("demo-cashier")
    assert first.startswith("$argon2id$")
    assert first != second


def test_adding_staff_again_gives_the_first_and_changes_nothing() -> None:
    first = add_cashier()
    with transaction() as session:
        again = add_staff(
            session, login="CASHIER", name="Другая", roles=[Role.ADMIN], password="demo-another"
        )
    assert again == first
    assert isinstance(sign_in("cashier", "demo-cashier"), StaffIdentity)


def test_adding_the_same_login_at_once_makes_one_member() -> None:
    with ThreadPoolExecutor(4) as pool:
        ids = set(pool.map(lambda _: add_cashier(), range(8)))
    assert len(ids) == 1


@pytest.mark.parametrize("roles", [[], [Role.SERVICE], [Role.CASHIER, Role.PATIENT]])
def test_staff_have_staff_roles_only(roles: list[Role]) -> None:
    with transaction() as session, pytest.raises(FieldInvalidError):
        add_staff(session, login="odd", name="Странный", roles=roles, password="demo-odd-one")


def test_a_member_is_known_by_name_and_their_name_is_in_no_repr() -> None:
    staff_id = add_cashier()
    with transaction() as session:
        profile = find_staff(session, staff_id)
        assert profile is not None
        assert profile.name == "Ольга Кассирова"
        assert "Кассирова" not in repr(profile)
        assert (profile.login, profile.roles, profile.is_active) == ("cashier", (Role.CASHIER,), True)
        session.execute(text("UPDATE staff SET is_active = false"))
        switched_off = find_staff(session, staff_id)
        assert switched_off is not None
        assert not switched_off.is_active
        assert find_staff(session, new_id()) is None


def test_neither_name_nor_password_nor_a_mistyped_login_is_stored_in_clear() -> None:
    add_cashier()
    sign_in("my-secret-typed-too-early", "wrong-wrong")
    with transaction() as session:
        rows = [
            *session.execute(text("SELECT * FROM staff")),
            *session.execute(text("SELECT * FROM sign_in_failure")),
        ]
    stored = [value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row]
    for secret in ("Кассирова", "Ольга", "demo-cashier", "too-early"):
        assert not any(secret.encode() in value for value in stored), secret


def test_a_place_that_guesses_is_shut_out_and_the_owner_elsewhere_is_not() -> None:
    add_cashier()

    def enter(password: str, place: str) -> SignInOutcome:
        with transaction() as session:
            return verify_password(session, "cashier", password, place=place)

    for _ in range(10):
        assert isinstance(enter("guess-guess", "203.0.113.0/24"), SignInFailedError)
    assert isinstance(enter("demo-cashier", "203.0.113.0/24"), SignInLockedError)
    assert isinstance(enter("demo-cashier", "198.51.100.0/24"), StaffIdentity)


def test_a_flood_from_everywhere_shuts_everybody_out_for_two_minutes_only() -> None:
    add_cashier()
    for number in range(50):
        with clock.frozen(NOON), transaction() as session:
            verify_password(session, "cashier", "guess-guess", place=f"place {number // 9}")
    with clock.frozen(NOON), transaction() as session:
        outcome = verify_password(session, "cashier", "demo-cashier", place="home")
    assert isinstance(outcome, SignInLockedError)
    assert outcome.facts["retry_after_s"] == 121
    with clock.frozen(NOON + timedelta(minutes=2)), transaction() as session:
        assert isinstance(verify_password(session, "cashier", "demo-cashier", place="home"), StaffIdentity)
