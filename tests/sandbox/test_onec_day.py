"""A clinic's working day at high speed in every spelling, through the real door: the hub ends where 1C is."""

import itertools
import pathlib
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, get_args
from uuid import UUID

import httpx
import psycopg
import pytest

from hub.db.transaction import transaction
from hub.domain.ledger.checks import find_violations
from hub.domain.ledger.queries import balances
from hub.domain.patients.queries import find_patients_by_ref
from hub.kernel import clock
from hub.kernel.money import Asset
from sandbox.onec.knobs import ANY, Knobs
from tests.conftest import Servers
from tests.sandbox.stranger_process import running_stranger
from tests.scenarios.conftest import Hub, wait_until
from tools import seed

RATE_PERCENT = 5
TERMINAL = {"processed", "duplicate", "stale", "ignored"}
# Signatures and passwords that the hub must refuse belong to other tests; what it takes is rotated.
NOT_ROTATED = {"bom", "signature", "credentials", "retries", "nodes"}


@pytest.fixture
def living_hub(clean: Servers, tmp_path: pathlib.Path) -> Iterator[Hub]:
    seed.main()
    running = Hub(tmp_path)
    for name in ("api", "core", "relay"):
        running.start(name)
    wait_until(running.is_ready, within_s=40, what="the API is ready")
    yield running
    running.stop()


def rotations() -> Iterator[dict[str, object]]:
    """Draw settings of all spelling knobs at once, then everything left to chance, again and again."""
    dice = random.Random(11)
    choices = {
        name: [value for value in get_args(field.annotation) if value != ANY]
        for name, field in Knobs.model_fields.items()
        if get_args(field.annotation) and name not in NOT_ROTATED
    }
    while True:
        turned: dict[str, object] = {name: dice.choice(values) for name, values in choices.items()}
        turned["array"] = dice.choice((0, 0, 1, 7))
        turned["copies"] = dice.choice((1, 1, 3))
        turned["shuffle"] = dice.random() < 0.2
        turned["skew_minutes"] = dice.choice((-30, 0, 30))
        turned["jump_minutes"] = dice.choice((0, 120))
        turned["lose_percent"] = dice.choice((0, 5))
        yield turned
        yield dict.fromkeys(choices, ANY) | {"dates": dice.choice(choices["dates"])}


@pytest.mark.timeout(300)
def test_a_working_day_in_every_spelling_ends_in_the_cashback_that_1c_expects(
    living_hub: Hub, clean: Servers, tmp_path: pathlib.Path
) -> None:
    today = clock.now().date()
    start = (today - timedelta(days=7 + today.weekday())).isoformat()  # a Monday that is over everywhere
    with sandbox(living_hub, tmp_path / "onec.log", start) as onec:
        turns = rotations()

        def is_over() -> bool:
            onec.post("/knobs", json=next(turns)).raise_for_status()
            return bool(onec.get("/state").json()["over"])

        wait_until(is_over, within_s=150, what="the working day is over")
        onec.post("/knobs", json={"lose_percent": 0}).raise_for_status()
        onec.post("/exchange/resend", json={"from": 1, "to": 1_900}).raise_for_status()
        wait_until(lambda: onec.get("/state").json()["pending"] == 0, within_s=60, what="all is sent")
        pushes = pages(onec, "/journal")
        expected = pages(onec, "/journal/expected")
    assert {push["status"] for push in pushes} <= {"accepted", "duplicate", "withheld"}
    assert {"json", "xml", "structure", "v8msg", "enterprise"} <= {push["format"] for push in pushes}
    assert len(expected) > 100
    receipts = {receipt for push in pushes for receipt in push["receipt_ids"]}
    wait_until(lambda: not unfinished(clean), within_s=60, what="every event is terminal")
    assert states(clean, receipts) <= TERMINAL
    assert cashback_of_hub(expected) == cashback_of_journal(expected)


def sandbox(hub: Hub, log_path: pathlib.Path, start: str) -> Any:
    options = {
        "--hub": str(hub.client.base_url).rstrip("/"),
        "--infobase": seed.INFOBASE,
        "--secret": seed.INFOBASE_SECRET,
        "--seed": "5",
        "--start": start,
        "--hours": "24",  # the last visits end by ten, the last cards follow before midnight
        "--history": "20",
    }
    knobs = {"speed": 10_000, "cap_per_minute": 2_400, "visits_per_day": 200, "numbered": True, "lanes": 3}
    flags = itertools.chain.from_iterable(("--knob", f"{name}={value}") for name, value in knobs.items())
    return running_stranger(
        "sandbox.onec", "/state", log_path, *itertools.chain.from_iterable(options.items()), *flags
    )


def pages(onec: httpx.Client, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        page = onec.get(path, params={"after": after, "limit": 500}).json()
        found += page["items"]
        after = page["next_after"]
    return found


def unfinished(servers: Servers) -> int:
    with psycopg.connect(servers.superuser_conninfo) as connection:
        row = connection.execute("SELECT count(*) FROM inbox_event WHERE state = 'ready'").fetchone()
    assert row is not None
    return int(row[0])


def states(servers: Servers, receipts: set[str]) -> set[str]:
    """Give the states of all acknowledged events; every receipt must have its row."""
    with psycopg.connect(servers.superuser_conninfo) as connection:
        rows = connection.execute(
            "SELECT public_id::text, state, reason_code, reason FROM inbox_event WHERE public_id = ANY(%s)",
            [[UUID(receipt) for receipt in receipts]],
        ).fetchall()
    assert {row[0] for row in rows} == receipts
    assert [row for row in rows if row[1] in {"buried", "parked"}] == []
    return {row[1] for row in rows}


def cashback_of_hub(expected: list[dict[str, Any]]) -> dict[UUID, int]:
    people = find_people(expected)
    with transaction() as session:
        assert find_violations(session) == []
        found: dict[UUID, int] = {}
        for patient_id in set(people.values()):
            [one] = [one for one in balances(session, patient_id) if one.asset is Asset.CASHBACK]
            found[patient_id] = one.available + one.pending - one.debt
    return found


def cashback_of_journal(expected: list[dict[str, Any]]) -> dict[UUID, int]:
    """Five per cent of the money paid, split over the lines, floored per line."""
    people = find_people(expected)
    sums: dict[UUID, int] = defaultdict(int)
    for document in expected:
        is_live = document["state"] == "live"
        sums[people[UUID(document["patient_ref"])]] += cashback_of(document) if is_live else 0
    return dict(sums)


def find_people(expected: list[dict[str, Any]]) -> dict[UUID, UUID]:
    with transaction() as session:
        refs = {UUID(document["patient_ref"]) for document in expected}
        return find_patients_by_ref(session, seed.INFOBASE, list(refs))


def cashback_of(document: dict[str, Any]) -> int:
    amounts = [kopecks(line["amount"]) for line in document["lines"]]
    paid = sum(kopecks(each["amount"]) for each in document["payments"] if each["kind"] != "insurance")
    total = sum(amounts)
    bases = [paid * amount // total for amount in amounts]
    by_remainder = sorted(range(len(amounts)), key=lambda index: (-(paid * amounts[index] % total), index))
    for index in by_remainder[: paid - sum(bases)]:
        bases[index] += 1
    return sum(
        base * (amount - kopecks(line["refunded"])) // amount * RATE_PERCENT // 100
        for base, amount, line in zip(bases, amounts, document["lines"], strict=True)
    )


def kopecks(text: str) -> int:
    whole, _, fraction = text.partition(".")
    return int(whole) * 100 + int(fraction)
