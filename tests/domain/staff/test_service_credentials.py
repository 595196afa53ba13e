import pytest
from sqlalchemy import text

from hub.db.transaction import transaction
from hub.domain.clinics.adding import add_infobase
from hub.domain.staff.adding import add_credential
from hub.domain.staff.permissions import Role
from hub.domain.staff.queries import ServiceCredential, list_credentials
from hub.domain.staff.rotating import begin_rotation, finish_rotation
from hub.kernel.errors import FieldInvalidError, NotFoundError

pytestmark = pytest.mark.usefixtures("clean")
SECRET = "demo-umc-secret"


def add_umc() -> None:
    with transaction() as session:
        add_infobase(session, code="umc_corp", name="УМЦ")
        add_credential(
            session, login="umc_corp", secret=SECRET, infobase="umc_corp", signing_secret="signing-secret"
        )


def read_umc() -> ServiceCredential:
    with transaction() as session:
        return list_credentials(session)[0]


def test_a_credential_accepts_its_secret_and_no_other() -> None:
    add_umc()
    credential = read_umc()
    assert (credential.login, credential.infobase, credential.roles) == (
        "umc_corp",
        "umc_corp",
        (Role.SERVICE,),
    )
    assert credential.accepts(SECRET)
    assert not credential.accepts(SECRET + "x")
    assert not credential.accepts("")
    assert credential.signing_secret == b"signing-secret"
    assert "signing-secret" not in repr(credential)


def test_adding_again_keeps_one_credential_and_takes_the_new_values() -> None:
    add_umc()
    with transaction() as session:
        first, second = (
            add_credential(session, login="umc_corp", secret="another-umc-secret", infobase="umc_corp")
            for _ in range(2)
        )
    assert first == second
    assert read_umc().accepts("another-umc-secret")
    assert not read_umc().accepts(SECRET)


def test_two_secrets_are_valid_while_one_replaces_the_other() -> None:
    add_umc()
    with transaction() as session:
        begin_rotation(session, login="umc_corp", secret="the-next-secret")
    assert read_umc().accepts(SECRET)
    assert read_umc().accepts("the-next-secret")
    with transaction() as session:
        finish_rotation(session, login="umc_corp")
    assert read_umc().accepts("the-next-secret")
    assert not read_umc().accepts(SECRET)
    with transaction() as session, pytest.raises(NotFoundError):
        finish_rotation(session, login="umc_corp")


def test_what_is_switched_off_is_not_listed() -> None:
    add_umc()
    with transaction() as session:
        session.execute(text("UPDATE infobase SET is_active = false"))
        assert list_credentials(session) == []
        session.execute(text("UPDATE infobase SET is_active = true"))
        session.execute(text("UPDATE service_credential SET is_active = false"))
        assert list_credentials(session) == []


def test_a_signature_is_required_when_the_infobase_says_so() -> None:
    add_umc()
    assert not read_umc().is_signature_required
    with transaction() as session:
        session.execute(text("UPDATE infobase SET is_signature_required = true"))
    assert read_umc().is_signature_required


def test_weak_or_contradictory_credentials_are_refused() -> None:
    with transaction() as session:
        with pytest.raises(FieldInvalidError):
            add_credential(session, login="x", secret="short", infobase=None)
        with pytest.raises(FieldInvalidError):
            add_credential(session, login="x", secret=SECRET, infobase=None, is_signature_required=True)
        with pytest.raises(FieldInvalidError):
            begin_rotation(session, login="x", secret="short")
        with pytest.raises(NotFoundError):
            begin_rotation(session, login="x", secret="the-next-secret")


def test_no_secret_or_name_is_stored_in_clear() -> None:
    add_umc()
    with transaction() as session:
        row = session.execute(text("SELECT * FROM service_credential")).one()
        stored = b" ".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
    assert SECRET.encode() not in stored
    assert b"signing-secret" not in stored
