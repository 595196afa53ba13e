"""`audit verify` names the first record that is not as it was sealed; `audit seal` seals what waits."""

import argparse
import sys
from pathlib import Path

from hub.audit.heads import FILE_NAME, HeadFileDamagedError, read_heads
from hub.audit.sealing import seal_batch
from hub.audit.verifying import Fault, verify
from hub.db.transaction import transaction
from hub.kernel.settings import settings

_BATCH_MAX = 1_000
_WRONG = 1


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Add this noun's verbs."""
    verbs = parser.add_subparsers(required=True, metavar="verify|seal")
    verifying = verbs.add_parser("verify", help="сверить цепь с журналом / check the chain against the trail")
    verifying.add_argument(
        "--heads",
        type=Path,
        action="append",
        default=[],
        help="файл вынесенных голов / a file of exported heads; по умолчанию / default: HUB_AUDIT_DIR",
    )
    verifying.set_defaults(act=verify_trail)
    sealing = verbs.add_parser("seal", help="запечатать всё, что ждёт / seal all that waits")
    sealing.set_defaults(act=seal_trail)


def verify_trail(wanted: argparse.Namespace) -> int:
    """Check the whole trail; the last line is the verdict."""
    try:
        exported = [head for path in wanted.heads or _own_files() for head in read_heads(path)]
    except (OSError, HeadFileDamagedError) as error:
        print(f"Файл голов не читается / the file of heads cannot be read: {error}", file=sys.stderr)
        return _WRONG
    with transaction() as session:
        verified = verify(session, exported)
    print(f"звеньев / links {verified.links}, голов / heads {verified.heads}, вынесено / out {len(exported)}")
    if verified.fault is None:
        print("Журнал цел / the trail is whole")
        return 0
    print(_describe(verified.fault))
    return _WRONG


def seal_trail(_wanted: argparse.Namespace) -> int:
    """Seal every record that has no link, however old, batch by batch."""
    total = 0
    while True:
        with transaction() as session:
            done = seal_batch(session, limit=_BATCH_MAX, is_full_look=True)
        total += done
        if done < _BATCH_MAX:
            print(f"запечатано / sealed {total}")
            return 0


def _own_files() -> list[Path]:
    folder = settings().audit_dir
    path = Path(folder) / FILE_NAME if folder else None
    return [path] if path is not None and path.exists() else []


def _describe(fault: Fault) -> str:
    about = f", запись / record {fault.record_id}" if fault.record_id is not None else ""
    return f"НЕ ЦЕЛ / BROKEN: {fault.wrong}, звено / link {fault.seq}{about}"
