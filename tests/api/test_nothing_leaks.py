"""A patient's whole story leaves no phone, name, e-mail or code in any log line or in a dump of the database.

Everything is said at the finest log level, and looked for in clear and in the encodings that a careless line
or column would use. Another test shows that the search finds what it looks for.
"""

import base64
import io
import logging
import re
import sys
from collections.abc import Generator, Iterable
from urllib.parse import quote

import psycopg
import pytest
import structlog
from structlog._config import BoundLoggerLazyProxy

from hub.kernel.ids import new_id
from hub.kernel.logging import configure_logging
from hub.kernel.settings import settings
from tests.api.conftest import Hub, bearer, patient_event
from tests.conftest import Servers

PHONE = "9167284519"
SURNAME, NAME, FATHER_NAME = "Вишневецкая", "Аполлинария", "Ермолаевна"
EMAIL = "apollinaria.v@example.org"
BIRTH = "1977-07-19"
PLANTED = (PHONE, SURNAME, NAME, FATHER_NAME, EMAIL, BIRTH)


def spellings(value: str) -> dict[str, bytes]:
    """The value as it would stand in a text, a bytea, base64, a URL, an escaped JSON, another charset."""
    plain = value.encode()
    found = {
        "plain": plain,
        "lower": value.lower().encode(),
        "upper": value.upper().encode(),
        "hex": plain.hex().encode(),
        "url": quote(value).encode(),
        "json": value.encode("ascii", "backslashreplace"),
        "json in json": value.encode("ascii", "backslashreplace").replace(b"\\", b"\\\\"),
        "cp1251": value.encode("cp1251"),
        "cp1251 hex": value.encode("cp1251").hex().encode(),
        "utf-16": value.encode("utf-16-le"),
        "utf-16 hex": value.encode("utf-16-le").hex().encode(),
    }
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + plain)
        found[f"base64+{shift}"] = encoded[4 if shift else 0 : len(encoded) // 4 * 4 - 4]
    return found


def find(content: bytes, values: Iterable[str]) -> list[tuple[str, str, bytes]]:
    """Name each value and spelling that stands in the content, with what is around it."""
    return [
        (value, how, content[max(0, at - 80) : at + 80])
        for value in values
        for how, spelling in spellings(value).items()
        if (at := content.find(spelling)) >= 0
    ]


def dump(servers: Servers) -> bytes:
    """Every row of every table, as a copy of the database would hold it."""
    parts = []
    with psycopg.connect(servers.superuser_conninfo) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT oid::regclass::text FROM pg_class"
            " WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        )
        for (table,) in cursor.fetchall():
            with cursor.copy(f"COPY {table} TO STDOUT") as copy:
                parts += [bytes(block) for block in copy]
    return b"".join(parts)


@pytest.fixture
def log(hub: Hub) -> Generator[io.StringIO]:
    """All that the process says, at the finest level; loggers that were used before forget their level."""
    said = io.StringIO()
    configure_logging(level="DEBUG", as_json=True)
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(said)
    _forget_levels()
    yield said
    configure_logging(level=settings().log_level, as_json=settings().log_json)
    _forget_levels()


def _forget_levels() -> None:
    for module in list(sys.modules.values()):
        logger = getattr(module, "log", None)
        if isinstance(logger, BoundLoggerLazyProxy):
            logger.__dict__.pop("bind", None)


def tell_story(hub: Hub) -> str:
    """The card comes from 1C, its owner signs in, looks around, errs; staff look for her. Gives the code."""
    person = {
        "surname": SURNAME,
        "name": NAME,
        "patronymic": FATHER_NAME,
        "phone": f"8{PHONE}",
        "email": EMAIL,
        "birth_date": BIRTH,
    }
    card = patient_event()
    hub.push_and_drain({**card, "patient": {**card["patient"], **person}})
    broken = patient_event(ref=str(new_id()))
    hub.push_and_drain({**broken, "patient": {**person, "ref": "not a reference", "birth_date": "вчера"}})
    hub.http.post(
        "/api/1c/v1/events", content=f'{{"patient": {{"phone": "{PHONE}",'.encode(), headers=hub.onec
    )
    hub.http.post("/api/auth/token", json={"phone": f"+7{PHONE}", "code": "000000"})
    hub.http.post("/api/auth/code", json={"phone": f"+7{PHONE}"})
    code = hub.read_code()
    entered = hub.http.post("/api/auth/token", json={"phone": f"+7{PHONE}", "code": code})
    assert entered.status_code == 200, entered.text
    me = bearer(entered.json()["access_token"])
    assert SURNAME in hub.http.get("/api/me", headers=me).text
    for path in ("/api/loyalty/balance/me", "/api/loyalty/transactions/me", "/api/me/devices"):
        assert hub.http.get(path, headers=me).status_code == 200
    hub.http.post("/api/auth/password", json={"login": EMAIL, "password": f"{SURNAME}-{PHONE}"})
    admin = hub.staff("admin")
    for q in (SURNAME, f"+7{PHONE}", EMAIL):
        hub.http.get("/api/admin/patients", headers=admin, params={"q": q})
    events = hub.http.get("/api/admin/events", headers=admin).json()["items"]
    for event in events:
        hub.http.get(f"/api/admin/events/{event['id']}", headers=admin)
    return code


def test_the_search_finds_a_value_in_each_of_its_spellings() -> None:
    for value in PLANTED:
        for how, spelling in spellings(value).items():
            assert find(b"x" * 300 + spelling + b"x" * 300, [value]), (value, how)


def test_a_patients_story_leaves_nothing_in_the_log_or_in_a_dump(
    clean: Servers, hub: Hub, log: io.StringIO
) -> None:
    code = tell_story(hub)
    logging.getLogger("a.strangers.library").error("could not reach +7%s for %s", PHONE, EMAIL)
    structlog.get_logger("hub.of_ours").debug("person_found", phone=f"+7{PHONE}", note=f"{EMAIL} called")
    said = log.getvalue().encode()
    # A stranger's line and one of ours, at the finest level: the scan looks at all that is said.
    assert b"could not reach" in said
    assert b"person_found" in said
    assert find(said, PLANTED) == []
    assert not re.search(rb"(?<![\w-])" + code.encode() + rb"(?![\w-])", said)
    kept = dump(clean)
    assert str(hub.maria_id).encode() in kept
    assert find(kept, PLANTED) == []
    assert not re.search(rb"(?<![\w.-])" + code.encode() + rb"(?![\w.-])", kept)
