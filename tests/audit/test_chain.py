"""What was done cannot be rewritten: each record is chained once, and the first that was changed is named."""

import threading
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from hub.audit.chain import GENESIS, Head, is_signed, sign_head
from hub.audit.heads import (
    FILE_NAME,
    HeadFileDamagedError,
    append_heads,
    list_unexported,
    mark_exported,
    read_heads,
    sign_newest,
)
from hub.audit.sealing import LOOK_BACK, seal_batch
from hub.audit.trail import Action, record_action
from hub.audit.verifying import UNSEALED_FOR, Fault, Wrong, verify
from hub.db.transaction import transaction
from hub.kernel import clock
from tests.conftest import Servers
from tests.inbox.arrivals import rows
from tools.hub.__main__ import main

REWRITE = "UPDATE audit_record SET %s WHERE id = %%s"
LINKS = "SELECT seq, record_id FROM audit_link ORDER BY seq"


def record(count: int, **changes: str) -> None:
    with transaction() as session:
        record_action(
            session,
            *(
                Action("staff:1", "points.accrued", "patient", f"p{number}", {"amount": 500}, **changes)
                for number in range(count)
            ),
        )


def seal(limit: int = 1_000, *, is_full_look: bool = False) -> int:
    with transaction() as session:
        return seal_batch(session, limit=limit, is_full_look=is_full_look)


def sign() -> Head | None:
    with transaction() as session:
        return sign_newest(session)


def find_fault(*exported: Head) -> Fault | None:
    with transaction() as session:
        return verify(session, exported).fault


def tamper(servers: Servers, statement: str, *values: int) -> None:
    """Do as somebody who owns the server would: triggers and keys asleep."""
    with psycopg.connect(servers.superuser_conninfo) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(statement.encode(), values)


def ids(servers: Servers) -> list[int]:
    return [row["id"] for row in rows(servers, "SELECT id FROM audit_record ORDER BY id")]


def test_every_record_becomes_one_link_batch_by_batch(clean: Servers) -> None:
    record(5)
    assert [seal(2), seal(2), seal(2), seal(2)] == [2, 2, 1, 0]
    assert [(row["seq"], row["record_id"]) for row in rows(clean, LINKS)] == list(enumerate(ids(clean), 1))
    assert find_fault() is None


def test_an_empty_trail_is_whole(clean: Servers) -> None:
    assert (seal(), sign(), find_fault()) == (0, None, None)


def test_a_record_that_commits_late_is_sealed_late_and_not_lost(clean: Servers) -> None:
    conninfo = clean.postgres.url("hub_app").replace("+psycopg", "", 1)
    with psycopg.connect(conninfo) as slow:
        slow.execute(
            "INSERT INTO audit_record (actor, action, object_type, object_id, details, correlation_id)"
            " VALUES ('staff:2', 'a.b', 'c', 'd', '{}', 'e')"
        )
        record(2)
        assert seal() == 2
    assert seal() == 1
    late, *early = ids(clean)
    assert [row["record_id"] for row in rows(clean, LINKS)] == [*early, late]
    assert find_fault() is None


def test_writers_and_sealers_together_seal_everything_once(clean: Servers) -> None:
    done = threading.Event()

    def write() -> None:
        for _ in range(15):
            record(7)

    def keep_sealing() -> None:
        while not done.is_set():
            seal(10)

    writers = [threading.Thread(target=write) for _ in range(3)]
    sealers = [threading.Thread(target=keep_sealing) for _ in range(2)]
    for thread in (*writers, *sealers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in sealers:
        thread.join()
    seal()
    linked = [row["record_id"] for row in rows(clean, LINKS)]
    assert sorted(linked) == ids(clean)
    assert len(linked) == 3 * 15 * 7
    assert find_fault() is None


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'staff:9'",
        "details = '{\"amount\": 501}'",
        "before = '{}'",
        "on_behalf_of = 'patient:2'",
        "at = at + interval '1 microsecond'",
        "correlation_id = 'x'",
    ],
)
def test_a_record_that_was_rewritten_is_named(clean: Servers, change: str) -> None:
    record(5)
    seal()
    third = ids(clean)[2]
    tamper(clean, REWRITE % change, third)
    assert find_fault() == Fault(Wrong.RECORD_CHANGED, 3, third)


def test_a_record_or_a_link_that_was_taken_out_is_named(clean: Servers) -> None:
    record(5)
    seal()
    third, fourth = ids(clean)[2:4]
    tamper(clean, "DELETE FROM audit_record WHERE id = %s", fourth)
    assert find_fault() == Fault(Wrong.RECORD_MISSING, 4, fourth)
    tamper(clean, "DELETE FROM audit_link WHERE record_id = %s", third)
    assert find_fault() == Fault(Wrong.LINK_MISSING, 3)


