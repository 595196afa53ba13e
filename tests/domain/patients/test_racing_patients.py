import random
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from hub.db.transaction import transaction
from hub.domain.patients.rules import Outcome
from tests.domain.patients.cards import (
    card,
    count,
    record,
)

pytestmark = pytest.mark.usefixtures("clean")


def test_the_same_new_card_from_many_threads_makes_one_patient() -> None:
    refs = [uuid4() for _ in range(20)]

    def push(seed: int) -> set[UUID | None]:
        cards = [
            card(ref, card_code=f"C-{number}", phone=f"+790000001{number:02d}")
            for number, ref in enumerate(refs)
        ]
        random.Random(seed).shuffle(cards)  # an order, not a secret
        return {one.patient_id for one in record(*cards)}

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(push, range(12)))
    assert len(set().union(*answers)) == len(refs)
    assert (count("patient"), count("external_identity")) == (len(refs), len(refs))


def test_different_cards_of_one_new_person_from_many_threads_make_one_patient() -> None:
    with ThreadPoolExecutor(6) as pool:
        recorded = [one for (one,) in pool.map(lambda _: record(card(uuid4())), range(12))]
    assert len({one.patient_id for one in recorded}) == 1
    assert sum(one.is_new for one in recorded) == 1


@pytest.mark.parametrize("seed", range(4))
def test_the_register_stays_whole_under_random_cards_from_many_threads(seed: int) -> None:
    refs = [uuid4() for _ in range(8)]

    def push(number: int) -> None:
        choose = random.Random(seed * 100 + number)  # a plot, not a secret
        cards = [
            card(
                choose.choice(refs),
                no=choose.randrange(50),
                is_live=choose.random() < 0.8,
                card_code=choose.choice(["", "A-1", "B-2", "C-3"]),
                phone=choose.choice([None, "+79000000001", "+79000000002"]),
                first_name=choose.choice(["", "Мария", "Дарья"]),
                merged_into_ref=choose.choice([None, None, None, choose.choice(refs)]),
            )
            for _ in range(choose.randrange(1, 12))
        ]
        for one, snapshot in zip(record(*cards), cards, strict=True):
            assert (one.waiting_for is not None) == (one.outcome is Outcome.PARKED)
            assert (one.refusal is not None) == (one.outcome is Outcome.REFUSED)
            assert one.patient_id or one.outcome in {Outcome.PARKED, Outcome.REFUSED}
            assert one.waiting_for is None or str(snapshot.merged_into_ref) in one.waiting_for

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(push, range(40)))
    with transaction() as session:
        for law in _LAWS:
            assert session.execute(text(law)).all() == [], law


_LAWS = (
    # Nothing means a merged patient: neither a card of 1C nor another merged patient.
    "SELECT e.id FROM external_identity e JOIN patient p ON p.id = e.patient_id WHERE p.status = 'merged'",
    "SELECT l.id FROM patient l JOIN patient s ON s.id = l.merged_into WHERE s.status = 'merged'",
    # Every patient who is not merged is somebody's card.
    """
    SELECT p.id FROM patient p LEFT JOIN external_identity e ON e.patient_id = p.id
    WHERE p.status <> 'merged' AND e.id IS NULL
    """,
    # Frozen says what the cards say.
    """
    SELECT p.id FROM patient p JOIN external_identity e ON e.patient_id = p.id GROUP BY p.id, p.status
    HAVING (p.status = 'frozen') <> (bool_or(e.state = 'deleted') AND NOT bool_or(e.state = 'live'))
    """,
)
