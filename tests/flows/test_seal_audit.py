"""The clock chains the trail, signs its end and carries it outside; doubled, it changes nothing."""

from collections.abc import Generator
from pathlib import Path

import pytest

from hub.audit.heads import FILE_NAME, read_heads
from hub.audit.trail import Action, record_action
from hub.db.transaction import transaction
from hub.flows import seal_audit
from hub.kernel import settings as configuration
from hub.taskqueue.names import TaskName
from tests.conftest import Servers
from tests.inbox.arrivals import rows
from tools.hub.__main__ import main
from workers.app import app

Counts = dict[str, int]


def seal_trail() -> Counts:
    told: Counts = app.tasks[TaskName.SEAL_AUDIT].run("")
    return told


def sign_trail() -> Counts:
    told: Counts = app.tasks[TaskName.SIGN_AUDIT].run("")
    return told


@pytest.fixture
def folder(tmp_path: Path, clean: Servers) -> Generator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUB_AUDIT_DIR", str(tmp_path / "heads"))
        configuration.settings.cache_clear()
        yield tmp_path / "heads"
    configuration.settings.cache_clear()


def record(count: int) -> None:
    with transaction() as session:
        record_action(session, *(Action("staff:1", "a.b", "c", str(number)) for number in range(count)))


def exported(servers: Servers) -> list[int]:
    found = rows(servers, "SELECT seq FROM audit_head WHERE exported_at IS NOT NULL ORDER BY seq")
    return [row["seq"] for row in found]


def test_the_trail_is_chained_signed_and_carried_outside(clean: Servers, folder: Path) -> None:
    record(3)
    assert seal_trail() == {"done": 3, "more": 0}
    assert sign_trail() == {"heads": 1}
    record(2)
    seal_trail()
    assert [sign_trail(), sign_trail()] == [{"heads": 1}, {"heads": 0}]
    assert [head.seq for head in read_heads(folder / FILE_NAME)] == exported(clean) == [3, 5]
    assert main(["audit", "verify"]) == 0


def test_a_disk_that_is_full_loses_no_head(
    clean: Servers, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError

    record(1)
    seal_trail()
    with monkeypatch.context() as patch:
        patch.setattr(seal_audit, "append_heads", refuse)
        with pytest.raises(OSError):  # noqa: PT011  # as bare as the disk's own
            sign_trail()
    assert exported(clean) == []
    assert sign_trail() == {"heads": 1}
    assert [head.seq for head in read_heads(folder / FILE_NAME)] == exported(clean) == [1]


@pytest.mark.usefixtures("clean")
def test_without_a_folder_heads_stay_in_the_database() -> None:
    record(1)
    seal_trail()
    assert sign_trail() == {"heads": 0}
    assert main(["audit", "verify"]) == 0


def test_a_full_batch_asks_for_the_next_one(clean: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal_audit, "BATCH_MAX", 2)
    record(3)
    assert [seal_trail(), seal_trail()] == [{"done": 2, "more": 1}, {"done": 1, "more": 0}]
