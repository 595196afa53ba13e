"""Demo content: `python -m tools.seed`. A small believable chain, its staff, its 1C base, five patients.

Safe to run again. Refuses in production: every password in here is public.
"""

import sys
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy.orm import Session

from hub.contracts.facts import DocumentStamp, PatientSnapshot
from hub.db.transaction import transaction
from hub.domain.clinics.adding import add_clinic, add_infobase
from hub.domain.notifications.preferences import Preferences, choose_preferences, find_preferences
from hub.domain.patients.queries import find_patients_by_ref
from hub.domain.staff.adding import add_credential, add_staff
from hub.domain.staff.permissions import Role
from hub.domain.staff.portal import link, list_known
from hub.domain.staff.queries import find_staff_id
from hub.flows.patient_upserted import record_cards
from hub.flows.watch import check_ledger
from hub.kernel.settings import settings

INFOBASE = "umc_corp"
INFOBASE_SECRET = "demo-umc-secret"  # noqa: S105  # public on purpose, refused in production
CLINICS = (
    ("main", "Клиника на Тверской", "Europe/Moscow", UUID("f679444a-22b7-11df-8618-002618dcef2c")),
    ("ural", "Клиника на Малышева", "Asia/Yekaterinburg", UUID("3b1f0c52-9d0e-11e6-80d4-00155d0a2c07")),
)
STAFF = (
    ("admin", "Администратор", Role.ADMIN),
    ("cashier", "Кассир", Role.CASHIER),
    ("senior", "Старший кассир", Role.SENIOR_CASHIER),
    ("marketer", "Маркетолог", Role.MARKETER),
    ("accountant", "Бухгалтер", Role.ACCOUNTANT),
    ("auditor", "Аудитор", Role.AUDITOR),
)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
"""Older than anything a base may tell about these cards, so that it always wins."""


@dataclass(frozen=True, slots=True)
class DemoPatient:
    """A quiet patient: no visits until somebody sends one."""

    ref: UUID
    code: str
    surname: str
    first_name: str
    father_name: str
    birth_date: date
    phone: str
    card_code: str
    email: str


PATIENTS = (
    DemoPatient(
        UUID("92c7ea9d-2cab-11e4-9f84-1078d2d69bb4"),
        "000012345",
        "Иванова",
        "Мария",
        "",
        date(1990, 2, 14),
        "+79000000001",
        "ML-7K2Q-91XC",
        "maria@example.org",
    ),
    DemoPatient(
        UUID("92c7ea9d-2cab-11e4-9f84-1078d2d69b02"),
        "000012346",
        "Соколов",
        "Андрей",
        "Викторович",
        date(1984, 9, 3),
        "+79000000002",
        "ML-3D8T-44PA",
        "andrey@example.org",
    ),
    DemoPatient(
        UUID("92c7ea9d-2cab-11e4-9f84-1078d2d69b03"),
        "000012347",
        "Ёлкина",
        "Вера",
        "Павловна",
        date(1971, 12, 30),
        "+79000000003",
        "ML-9WQ2-70KE",
        "vera@example.org",
    ),
    DemoPatient(
        UUID("92c7ea9d-2cab-11e4-9f84-1078d2d69b04"),
        "000012348",
        "Орлова",
        "Дарья",
        "Игоревна",
        date(1996, 6, 18),
        "+79000000004",
        "ML-5MNB-18RS",
        "darya@example.org",
    ),
    DemoPatient(
        UUID("92c7ea9d-2cab-11e4-9f84-1078d2d69b05"),
        "000012349",
        "Орлов",
        "Кирилл",
        "Денисович",
        date(2016, 4, 5),
        "+79000000004",
        "ML-6HJT-52CD",
        "kirill@example.org",
    ),
)
"""The last two are a mother and her son on one phone: a family to choose from at sign-in."""


PORTAL_STAFF = {1: "admin", 2: "cashier", 3: "accountant"}
"""Employees of the sandbox portal by their number there."""


def main() -> None:
    """Write the demo content, each part in its own transaction."""
    if not settings().is_demo:
        sys.exit("Демо-данные не для production. / Demo data is not for production (HUB_ENV).")
    with transaction() as session:
        add_infobase(session, code=INFOBASE, name="УМЦ КОРП (демо)")
        add_credential(session, login=INFOBASE, secret=INFOBASE_SECRET, infobase=INFOBASE)
        for code, name, timezone, ref in CLINICS:
            add_clinic(session, code=code, name=name, timezone=timezone, refs={INFOBASE: ref})
        for login, name, role in STAFF:
            add_staff(session, login=login, name=name, roles=[role], password=f"demo-{login}")
        _link_portal(session)
    with transaction() as session:
        record_cards(session, [_card(patient) for patient in PATIENTS])
        _let_ring_at_night(session)
        check_ledger(session)
    print("Демо-данные на месте.")


def _link_portal(session: Session) -> None:
    """Let three employees of the sandbox portal in; the others are new there and have no role yet."""
    member_id = settings().bitrix24_member_id
    for portal_user_id, login in (PORTAL_STAFF if member_id else {}).items():
        staff_id = find_staff_id(session, login)
        if member_id and staff_id and portal_user_id not in list_known(session, member_id=member_id):
            link(session, member_id=member_id, portal_user_id=portal_user_id, staff_id=staff_id)


def _let_ring_at_night(session: Session) -> None:
    """Nobody sleeps in the demo: a text of a visit comes at any hour. Who chose since is left alone."""
    refs = {patient.ref for patient in PATIENTS}
    known = find_preferences(session, set(find_patients_by_ref(session, INFOBASE, refs).values()))
    for patient_id, chosen in known.items():
        if chosen == Preferences():
            choose_preferences(session, patient_id, replace(chosen, quiet=None))


def _card(patient: DemoPatient) -> PatientSnapshot:
    return PatientSnapshot(
        stamp=DocumentStamp(
            infobase=INFOBASE,
            object_type="Catalog.Клиенты",
            ref=patient.ref,
            number=patient.code,
            data_version="",
            content_hash=sha256(repr(patient).encode()).digest(),
            message_no=None,
            occurred_at=LONG_AGO,
            is_live=True,
        ),
        code=patient.code,
        surname=patient.surname,
        first_name=patient.first_name,
        father_name=patient.father_name,
        birth_date=patient.birth_date,
        phone=patient.phone,
        email=patient.email,
        card_code=patient.card_code,
        referral_code="",
        merged_into_ref=None,
        consents=(),
    )


if __name__ == "__main__":
    main()
