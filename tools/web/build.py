"""Build both front ends when their sources changed: `python -m tools.web.build`.

The hub runs without them, so with `--optional` a machine without Node is told what is missing, and goes on.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.web.node import ROOT, WebError, hash_files, only_one_here, require_packages, run_quietly

APPS = ("frontend", "admin")
_SOURCES = (*APPS, "packages")
_SETTINGS = ("package.json", "package-lock.json", "tsconfig.base.json")
_MADE = {"dist", "node_modules", "dev-dist"}
_BUILT = ROOT / "node_modules" / ".built.stamp"


def main() -> int:
    """Build, or say why not; give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.web.build", description=__doc__)
    parser.add_argument(
        "--optional", action="store_true", help="go on without the screens where they cannot be built"
    )
    words = parser.parse_args()
    try:
        with only_one_here():
            build()
    except WebError as error:
        sys.stderr.write(f"{error}\n")
        if not words.optional:
            return 1
        sys.stderr.write("Продолжаю без экранов. / Going on without the screens.\n")
    return 0


def build() -> None:
    """Build what is not built from these very sources. Raises: WebError."""
    wanted = hash_files(_list_sources())
    if all((ROOT / app / "dist" / "index.html").exists() for app in APPS) and _read_stamp() == wanted:
        return
    require_packages()
    _BUILT.unlink(missing_ok=True)
    for app in APPS:
        print(f"Собираю {app} / building", flush=True)
        run_quietly(
            "npm", "run", "build", "--silent", "-w", app, env={**os.environ, "NODE_ENV": "production"}
        )
    # Read anew: the builder writes the tree of routes beside the sources.
    _BUILT.write_text(hash_files(_list_sources()))


def _read_stamp() -> str | None:
    return _BUILT.read_text() if _BUILT.exists() else None


def _list_sources() -> Iterator[Path]:
    for name in _SOURCES:
        for folder, folders, files in os.walk(ROOT / name):
            folders[:] = [each for each in folders if each not in _MADE]
            yield from (Path(folder, file) for file in files)
    yield from (ROOT / name for name in _SETTINGS)


if __name__ == "__main__":
    sys.exit(main())
