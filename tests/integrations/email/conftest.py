"""One mail stranger for a test file."""

from collections.abc import Iterator

import pytest

from tests.sandbox.mail_stranger import MailStranger, running_mail


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailStranger]:
    with running_mail(tmp_path_factory.mktemp("mail") / "log") as running:
        yield running


@pytest.fixture
def mail(stranger: MailStranger) -> Iterator[MailStranger]:
    """The stranger, healthy before and after."""
    stranger.fault("ok")
    yield stranger
    stranger.fault("ok")
