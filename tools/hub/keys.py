"""`keys rotate` seals everything anew with the first of HUB_DATA_KEYS; `keys status` says who sealed what."""

import argparse
import os
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from hub.audit.trail import Action, Facts, record_action
from hub.db.engine import engine
from hub.db.transaction import transaction
from hub.flows.reseal import count_by_key, reseal_batch
from hub.flows.sealed_columns import SEALED, SealedColumn
from hub.kernel.settings import settings, vault

ACTOR = "console"
_BATCH = 200
_WRONG = 1


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Add this noun's verbs."""
    verbs = parser.add_subparsers(required=True, metavar="status|rotate")
    status = verbs.add_parser("status", help="каким ключом что закрыто / which key sealed what")
    status.set_defaults(act=show_status)
    rotating = verbs.add_parser("rotate", help="перезакрыть первым ключом / seal anew with the first key")
    rotating.add_argument("--batch", type=int, default=_BATCH, help="строк за раз / rows at a time")
    rotating.set_defaults(act=rotate)


def show_status(_wanted: argparse.Namespace) -> int:
    """Count values by column and key; the last line says which former keys are needed no more."""
    used: Counter[str] = Counter()
    for sealed in SEALED:
        with transaction() as session:
            counts = count_by_key(session, sealed)
        used.update(counts)
        print(f"{sealed.name}: {', '.join(f'{key} {count}' for key, count in counts.items()) or '—'}")
    idle = sorted(set(vault().keys) - set(used) - {vault().current})
    print(f"больше не нужны / needed no more: {', '.join(idle) or '—'}")
    return 0


def rotate(wanted: argparse.Namespace) -> int:
    """Go through every sealed column. May be cut and started again: it goes on where it ended."""
    done = broken = 0
    with _as_owner():
        for sealed in SEALED:
            anew, unopened = _rotate_column(sealed, wanted.batch)
            done, broken = done + anew, broken + unopened
        with transaction() as session:
            details: Facts = {"key": vault().current, "sealed": done, "unopened": broken}
            record_action(session, Action(ACTOR, "keys.rotated", "data_key", vault().current, details))
    print(f"перезакрыто / sealed anew {done}, не открылось / unopened {broken}")
    return _WRONG if broken else 0


def _rotate_column(sealed: SealedColumn, batch: int) -> tuple[int, int]:
    done = broken = 0
    last_key: Any = None
    while True:
        with transaction() as session:
            resealed = reseal_batch(session, sealed, after=last_key, limit=batch)
        done, broken, last_key = done + resealed.done, broken + resealed.broken, resealed.last_key
        if last_key is None:
            return done, broken
        print(f"{sealed.name}: {done}", flush=True)


@contextmanager
def _as_owner() -> Generator[None]:
    """Work as the owner of the tables: the application may not change what it only adds to."""
    own = os.environ.get("HUB_DATABASE_URL", "")
    owner = settings().database_owner_url or settings().database_url
    os.environ["HUB_DATABASE_URL"] = owner.get_secret_value()
    _start_anew()
    try:
        yield
    finally:
        os.environ["HUB_DATABASE_URL"] = own
        _start_anew()


def _start_anew() -> None:
    engine().dispose()
    engine.cache_clear()
    settings.cache_clear()
