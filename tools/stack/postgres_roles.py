"""The two logins that keep owner and application apart, on our own server and on a given one."""

from collections.abc import Mapping
from typing import Literal
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tools.stack.errors import StackError

DATABASE = "hub"
SUPERUSER: Literal["postgres"] = "postgres"
OWNER_ROLE: Literal["hub_owner"] = "hub_owner"
APP_ROLE: Literal["hub_app"] = "hub_app"
_GIVEN_CONNECT_S = 10


def set_up_roles(conninfo: str, passwords: Mapping[str, str]) -> None:
    """Make the logins and the database on our own server. Repeating sets the passwords, nothing else."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for role in (OWNER_ROLE, APP_ROLE):
            if not _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", role):
                connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
            connection.execute(
                sql.SQL("ALTER ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
                    sql.Identifier(role), sql.Literal(passwords[role])
                )
            )
        if not _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", DATABASE):
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(DATABASE), sql.Identifier(OWNER_ROLE)
                )
            )
            connection.execute(
                sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(DATABASE))
            )
        connection.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                sql.Identifier(DATABASE), sql.Identifier(APP_ROLE)
            )
        )


def set_up_given_database(url: str) -> None:
    """Make sure that a database brought from outside has the role hub_app and that its login may take it.

    Raises: StackError when the server does not answer, or the login may not do that and nobody did it before.
    """
    try:
        with psycopg.connect(_libpq(url), autocommit=True, connect_timeout=_GIVEN_CONNECT_S) as connection:
            if not _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", APP_ROLE):
                connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(APP_ROLE)))
            if not _exists(connection, "SELECT 1 WHERE pg_has_role(current_user, %s, 'MEMBER')", APP_ROLE):
                connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(APP_ROLE)))
    except psycopg.errors.InsufficientPrivilege as error:
        raise StackError(
            "HUB_DATABASE_URL: администратор базы должен выполнить то, что ниже.",
            "HUB_DATABASE_URL: its administrator has to run what follows.",
            "CREATE ROLE hub_app NOLOGIN; GRANT hub_app TO <that login>;",
        ) from error
    except psycopg.OperationalError as error:
        raise StackError(
            "HUB_DATABASE_URL: база не отвечает.", "HUB_DATABASE_URL: no answer.", str(error)
        ) from error


def as_application(url: str) -> str:
    """Give the same address with every session working as hub_app."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    query["options"] = " ".join(filter(None, [query.get("options"), f"-c role={APP_ROLE}"]))
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote)))


def _exists(connection: psycopg.Connection[tuple[object, ...]], query: str, name: str) -> bool:
    return connection.execute(query.encode(), [name]).fetchone() is not None


def _libpq(url: str) -> str:
    """Drop SQLAlchemy's driver name, which libpq does not know."""
    scheme, mark, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}{mark}{rest}"
