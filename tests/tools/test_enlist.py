"""A real installation gets its first people and places by one command each."""

from uuid import UUID

import pytest
from sqlalchemy import select

from hub.audit.models import AuditRecord
from hub.db.transaction import transaction
from hub.domain.clinics.queries import find_clinics_by_ref, get_infobase
from hub.domain.staff.authentication import verify_password
from hub.domain.staff.portal import list_working
from hub.domain.staff.queries import StaffIdentity, list_credentials
from hub.kernel.settings import settings
from tests.conftest import Servers
from tools.enlist import main

CLINIC = "f679444a-22b7-11df-8618-002618dcef2c"


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    main(words)
    return capsys.readouterr().out.strip()


def test_a_member_of_staff_gets_a_password_that_works_once_shown(
    clean: Servers, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("staff", "--login", "Anna", "--name", "Анна", "--role", "admin", "--role", "cashier")
    password = told(capsys, *words).rsplit(" ", 1)[1]
    with transaction() as session:
        identity = verify_password(session, "anna", password)
    assert isinstance(identity, StaffIdentity)
    assert {role.value for role in identity.roles} == {"admin", "cashier"}
    assert "known already" in told(capsys, *words)
    with transaction() as session:
        assert isinstance(verify_password(session, "anna", password), StaffIdentity)


def test_a_1c_base_gets_a_secret_that_stays_on_repetition(
    clean: Servers, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("infobase", "--code", "umc_corp", "--name", "УМЦ", "--timezone", "Asia/Omsk")
    secret = told(capsys, *words).rsplit(" ", 1)[1]
    assert "stays" in told(capsys, *words)
    with transaction() as session:
        [credential] = list_credentials(session)
        assert credential.accepts(secret)
        assert credential.infobase == "umc_corp"


def test_a_clinic_needs_a_known_base(clean: Servers, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("clinic", "--code", "main", "--name", "Главная", "--infobase", "umc_corp", "--ref", CLINIC)
    with pytest.raises(SystemExit, match="not-found"):
        main(words)
    told(capsys, "infobase", "--code", "umc_corp", "--name", "УМЦ")
    told(capsys, *words)
    with transaction() as session:
        assert find_clinics_by_ref(session, "umc_corp", [UUID(CLINIC)])[UUID(CLINIC)].code == "main"


def test_every_enlisting_is_in_the_audit_trail_without_secrets(
    clean: Servers, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = told(capsys, "infobase", "--code", "umc_corp", "--name", "УМЦ").rsplit(" ", 1)[1]
    told(capsys, "staff", "--login", "olga", "--name", "Ольга", "--role", "auditor")
    with transaction() as session:
        records = session.scalars(select(AuditRecord).order_by(AuditRecord.id)).all()
        assert [(record.actor, record.action) for record in records] == [
            ("console", "infobase.added"),
            ("console", "staff.added"),
        ]
        assert secret not in repr([record.details for record in records])


def test_a_forgotten_password_is_replaced(clean: Servers, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "staff", "--login", "anna", "--name", "Анна", "--role", "admin")
    password = told(capsys, "password", "--login", "Anna").rsplit(" ", 1)[1]
    with transaction() as session:
        assert isinstance(verify_password(session, "anna", password), StaffIdentity)
    with pytest.raises(SystemExit, match="not-found"):
        main(("password", "--login", "nobody"))


def test_a_secret_changes_without_an_hour_of_refusals(
    clean: Servers, capsys: pytest.CaptureFixture[str]
) -> None:
    first = told(capsys, "infobase", "--code", "umc_corp", "--name", "УМЦ").rsplit(" ", 1)[1]
    second = told(capsys, "secret", "--code", "umc_corp").rsplit(" ", 1)[1]
    assert accepted(first, second) == [True, True]
    told(capsys, "secret", "--code", "umc_corp", "--finish")
    assert accepted(first, second) == [False, True]
    with pytest.raises(SystemExit, match="not-found"):
        main(("secret", "--code", "umc_corp", "--finish"))


def test_a_base_begins_to_number_anew(clean: Servers, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "infobase", "--code", "umc_corp", "--name", "УМЦ")
    assert told(capsys, "numbering", "--code", "umc_corp").strip().endswith("(2)")
    with transaction() as session:
        assert get_infobase(session, "umc_corp").numbering == 2
        [last] = session.scalars(select(AuditRecord).order_by(AuditRecord.id.desc()).limit(1)).all()
        assert (last.action, last.object_id) == ("infobase.numbering-restarted", "umc_corp")
    with pytest.raises(SystemExit, match="not-found"):
        main(("numbering", "--code", "nobody"))


def accepted(*secrets: str) -> list[bool]:
    with transaction() as session:
        [credential] = list_credentials(session)
    return [credential.accepts(secret) for secret in secrets]


def test_an_employee_of_the_portal_is_linked_by_number(
    clean: Servers, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = settings().model_copy(update={"bitrix24_member_id": "b" * 32})
    monkeypatch.setattr("tools.enlist.settings", lambda: chosen)
    main(["staff", "--login", "olga", "--name", "Ольга", "--role", "cashier"])
    main(["portal", "--login", "olga", "--number", "7"])
    assert "7" in capsys.readouterr().out
    with transaction() as session:
        assert list_working(session, member_id="b" * 32) == {7}
    with pytest.raises(SystemExit, match="not-found"):
        main(["portal", "--login", "nobody", "--number", "8"])
