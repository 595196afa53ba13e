"""PostgreSQL and Redis out of wheels, each on its own."""

import os
import signal
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest
import redis

from tests.stack.desk import wait_until
from tools.stack.errors import StackError
from tools.stack.postgres import Postgres, make_passwords
from tools.stack.postgres_roles import as_application, set_up_given_database
from tools.stack.redis import Redis


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with blanks and Cyrillic letters that only its owner may enter, at the end of a long path."""
    folder = tmp_path / "Моя ❤ скидка" / ("длинный путь " * 8).strip()
    folder.mkdir(parents=True)
    folder.chmod(0o700)
    return folder


@pytest.fixture
def postgres(home: Path) -> Generator[Postgres]:
    server = Postgres(home / "база данных", passwords=make_passwords())
    server.start()
    yield server
    server.stop(immediate=True)


def query(url: str, text: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url.replace("+psycopg", "", 1)) as connection:
        cursor = connection.execute(text.encode())
        return cursor.fetchall() if cursor.description else []


def test_a_restart_and_a_crash_keep_the_data(postgres: Postgres) -> None:
    query(postgres.url("hub_owner"), "CREATE TABLE kept AS SELECT 'Ёлка' AS word")
    postgres.stop()
    postgres.start()
    os.kill(postgres.pid, signal.SIGKILL)
    wait_until(lambda: not postgres.is_running())
    postgres.start()
    assert query(postgres.url("hub_owner"), "SELECT lower(word) FROM kept") == [("ёлка",)]


def test_the_application_owns_nothing_and_cannot_create(postgres: Postgres) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        query(postgres.url("hub_app"), "CREATE TABLE stolen (id int)")
    rights = "SELECT rolsuper OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = current_user"
    assert query(postgres.url("hub_app"), rights) == [(False,)]


def test_nobody_comes_in_without_the_password(postgres: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        query(f"postgresql://hub_owner:wrong@127.0.0.1:{postgres.port}/hub", "SELECT 1")


def test_a_pid_file_whose_number_went_to_a_stranger_does_not_stop_the_start(
    postgres: Postgres, home: Path
) -> None:
    pid_file = home / "база данных" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    postgres.stop()
    pid_file.write_text("\n".join([str(os.getppid()), *lines[1:], ""]))
    postgres.start()
    assert query(postgres.url("hub_app"), "SELECT 1") == [(1,)]


def test_lost_secrets_are_said_and_not_made_up(postgres: Postgres, home: Path) -> None:
    postgres.stop()
    stranger = Postgres(home / "база данных", passwords=make_passwords())
    with pytest.raises(StackError, match=r"secrets\.json"):
        stranger.start()


def test_one_given_login_works_as_owner_and_steps_down_as_application(postgres: Postgres) -> None:
    given = postgres.url("postgres")
    set_up_given_database(given)
    set_up_given_database(given)
    assert query(as_application(given), "SELECT current_user::text, session_user::text") == [
        ("hub_app", "postgres")
    ]


def test_a_given_login_without_rights_is_told_what_to_ask_for(postgres: Postgres) -> None:
    query(postgres.url("postgres"), "CREATE ROLE poor LOGIN PASSWORD 'poor'")
    query(postgres.url("postgres"), "GRANT CONNECT ON DATABASE hub TO poor")
    with pytest.raises(StackError, match="CREATE ROLE hub_app"):
        set_up_given_database(f"postgresql://poor:poor@127.0.0.1:{postgres.port}/hub")


def test_redis_keeps_what_it_acknowledged_and_wants_its_password(home: Path) -> None:
    server = Redis(home / "редис", password="right")
    server.start()
    try:
        with redis.Redis.from_url(server.url()) as client:
            client.set("word", "Ёлка")
            client.execute_command("WAITAOF", 1, 0, 5000)
        server.stop(immediate=True)
        server.start()
        with redis.Redis.from_url(server.url()) as client:
            assert client.get("word") == "Ёлка".encode()
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        with redis.Redis(port=server.port) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
    finally:
        server.stop()
