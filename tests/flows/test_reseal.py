"""A new key takes over everything that is sealed, and the former one may then be thrown away."""

from collections.abc import Generator
from datetime import UTC, date, datetime
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import LargeBinary, select

from hub.audit.notes import open_notes
from hub.audit.trail import Action, record_action
from hub.db.engine import engine
from hub.db.transaction import transaction
from hub.domain.patients.models import Patient
from hub.domain.patients.personal import SEALED_COLUMNS, Personal, open_personal, seal_personal
from hub.domain.staff.adding import add_staff
from hub.domain.staff.permissions import Role
from hub.domain.staff.queries import find_staff
from hub.flows.reseal import count_by_key, reseal_batch
from hub.flows.sealed_columns import SEALED
from hub.inbox.claims import claim_batch
from hub.kernel import clock
from hub.kernel import settings as configuration
from hub.kernel.settings import vault
from hub.mapping import metadata
from tests.conftest import Servers, random_key
from tests.inbox.arrivals import QUEUE, arrival, keep, rows
from tools.hub.__main__ import main

NOT_SEALED = {
    *("audit_head.hash", "audit_head.signature", "audit_link.hash", "consent.text_hash"),
    *("enrolment.token_hash", "idempotency_record.request_hash", "inbox_body.sha256"),
    *("inbox_event.dedup_key", "ledger_entry.request_hash", "one_time_code.code_hash"),
    *("one_time_code.phone_index", "outbox_delivery.recipient_index", "patient.email_index"),
    *("patient.phone_birth_index", "patient.phone_index", "patient.surname_index"),
    *("mail_token.email_index", "mail_token.token_hash", "patient_login.email_index"),
    *("place_failure.login_index", "place_failure.place_index", "recovery_code.code_hash"),
    *("patient.surname_prefix_index", "external_identity.content_hash", "refresh_token.token_hash"),
    *("visit_refund.content_hash", "service_credential.secret_hash"),
    *("service_credential.secret_hash_next", "sign_in_failure.login_index", "visit.content_hash"),
}
"""Hashes, keyed indexes and signatures: bytes that no key of data opens."""
ANNA = Personal(
    surname="Крылова",
    first_name="Анна",
    father_name="Петровна",
    birth_date=date(1988, 3, 9),
    phone="+79001112233",
    email="krylova@example.org",
)
OLD_KEY, NEW_KEY = random_key(), random_key()


def use_keys(patch: pytest.MonkeyPatch, keys: str) -> None:
    patch.setenv("HUB_DATA_KEYS", keys)
    configuration.settings.cache_clear()
    configuration.vault.cache_clear()


@pytest.fixture
def keys(clean: Servers) -> Generator[pytest.MonkeyPatch]:
    """The former key is in use."""
    with pytest.MonkeyPatch.context() as patch:
        use_keys(patch, f"old:{OLD_KEY}")
        yield patch
    configuration.settings.cache_clear()
    configuration.vault.cache_clear()
    engine().dispose()
    engine.cache_clear()


def fill(servers: Servers) -> tuple[UUID, UUID]:
    """A patient with an address of consent, a colleague, a note and a body; gives the first two."""
    patient_id = UUID(int=7)
    with transaction() as session:
        at = clock.now()
        session.add(
            Patient(
                id=patient_id,
                **seal_personal(patient_id, ANNA),
                source="onec",
                created_at=at,
                updated_at=at,
            )
        )
        staff_id = add_staff(session, login="vera", name="Вера Ильина", roles=[Role.CASHIER], password=None)
        record_action(session, Action("staff:1", "a.b", "c", "d", reason="Звонила мама"))
    keep(*(arrival(content=f"body {number}".encode()) for number in range(5)))
    address = vault().seal(b"203.0.113.9", context=f"consent:{patient_id}:address")
    with psycopg.connect(servers.superuser_conninfo) as connection:
        connection.execute(
            "INSERT INTO consent (patient_id, purpose, is_granted, at, doc_version, source, address)"
            " VALUES (%s, 'marketing', true, %s, '1', 'cabinet', %s)",
            [patient_id, datetime(2026, 1, 1, tzinfo=UTC), address],
        )
    return patient_id, staff_id