def test_a_tail_that_was_cut_shows_against_the_head_in_the_file(clean: Servers) -> None:
    record(3)
    seal()
    head = sign()
    assert head is not None
    last = ids(clean)[-1]
    tamper(clean, "DELETE FROM audit_head")
    tamper(clean, "DELETE FROM audit_link WHERE record_id = %s", last)
    tamper(clean, "DELETE FROM audit_record WHERE id = %s", last)
    assert find_fault() is None
    assert find_fault(head) == Fault(Wrong.TAIL_MISSING, 3)


def test_a_chain_that_was_hashed_anew_differs_from_its_head(clean: Servers) -> None:
    record(3)
    seal()
    head = sign()
    assert head is not None
    tamper(clean, "UPDATE audit_record SET actor = 'staff:9'")
    tamper(clean, "DELETE FROM audit_link")
    seal(is_full_look=True)
    fault = find_fault(head)
    assert fault is not None
    assert (fault.wrong, fault.seq) == (Wrong.HEAD_DIFFERS, 3)


def test_a_head_that_none_of_our_keys_signed_is_named(clean: Servers) -> None:
    record(2)
    seal()
    head = sign()
    assert head is not None
    for forged in (
        Head(head.seq, head.hash, head.signed_at, head.key_id, bytes(64)),
        Head(head.seq, head.hash, head.signed_at, "of-somebody-else", head.signature),
        Head(head.seq + 5, head.hash, head.signed_at, head.key_id, head.signature),
    ):
        assert not is_signed(forged)
        assert find_fault(forged) == Fault(Wrong.HEAD_FORGED, forged.seq)


def test_a_record_that_nobody_seals_is_named_after_an_hour_and_found_by_a_full_look(clean: Servers) -> None:
    record(3)
    seal()
    first = ids(clean)[0]
    tamper(clean, "DELETE FROM audit_link WHERE seq < 3")
    with clock.frozen(clock.now() + LOOK_BACK + UNSEALED_FOR):
        assert seal() == 0
        tamper(clean, "DELETE FROM audit_link")
        assert find_fault() == Fault(Wrong.RECORD_UNSEALED, 0, first)
        assert seal(is_full_look=True) == 3
        assert find_fault() is None


def test_a_head_is_signed_only_when_the_chain_has_grown_and_is_exported_once(clean: Servers) -> None:
    record(2)
    seal()
    first = sign()
    assert first is not None
    assert sign() is None
    record(1)
    seal()
    second = sign()
    assert second is not None
    with transaction() as session:
        waiting = list_unexported(session)
        mark_exported(session, waiting)
    assert waiting == [first, second]
    with transaction() as session:
        assert list_unexported(session) == []


def test_the_file_gives_back_the_heads_that_went_into_it(tmp_path: Path, clean: Servers) -> None:
    heads = [sign_head(seq, GENESIS, clock.now()) for seq in (1, 2, 3)]
    append_heads(tmp_path / "deep", heads[:1])
    append_heads(tmp_path / "deep", heads[1:])
    path = tmp_path / "deep" / FILE_NAME
    assert list(read_heads(path)) == heads
    assert all(is_signed(head) for head in read_heads(path))
    path.write_text(path.read_text() + '{"seq": 4}\n')
    with pytest.raises(HeadFileDamagedError, match=":4"):
        list(read_heads(path))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_link SET hash = hash",
        "DELETE FROM audit_link",
        "UPDATE audit_head SET hash = hash",
        "DELETE FROM audit_head",
        "UPDATE audit_note SET sealed = sealed",
    ],
)
def test_the_application_may_not_rewrite_chain_heads_or_notes(clean: Servers, statement: str) -> None:
    with pytest.raises(Exception, match="permission denied"), transaction() as session:
        session.execute(text(statement))


def test_the_command_tells_a_whole_trail_from_a_broken_one(
    clean: Servers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(4)
    assert main(["audit", "seal"]) == 0
    head = sign()
    assert head is not None
    append_heads(tmp_path, [head])
    asked = ["audit", "verify", "--heads", str(tmp_path / FILE_NAME)]
    assert main(asked) == 0
    assert "4" in capsys.readouterr().out
    second = ids(clean)[1]
    tamper(clean, "UPDATE audit_record SET action = 'points.stolen' WHERE id = %s", second)
    assert main(asked) == 1
    assert f"record-changed, звено / link 2, запись / record {second}" in capsys.readouterr().out
    assert main([*asked[:-1], str(tmp_path / "lost.jsonl")]) == 1
    with pytest.raises(SystemExit, match="2"):
        main(["audit", "sell"])
