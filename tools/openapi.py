"""`python -m tools.openapi` writes docs/openapi.json; with --check it says whether that is up to date.

The description is printed by a process of its own with made-up secrets, so that nothing has to run.
"""

import argparse
import base64
import os
import secrets
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "openapi.json"


def main() -> int:
    """Write or check; 1 when the file is out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare")
    is_check = parser.parse_args().check
    described = describe()
    if not is_check:
        TARGET.write_text(described, encoding="utf-8")
        print(f"{TARGET.relative_to(ROOT)}: written")
        return 0
    is_current = TARGET.exists() and TARGET.read_text(encoding="utf-8") == described
    print(f"{TARGET.relative_to(ROOT)}: {'up to date' if is_current else 'out of date: make openapi'}")
    return 0 if is_current else 1


def describe() -> str:
    """Give the API's description as JSON text."""
    done = subprocess.run(
        [sys.executable, "-m", "api.describe"],
        cwd=ROOT,
        env={**os.environ, **_placeholders(), "PYTHONUTF8": "1"},
        check=True,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    return done.stdout


def _placeholders() -> dict[str, str]:
    """Make settings that are valid and lead nowhere."""
    return {
        "HUB_ENV": "demo",
        "HUB_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "HUB_REDIS_URL": "redis://127.0.0.1:1/0",
        "HUB_BROKER_URL": "redis://127.0.0.1:1/0",
        "HUB_DATA_KEYS": f"k1:{_make_key()}",
        "HUB_INDEX_KEY": _make_key(),
        "HUB_TOKEN_KEY": _make_key(),
        "HUB_AUDIT_KEYS": _make_key(),
        "HUB_SMS_TOKEN": secrets.token_urlsafe(24),
    }


def _make_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


if __name__ == "__main__":
    sys.exit(main())
