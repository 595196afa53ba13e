import itertools
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DataError

from hub.contracts.facts import PatientSnapshot
from hub.db.engine import engine
from hub.db.transaction import transaction
from hub.domain.patients.models import PatientStatus
from hub.domain.patients.queries import Profile, get_patient
from hub.domain.patients.recording import record_patients
from hub.domain.patients.rules import Outcome
from tests.domain.patients.cards import (
    MARIA,
    MORNING,
    OTHER,
    PHONE,
    bare_card,
    card,
    consent,
    count,
    patient_id_of,
    record,
)

pytestmark = pytest.mark.usefixtures("clean")


def read(patient_id: UUID) -> Profile:
    with transaction() as session:
        return get_patient(session, patient_id)


def test_a_card_nobody_knew_makes_a_patient() -> None:
    (recorded,) = record(card())
    assert (recorded.outcome, recorded.is_new) == (Outcome.APPLIED, True)
    profile = read(patient_id_of(recorded))
    assert profile.personal.full_name() == "Иванова Мария Петровна"
    assert profile.personal.birth_date == date(1990, 2, 14)
    assert (profile.personal.phone, profile.personal.email) == (PHONE, "maria@example.org")
    assert (profile.card_code, profile.status) == ("ML-7K2Q-91XC", PatientStatus.ACTIVE)


def test_nothing_in_means_nothing_done() -> None:
    assert record() == []


def test_the_same_card_again_is_a_duplicate() -> None:
    (first,) = record(card(no=1))
    again, renumbered, newer_version = record(card(no=1), card(no=7), card(no=8, data_version="AAAB"))
    assert {one.outcome for one in (again, renumbered, newer_version)} == {Outcome.DUPLICATE}
    assert {one.patient_id for one in (again, renumbered, newer_version)} == {first.patient_id}
    assert not any(one.is_new for one in (again, renumbered, newer_version))
    assert read(patient_id_of(first)).version == 1


def test_an_edit_that_kept_its_data_version_is_not_lost() -> None:
    record(card(data_version="AAAA"))
    (edited,) = record(card(no=2, data_version="AAAA", surname="Петрова"))
    assert edited.outcome is Outcome.APPLIED


def test_an_older_card_is_stale_by_number_and_by_time_when_there_is_no_number() -> None:
    (first,) = record(card(no=5))
    (older,) = record(card(no=4, surname="Старая", occurred_at=MORNING + timedelta(days=9)))
    assert (older.outcome, older.patient_id) == (Outcome.STALE, first.patient_id)
    (earlier,) = record(card(no=None, surname="Старая", occurred_at=MORNING - timedelta(days=1)))
    assert earlier.outcome is Outcome.STALE
    (later,) = record(card(no=None, surname="Новая", occurred_at=MORNING + timedelta(days=10)))
    assert later.outcome is Outcome.APPLIED
    assert read(patient_id_of(first)).personal.surname == "Новая"


def test_what_came_before_a_repetition_is_stale_after_it() -> None:
    record(card(no=1))
    record(card(no=3))
    (between,) = record(card(no=2, surname="Петрова"))
    assert between.outcome is Outcome.STALE


def test_every_order_of_versions_ends_in_the_last_one() -> None:
    for order in itertools.permutations(range(1, 5)):
        ref = uuid4()
        mine = [card(ref, no=number, surname=f"Версия{number}", card_code="", phone=None) for number in order]
        recorded = record(*mine)
        assert len({one.patient_id for one in recorded}) == 1
        assert read(patient_id_of(recorded[0])).personal.surname == "Версия4"


def test_an_empty_field_wipes_nothing_and_a_known_one_replaces() -> None:
    (first,) = record(card())
    record(bare_card(MARIA, no=2, first_name="Марья", phone="+79000000002"))
    profile = read(patient_id_of(first))
    assert profile.personal.full_name() == "Иванова Марья Петровна"
    assert (profile.personal.phone, profile.personal.email) == ("+79000000002", "maria@example.org")
    assert profile.card_code == "ML-7K2Q-91XC"
    assert profile.version == 2


def test_the_first_referral_code_stays() -> None:
    (first,) = record(card(referral_code="ref-8h2kq"))
    record(card(no=2, referral_code="REF-OTHER"))
    with transaction() as session:
        used = session.scalar(
            text("SELECT referral_code_used FROM patient WHERE id = :id"), {"id": first.patient_id}
        )
    assert used == "REF-8H2KQ"


def test_a_deletion_mark_freezes_and_erases_nothing_until_the_card_is_live_again() -> None:
    (first,) = record(card())
    record(bare_card(MARIA, no=2, is_live=False))
    frozen = read(patient_id_of(first))
    assert frozen.status is PatientStatus.FROZEN
    assert frozen.personal.full_name() == "Иванова Мария Петровна"
    record(card(no=3))
    assert read(patient_id_of(first)).status is PatientStatus.ACTIVE


def test_a_patient_with_another_live_card_is_not_frozen() -> None:
    first, _ = record(card(), card(OTHER))
    record(card(no=2, is_live=False))
    assert read(patient_id_of(first)).status is PatientStatus.ACTIVE


def test_a_consent_is_kept_once_and_never_changed() -> None:
    no = consent(at=MORNING + timedelta(days=1), is_granted=False)
    (first,) = record(card(consents=(consent(),)))
    record(card(no=2, consents=(consent(), no)))
    with transaction() as session:
        rows = session.execute(text("SELECT patient_id, is_granted, source FROM consent ORDER BY at")).all()
    assert [tuple(row) for row in rows] == [
        (first.patient_id, True, "onec:umc_corp"),
        (first.patient_id, False, "onec:umc_corp"),
    ]


def test_the_number_of_statements_does_not_grow_with_the_batch() -> None:
    def statements(cards: list[PatientSnapshot]) -> int:
        seen: list[str] = []

        def note(*args: object) -> None:
            seen.append(str(args[2]))

        event.listen(engine(), "before_cursor_execute", note)
        try:
            record(*cards)
        finally:
            event.remove(engine(), "before_cursor_execute", note)
        return len(seen)

    def batch(size: int) -> list[PatientSnapshot]:
        return [
            card(uuid4(), card_code=f"S-{uuid4()}", phone=None, consents=(consent(),)) for _ in range(size)
        ]

    assert statements(batch(1)) == statements(batch(100))


def test_a_failed_batch_leaves_nothing() -> None:
    with pytest.raises(DataError), transaction() as session:
        record_patients(session, [card(), card(OTHER, code="\x00")])
    assert (count("patient"), count("external_identity")) == (0, 0)


def test_no_personal_value_is_stored_or_logged_or_shown_in_clear(capfd: pytest.CaptureFixture[str]) -> None:
    (first,) = record(card(consents=(consent(),)))
    record(card(OTHER, first_name="Пётр", birth_date=date(2015, 7, 1)))
    profile = read(patient_id_of(first))
    secrets = ["Иванова", "иванова", "Мария", "Пётр", "Петровна", "9000000001", "aria@", "1990-02"]
    with transaction() as session:
        tables = ["patient", "external_identity", "consent"]
        stored = [
            value if isinstance(value, bytes) else str(value).encode()
            for table in tables
            for row in session.execute(text(f"SELECT * FROM {table}"))  # noqa: S608  # our own names
            for value in row
        ]
    seen = [*stored, repr(profile).encode(), repr(profile.personal).encode(), capfd.readouterr().out.encode()]
    assert len(stored) > 40
    for secret in secrets:
        assert not any(secret.encode() in value for value in seen), secret
