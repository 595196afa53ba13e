"""Named locks: one holder at a time, one order for all, released by the end of the transaction."""

import threading

from sqlalchemy import text

from hub.db.locks import lock_key, lock_names
from hub.db.transaction import transaction
from tests.conftest import Servers

READ_NOTE = text("SELECT detail FROM health_signal WHERE name = 'counter'")
WRITE_NOTE = text("UPDATE health_signal SET detail = :detail WHERE name = 'counter'")


def test_holders_of_a_name_come_one_after_another(clean: Servers) -> None:
    """Read, add, write: without the lock, threads would overwrite each other."""
    with transaction() as session:
        session.execute(text("INSERT INTO health_signal VALUES ('counter', 'ok', '0', now(), now())"))

    def count() -> None:
        for _ in range(25):
            with transaction() as session:
                lock_names(session, ["counter"])
                value = int(session.scalar(READ_NOTE) or 0)
                session.execute(WRITE_NOTE, {"detail": str(value + 1)})

    run_together(count, 6)
    with transaction() as session:
        assert session.scalar(READ_NOTE) == "150"


def test_names_in_any_order_never_deadlock(clean: Servers) -> None:
    errors: list[BaseException] = []

    def take(names: list[str]) -> None:
        try:
            for _ in range(30):
                with transaction() as session:
                    lock_names(session, names)
        except BaseException as error:  # noqa: BLE001  # shown by the assertion below
            errors.append(error)

    threads = [
        threading.Thread(target=take, args=(names,))
        for names in (["a", "b", "c"], ["c", "b", "a"], ["b", "a", "c"], ["c", "a", "c"])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []


def test_no_names_are_no_lock(clean: Servers) -> None:
    with transaction() as session:
        lock_names(session, [])
        held = session.scalar(
            text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        )
        assert held == 0


def test_a_key_is_a_stable_bigint() -> None:
    assert lock_key("relay") == lock_key("relay")
    assert lock_key("relay") != lock_key("migrations")
    assert -(2**63) <= lock_key("relay") < 2**63


def run_together(work: object, count: int) -> None:
    assert callable(work)
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
