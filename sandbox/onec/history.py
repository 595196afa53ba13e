"""The last thirty days, made from the seed and the calendar alone.

A restart on any day tells the same documents with the same versions: the hub sees repetitions, never news.
"""

import datetime as dt
import random
import uuid

from sandbox.onec import visits
from sandbox.onec.base import Base
from sandbox.onec.catalog import CLINICS, OWN_PATIENTS, Clinic, seeded
from sandbox.onec.documents import Notice, Visit, cancelled, completed, refunded

DAYS = 30
# Of every thirteen visits one is edited, one unposted (every other time posted again), one refunded.
CYCLE = 13
EDITED, UNPOSTED, REFUNDED, DELETED = 3, 7, 10, 12
# Half-hours of the working day from 08:00; mornings before work and evenings after it are busy.
SLOT_WEIGHTS = (6, 8, 9, 8, 6, 5, 3, 3, 2, 2, 2, 3, 3, 3, 4, 5, 6, 8, 9, 8, 7, 5, 3)


def tell_history(base: Base, *, now: dt.datetime, visits_total: int) -> list[Notice]:
    """Fill the base with the visits of the last full days and list their notices in order of time."""
    today = now.astimezone(CLINICS[0].zone).date()
    told: list[tuple[Notice, Visit]] = []
    for days_ago in range(DAYS, 0, -1):
        day = today - dt.timedelta(days=days_ago)
        told += _told_day(base.seed, day, visits_total)
    told = [(notice, visit) for notice, visit in told if notice.occurred_at <= now]
    told.sort(key=lambda pair: pair[0].occurred_at)
    for _, visit in told:
        base.keep(visit)
    return [notice for notice, _ in told]


def _told_day(seed: int, day: dt.date, visits_total: int) -> list[tuple[Notice, Visit]]:
    # Any thirty days in a row hold exactly visits_total visits, however the window slides.
    first, end = day.toordinal() * visits_total // DAYS, (day.toordinal() + 1) * visits_total // DAYS
    return [pair for index in range(first, end) for pair in _told_visit(seeded(seed, index), day, index)]


def _told_visit(dice: random.Random, day: dt.date, index: int) -> list[tuple[Notice, Visit]]:
    clinic = visits.pick_clinic(dice)
    visit = visits.compose_visit(
        dice,
        ref=_drawn_ref(dice),
        patient=dice.choice(OWN_PATIENTS),
        clinic=clinic,
        completed_at=_drawn_instant(dice, day, clinic),
    )
    return [
        (completed(visit), visit),
        *_told_fate(dice, visit, index % CYCLE, is_odd=index // CYCLE % 2 == 1),
    ]


def _told_fate(dice: random.Random, visit: Visit, turn: int, *, is_odd: bool) -> list[tuple[Notice, Visit]]:
    soon = visit.completed_at + dt.timedelta(minutes=dice.randrange(20, 200))
    if turn == EDITED:
        changed = visits.edited(visit, dice, at=soon)
        return [(completed(changed), changed)]
    if turn == UNPOSTED:
        withdrawn = visits.unposted(visit, at=soon)
        pairs = [(completed(withdrawn) if dice.choice((True, False)) else cancelled(withdrawn), withdrawn)]
        if is_odd:
            back = visits.posted_again(withdrawn, at=soon + dt.timedelta(hours=2))
            pairs.append((completed(back), back))
        return pairs
    if turn == REFUNDED:
        later = soon + dt.timedelta(days=dice.randrange(3))
        document = visits.whole_refund(visit, ref=_drawn_ref(dice), at=later)
        return [(refunded(document), document.visit)]
    if turn == DELETED and is_odd:
        marked = visits.marked_for_deletion(visit, at=soon)
        return [(cancelled(marked), marked)]
    return []


def _drawn_ref(dice: random.Random) -> str:
    return str(uuid.UUID(int=dice.getrandbits(128), version=4))


def _drawn_instant(dice: random.Random, day: dt.date, clinic: Clinic) -> dt.datetime:
    slot = dice.choices(range(len(SLOT_WEIGHTS)), weights=SLOT_WEIGHTS)[0]
    start = dt.datetime.combine(day, dt.time(8, 0), tzinfo=clinic.zone)
    return start + dt.timedelta(minutes=30 * slot + dice.randrange(30), seconds=dice.randrange(60))
