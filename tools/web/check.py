"""Judge the front ends: `python -m tools.web.check`. Style, types, unit tests, the client's types, sizes."""

import sys
import tempfile
from pathlib import Path

from tools.web import sizes
from tools.web.build import build
from tools.web.node import ROOT, WebError, only_one_here, require_packages, run_quietly

_SCHEMA = ROOT / "packages" / "api" / "src" / "schema.d.ts"
_STEPS = (
    ("style", ("npx", "biome", "check", "--error-on-warnings", ".")),
    ("types", ("npm", "run", "typecheck", "--silent")),
    ("unit tests", ("npx", "vitest", "run", "--reporter=dot")),
)


def main() -> int:
    """Judge everything; give the exit code."""
    try:
        with only_one_here():
            require_packages()
            _compare_client()
            for name, command in _STEPS:
                print(f"web: {name}", flush=True)
                run_quietly(*command)
            build()
        excesses = sizes.judge()
    except WebError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for excess in excesses:
        sys.stderr.write(f"Тяжелее, чем можно / over budget: {excess}\n")
    return 1 if excesses else 0


def _compare_client() -> None:
    """See that the client's types are those of docs/openapi.json. Raises: WebError."""
    print("web: types of the API", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "schema.d.ts"
        run_quietly("npx", "openapi-typescript", "docs/openapi.json", "-o", str(made))
        if made.read_bytes() != _SCHEMA.read_bytes():
            raise WebError(
                "packages/api/src/schema.d.ts отстал от docs/openapi.json: npm run gen:api\n"
                "packages/api/src/schema.d.ts is behind docs/openapi.json: npm run gen:api"
            )


if __name__ == "__main__":
    sys.exit(main())
