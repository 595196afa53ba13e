"""Sound events to begin with: few documents and few people, so that events meet, overtake and contradict."""

import json
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from tests.factories.onec import SAMPLE_PATIENT, cancel_event, patient_event, refund_event, visit_event
from tests.fuzz.values import CANARY, CANARY_EMAIL, CANARY_PHONE
from tools.seed import PATIENTS

FIXTURES = Path(__file__).resolve().parents[1] / "integrations/onec/fixtures"
CAPTURED = [path for path in sorted(FIXTURES.iterdir()) if not path.name.endswith(".expected.json")]
SEEDS: tuple[bytes, ...] = tuple(path.read_bytes() for path in CAPTURED)
"""Captured bodies in every dialect and encoding, and those that once broke something."""
DOCUMENTS = 600
STRANGERS = 3
KINDS = ("card", "cash", "sbp", "certificate", "insurance", "points", "prepayment", "cashback")


def _sound_seeds() -> tuple[Any, ...]:
    trees = []
    for path in CAPTURED:
        if path.name.startswith(("visit", "patient")) and path.suffix == ".json":
            tree = json.loads(path.read_bytes())
            trees += tree if isinstance(tree, list) else [tree]
    return tuple(trees)


TREES: tuple[Any, ...] = _sound_seeds()


def sound_event(rng: Random) -> dict[str, Any]:
    """Draw an event that a good base would send: its own sample, or one about the few shared documents."""
    kind = rng.randrange(20)
    if kind < 4:
        return dict(rng.choice(TREES))
    if kind < 12:
        return _visit(rng)
    if kind < 15:
        return _refund(rng)
    if kind < 17:
        return _cancel(rng)
    return _card(rng)


def _visit(rng: Random) -> dict[str, Any]:
    amounts = tuple(f"{rng.randrange(1, 500_000) / 100:.2f}" for _ in range(rng.choice((1, 1, 2, 3, 8))))
    payments = tuple((rng.choice(KINDS), amount) for amount in amounts) if rng.random() < 0.4 else None
    event = visit_event(
        ref=_ref(rng, "visit"),
        patient=_patient(rng),
        amounts=amounts,
        payments=payments,
        posted=rng.random() < 0.9,
        deletion_mark=rng.random() < 0.05,
        event_id=_event_id(rng),
        occurred_at=_minute(rng),
        message_no=rng.randrange(1, 60) if rng.random() < 0.2 else None,
        data_version=rng.choice(("AAAAAQAAAAA=", "AAAAAgAAAAA=", "")),
    )
    for line in event["visit"]["lines"]:
        line["doctor_ref"] = rng.choice((None, "", "e7005e6d-65c9-11e9-936d-1856809fe650"))
        line["points_paid"] = rng.choice(("0.00", "0,50", "1.00"))
    return _signed(event, rng)


def _refund(rng: Random) -> dict[str, Any]:
    lines = tuple(
        (number, f"{rng.randrange(1, 90_000) / 100:.2f}") for number in range(1, rng.randrange(1, 4))
    )
    event = refund_event(
        _ref(rng, "visit"),
        ref=_ref(rng, "refund"),
        lines=lines,
        posted=rng.random() < 0.85,
        occurred_at=_minute(rng),
    )
    return _signed(event | {"event_id": _event_id(rng)}, rng)


def _cancel(rng: Random) -> dict[str, Any]:
    kind = rng.choice(("unposted", "deletion_mark", "refund"))
    event = cancel_event(_ref(rng, "visit"), kind=kind, occurred_at=_minute(rng))
    return _signed(event | {"event_id": _event_id(rng)}, rng)


def _card(rng: Random) -> dict[str, Any]:
    ref = _patient(rng)
    event = patient_event(ref, occurred_at=_minute(rng)) | {"event_id": _event_id(rng)}
    event["patient"] |= {
        "ref": ref,
        "surname": rng.choice(("Иванова", f"{CANARY}ова", "Ö’Нил-дер-Гроß")),
        "email": rng.choice(("", CANARY_EMAIL, "МАРИЯ@почта.рф")),
        "phone": rng.choice(("8 (900) 000-00-01", CANARY_PHONE, "", "9000000001", "+49 30 901820")),
        "card_code": rng.choice(("", "ML-7K2Q-91XC", "ML-0000-0001", str(rng.randrange(6)))),
        "merged_into_ref": rng.choice((None, None, None, _patient(rng))),
        "consents": rng.choice(
            ([], "", {"purpose": "loyalty", "granted": "Да", "at": _minute(rng), "doc_version": "1"})
        ),
    }
    return _signed(event, rng)


def _signed(event: dict[str, Any], rng: Random) -> dict[str, Any]:
    """Put in what an operator would recognise a person by, and who sends."""
    event["object"] |= {"number": rng.choice(("00ЦК-000123", f"{CANARY}-7"))}
    event["comment"] = CANARY
    event["source"] = rng.choice(SOURCES)
    return event


SOURCES: tuple[Mapping[str, str] | str | None, ...] = (
    *({"infobase": "umc_corp", "node": "UMC01", "tz": "Europe/Moscow"},) * 30,
    {"infobase": "umc_corp", "tz": "Asia/Kamchatka"},
    {"infobase": "umc_corp", "tz": "America/New_York/"},
    {"infobase": "", "tz": ""},
    {"infobase": f"{CANARY}_base"},
    None,
    "umc_corp",
)


def _ref(rng: Random, family: str) -> str:
    return str(UUID(int=(0x51D0 if family == "visit" else 0x5EF0) << 100 | rng.randrange(DOCUMENTS)))


def _patient(rng: Random) -> str:
    if rng.random() < 0.8:
        return rng.choice((SAMPLE_PATIENT, *(str(patient.ref) for patient in PATIENTS)))
    return str(UUID(int=0xBA7 << 108 | rng.randrange(1, 1 + STRANGERS)))


def _event_id(rng: Random) -> str:
    """Mostly new; sometimes one that was used, or none."""
    if rng.random() < 0.1:
        return rng.choice(("", "00ЦК-17", "5b3c9a0e-6c0d-4b0e-9a55-2d1f4f0a7c11"))
    return str(UUID(int=rng.getrandbits(128)))


def _minute(rng: Random) -> str:
    return f"2026-05-{rng.randrange(1, 29):02d}T{rng.randrange(24):02d}:{rng.randrange(60):02d}:00"
