"""What the base knows before any visit: clinics, services, doctors, patients. The same in every run."""

import datetime as dt
import random
import uuid
import zoneinfo
from dataclasses import dataclass

NAMESPACE = uuid.UUID("6f1d5a8e-0d0b-5c55-9a54-2f6c0c7a1c01")
SAMPLE_PATIENT_REF = "92c7ea9d-2cab-11e4-9f84-1078d2d69bb4"


@dataclass(frozen=True, slots=True)
class Clinic:
    """A branch: a node of the exchange with its own time zone and document prefix."""

    ref: str
    name: str
    tz: str
    node: str
    prefix: str

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """Zone in which this branch writes its naive dates."""
        return zoneinfo.ZoneInfo(self.tz)


@dataclass(frozen=True, slots=True)
class Service:
    """A price-list row. The name is for this sandbox's own page and never leaves it."""

    ref: str
    name: str
    group: str
    price_kopecks: int


@dataclass(frozen=True, slots=True)
class Patient:
    """A row of the catalogue of clients at one version; `phone` is E.164, instants are the first clinic's."""

    ref: str
    code: str
    surname: str
    name: str
    father_name: str
    birthday: dt.date
    phone: str
    card_code: str
    registered_at: dt.datetime
    changed_at: dt.datetime
    version: int
    email: str = ""
    merged_into_ref: str = ""

    @property
    def is_sample(self) -> bool:
        """True for the hub's own demo patient, whom only a button may send to a visit."""
        return self.ref == SAMPLE_PATIENT_REF


def seeded(*parts: object) -> random.Random:
    """Give a generator that repeats itself for the same parts, in any process."""
    return random.Random(":".join(str(part) for part in parts))


def stable_ref(*parts: object) -> str:
    """Give the same reference for the same parts in every run."""
    return str(uuid.uuid5(NAMESPACE, ":".join(str(part) for part in parts)))


CLINICS = (
    Clinic("f679444a-22b7-11df-8618-002618dcef2c", "Клиника на Тверской", "Europe/Moscow", "UMC01", "00ЦК"),
    Clinic(
        "3b1f0c52-9d0e-11e6-80d4-00155d0a2c07", "Клиника на Малышева", "Asia/Yekaterinburg", "UMC02", "00ЕК"
    ),
)

DOCTORS = ("e7005e6d-65c9-11e9-936d-1856809fe650", *(stable_ref("doctor", number) for number in range(2, 10)))

SERVICES = (
    Service("22d1b484-b34b-11de-8171-001583078ee5", "Приём терапевта", "CONSULT", 2_000_00),
    Service("9ab45d77-c599-11e1-818b-80c16e5c9fe3", "Общий анализ крови", "LAB", 450_50),
    *(
        Service(stable_ref("service", name), name, group, price_kopecks)
        for name, group, price_kopecks in (
            ("Приём кардиолога", "CONSULT", 2_600_00),
            ("Приём педиатра", "CONSULT", 2_200_00),
            ("Повторный приём", "CONSULT", 1_450_00),
            ("Биохимия крови", "LAB", 1_890_90),
            ("Анализ мочи", "LAB", 380_00),
            ("Витамин D", "LAB", 2_150_50),
            ("УЗИ брюшной полости", "ULTRASOUND", 2_700_00),
            ("Эхокардиография", "ULTRASOUND", 3_400_00),
            ("ЭКГ", "DIAGNOSTICS", 950_00),
            ("Рентген", "DIAGNOSTICS", 1_350_00),
            ("Гигиена полости рта", "DENTAL", 5_500_00),
            ("Пломба", "DENTAL", 6_800_00),
            ("Капельница", "PROCEDURE", 1_250_33),
            ("Массаж", "PROCEDURE", 2_100_00),
        )
    ),
)

