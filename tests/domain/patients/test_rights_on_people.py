"""What the application's role and even the owner may not do to the tables of people."""

from typing import Any

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from hub.db.transaction import transaction
from hub.kernel.settings import settings
from tests.domain.patients.cards import card, consent, record

TABLES = (
    "infobase",
    "clinic",
    "clinic_external",
    "staff",
    "sign_in_failure",
    "service_credential",
    "patient",
    "external_identity",
    "consent",
    "one_time_code",
)
pytestmark = pytest.mark.usefixtures("clean")


def owner_conninfo() -> str:
    url = settings().database_owner_url
    assert url is not None
    return url.get_secret_value().replace("+psycopg", "", 1)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("verb", ["DELETE FROM", "TRUNCATE"])
def test_the_application_deletes_nobody(table: str, verb: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), transaction() as session:
        session.execute(text(f"{verb} {table}"))


def test_the_application_changes_no_consent() -> None:
    record(card(consents=(consent(),)))
    with pytest.raises(ProgrammingError, match="permission denied"), transaction() as session:
        session.execute(text("UPDATE consent SET is_granted = true"))


@pytest.mark.parametrize(
    "statement", ["UPDATE consent SET at = at", "DELETE FROM consent", "TRUNCATE consent"]
)
def test_a_consent_is_append_only_for_the_owner_too(statement: Any) -> None:
    record(card(consents=(consent(),)))
    with (
        psycopg.connect(owner_conninfo()) as connection,
        pytest.raises(errors.InsufficientPrivilege, match="append-only"),
    ):
        connection.execute(statement)
