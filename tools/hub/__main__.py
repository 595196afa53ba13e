"""`python -m tools.hub NOUN VERB`: what an operator does at a terminal.

Exit codes: 0 all is well, 1 something is wrong and was named, 2 the command was misspelt, 3 the database is
away.
"""

import argparse
import sys
from collections.abc import Sequence
from enum import IntEnum

from hub.kernel.errors import TRANSIENT, HubError
from tools.hub import audit, keys


class Exit(IntEnum):
    """How a command ends; argparse itself ends with 2."""

    WRONG = 1
    AWAY = 3


def main(words: Sequence[str] | None = None) -> int:
    """Do one command; gives the exit code."""
    wanted = _parser().parse_args(words)
    try:
        code: int = wanted.act(wanted)
    except HubError as error:
        print(f"Не вышло / refused: {error.code} {error.facts}", file=sys.stderr)
        return Exit.AWAY if error.kind in TRANSIENT else Exit.WRONG
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.hub", description=__doc__)
    nouns = parser.add_subparsers(required=True, metavar="audit|keys")
    audit.add_commands(nouns.add_parser("audit", help="журнал действий / the audit trail"))
    keys.add_commands(nouns.add_parser("keys", help="ключи данных на диске / keys of data at rest"))
    return parser


if __name__ == "__main__":
    sys.exit(main())