_WOMEN = (
    "Соколова Анна Игоревна",
    "Морозова Елена Павловна",
    "Волкова Ольга Сергеевна",
    "Лебедева Татьяна Юрьевна",
    "Новикова Ирина Олеговна",
    "Козлова Наталья Андреевна",
    "Павлова Светлана Ильинична",
    "Семёнова Дарья Максимовна",
    "Голубева Юлия Романовна",
    "Виноградова Ксения Львовна",
    "Богданова Вера Петровна",
    "Фёдорова Алина Тимуровна",
)
_MEN = (
    "Кузнецов Алексей Викторович",
    "Попов Дмитрий Николаевич",
    "Васильев Сергей Иванович",
    "Петров Михаил Андреевич",
    "Смирнов Артём Олегович",
    "Фомин Николай Борисович",
    "Орлов Кирилл Евгеньевич",
    "Белов Павел Аркадьевич",
    "Комаров Илья Денисович",
    "Тарасов Роман Глебович",
    "Жуков Виктор Семёнович",
    "Данилов Тимофей Ильич",
)


def _own_patients() -> tuple[Patient, ...]:
    names = [name for pair in zip(_WOMEN, _MEN, strict=True) for name in pair]
    return tuple(_own_patient(number, name) for number, name in enumerate(names, start=1))


def _own_patient(number: int, full_name: str) -> Patient:
    dice = seeded("patient", number)
    surname, name, father_name = full_name.split()
    birthday = dt.date(1948, 1, 1) + dt.timedelta(days=dice.randrange(58 * 365))
    registered_at = dt.datetime(2025, 9, 2, 9, 0, tzinfo=CLINICS[0].zone) + dt.timedelta(
        minutes=dice.randrange(100) * 1440 + dice.randrange(600)
    )
    return Patient(
        ref=stable_ref("patient", number),
        code=f"{20_000 + number:09d}",
        surname=surname,
        name=name,
        father_name=father_name,
        birthday=birthday,
        phone=f"+79000000{100 + number}",
        card_code=_card_code(dice) if number % 2 else "",
        registered_at=registered_at,
        changed_at=registered_at,
        version=milliseconds(registered_at),
    )


def new_patient(number: int, *, at: dt.datetime) -> Patient:
    """Register somebody new, the same for the same number; phones start at +79001000000."""
    dice = seeded("new patient", number)
    surname, name, father_name = dice.choice(dice.choice((_WOMEN, _MEN))).split()
    registered_at = at.astimezone(CLINICS[0].zone).replace(microsecond=0)
    return Patient(
        ref=stable_ref("new patient", number),
        code=f"{100_000 + number:09d}",
        surname=surname,
        name=name,
        father_name=father_name,
        birthday=dt.date(1948, 1, 1) + dt.timedelta(days=dice.randrange(58 * 365)),
        phone=f"+7900{1_000_000 + number:07d}",
        card_code=_card_code(dice) if dice.random() < 0.6 else "",  # noqa: PLR2004 (three in five take a card)
        registered_at=registered_at,
        changed_at=registered_at,
        version=milliseconds(registered_at),
    )


def milliseconds(instant: dt.datetime) -> int:
    """Milliseconds since 1970: a version that grows over restarts without being stored."""
    return int(instant.timestamp() * 1000)


def _card_code(dice: random.Random) -> str:
    symbols = "".join(dice.choices("23456789ABCDEFGHJKMNPQRSTVWXYZ", k=8))
    return f"ML-{symbols[:4]}-{symbols[4:]}"


OWN_PATIENTS = _own_patients()
_SAMPLE_REGISTERED_AT = dt.datetime(2025, 9, 1, 8, 58, tzinfo=CLINICS[0].zone)
SAMPLE_PATIENT = Patient(
    ref=SAMPLE_PATIENT_REF,
    code="000012345",
    surname="Иванова",
    name="Мария",
    father_name="",
    birthday=dt.date(1990, 2, 14),
    phone="+79000000001",
    card_code="ML-7K2Q-91XC",
    registered_at=_SAMPLE_REGISTERED_AT,
    changed_at=_SAMPLE_REGISTERED_AT,
    version=milliseconds(_SAMPLE_REGISTERED_AT),
)