def seals() -> dict[str, dict[str, int]]:
    with transaction() as session:
        return {sealed.name: counts for sealed in SEALED if (counts := count_by_key(session, sealed))}


@pytest.mark.usefixtures("clean")
def test_every_column_of_bytes_is_sealed_and_listed_or_known_to_be_no_secret() -> None:
    columns = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    listed = {sealed.name for sealed in SEALED}
    assert listed | NOT_SEALED == columns
    assert not listed & NOT_SEALED


def test_after_a_rotation_the_former_key_is_needed_no_more(
    clean: Servers, keys: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    patient_id, staff_id = fill(clean)
    before = seals()
    assert {key for counts in before.values() for key in counts} == {"old"}
    use_keys(keys, f"new:{NEW_KEY},old:{OLD_KEY}")
    assert main(["keys", "rotate", "--batch", "2"]) == 0
    assert "inbox_body.sealed: 4" in capsys.readouterr().out
    assert seals() == {name: {"new": counts["old"]} for name, counts in before.items()}
    use_keys(keys, f"new:{NEW_KEY}")
    with transaction() as session:
        row = session.scalars(select(Patient).where(Patient.id == patient_id)).one()
        assert open_personal(patient_id, {name: getattr(row, name) for name in SEALED_COLUMNS}) == ANNA
        colleague = find_staff(session, staff_id)
        assert colleague is not None
        assert colleague.name == "Вера Ильина"
        assert list(open_notes(session, _noted(clean)).values()) == ["Звонила мама"]
        told = claim_batch(session, queue=QUEUE, worker="w").events
    assert sorted(claim.content or b"" for claim in told) == [
        f"body {number}".encode() for number in range(5)
    ]
    assert main(["keys", "rotate"]) == 0
    assert "sealed anew 0" in capsys.readouterr().out


def test_a_rotation_that_was_cut_goes_on_where_it_ended(clean: Servers, keys: pytest.MonkeyPatch) -> None:
    fill(clean)
    use_keys(keys, f"new:{NEW_KEY},old:{OLD_KEY}")
    [bodies] = [sealed for sealed in SEALED if sealed.name == "inbox_body.sealed"]
    with psycopg.connect(clean.superuser_conninfo) as connection:
        connection.execute("GRANT UPDATE ON inbox_body TO hub_app")
    try:
        with transaction() as session:
            assert reseal_batch(session, bodies, after=None, limit=2).done == 2
        with transaction() as session:
            assert count_by_key(session, bodies) == {"new": 2, "old": 3}
        with transaction() as session:
            assert reseal_batch(session, bodies, after=None, limit=10).done == 3
    finally:
        with psycopg.connect(clean.superuser_conninfo) as connection:
            connection.execute("REVOKE UPDATE ON inbox_body FROM hub_app")


def test_what_no_key_opens_is_counted_and_left_as_it_is(
    clean: Servers, keys: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(clean)
    use_keys(keys, f"new:{NEW_KEY}")
    before = seals()
    assert main(["keys", "rotate"]) == 1
    assert f"unopened {sum(counts['old'] for counts in before.values())}" in capsys.readouterr().out
    assert seals() == before


def test_the_guard_of_consents_is_awake_again_after_a_rotation(
    clean: Servers, keys: pytest.MonkeyPatch
) -> None:
    fill(clean)
    use_keys(keys, f"new:{NEW_KEY},old:{OLD_KEY}")
    assert main(["keys", "rotate"]) == 0
    owner = clean.postgres.url("hub_owner").replace("+psycopg", "", 1)
    with psycopg.connect(owner) as connection, pytest.raises(psycopg.Error, match="append-only"):
        connection.execute("UPDATE consent SET is_granted = false")


def test_the_status_names_keys_that_may_go(
    clean: Servers, keys: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(clean)
    use_keys(keys, f"new:{NEW_KEY},old:{OLD_KEY}")
    assert main(["keys", "status"]) == 0
    assert "needed no more: —" in capsys.readouterr().out
    main(["keys", "rotate"])
    capsys.readouterr()
    assert main(["keys", "status"]) == 0
    told = capsys.readouterr().out
    assert "staff.name: new 1" in told
    assert "needed no more: old" in told


def _noted(servers: Servers) -> list[int]:
    return [row["record_id"] for row in rows(servers, "SELECT record_id FROM audit_note")]
