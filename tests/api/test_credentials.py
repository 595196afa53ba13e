"""The credentials in memory."""

import pytest

from api.credentials import Credentials
from hub.db.transaction import transaction
from hub.domain.staff.rotating import begin_rotation, finish_rotation
from hub.kernel.errors import BusyError
from tests.api.conftest import Hub
from tools import seed


def test_before_the_first_load_services_are_told_to_come_back(hub: Hub) -> None:
    unloaded = Credentials()
    with pytest.raises(BusyError):
        unloaded.find_by_login(seed.INFOBASE, seed.INFOBASE_SECRET)
    with pytest.raises(BusyError):
        unloaded.find_by_secret(seed.INFOBASE_SECRET)


def test_the_former_credentials_stay_while_the_database_is_away(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise BusyError(resource="database")

    credentials = Credentials()
    assert credentials.reload()
    monkeypatch.setattr("api.credentials.transaction", fail)
    assert not credentials.reload()
    assert credentials.find_by_secret(seed.INFOBASE_SECRET) is not None


def test_both_secrets_are_valid_while_one_is_being_rolled_out(hub: Hub) -> None:
    credentials = Credentials()
    with transaction() as session:
        begin_rotation(session, login=seed.INFOBASE, secret="the-next-secret-of-tests")
    credentials.reload()
    assert credentials.find_by_login(seed.INFOBASE, seed.INFOBASE_SECRET)
    assert credentials.find_by_login(seed.INFOBASE, "the-next-secret-of-tests")
    with transaction() as session:
        finish_rotation(session, login=seed.INFOBASE)
    credentials.reload()
    assert credentials.find_by_login(seed.INFOBASE, seed.INFOBASE_SECRET) is None


def test_no_secret_shows_in_what_might_be_logged(hub: Hub) -> None:
    credentials = Credentials()
    credentials.reload()
    assert seed.INFOBASE_SECRET not in repr(credentials.find_by_secret(seed.INFOBASE_SECRET))
