"""The screens in a real browser, against a whole stack of its own; the steps are in `*.spec.ts`."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from tools.web.build import build
from tools.web.node import ROOT, WebError, only_one_here

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_API_PORT = 8000
_SMS_PORT = 8103
_OFFSET_LEAST = 14_000
_OFFSETS = 8_000


def find_browser() -> str | None:
    """Give the browser that is here; `CHROMIUM` names another."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _BROWSERS)), None)


def require_screens() -> str:
    """Build the screens and find a browser, or say why they cannot be tried here; CI insists on both."""
    browser = find_browser()
    try:
        with only_one_here():
            build()
        reason = None if browser else "no Chromium here: apt-get install chromium, or set CHROMIUM"
    except WebError as error:
        reason = str(error)
    if reason is None and browser is not None:
        return browser
    if os.environ.get("HUB_REQUIRE_BROWSER"):
        pytest.fail(str(reason))
    pytest.skip(f"the screens were not tried: {reason}")


@pytest.fixture
def stack(tmp_path: Path) -> Generator[int]:
    """A whole demo stack of its own; gives the offset of its ports."""
    # Below the ports that the system lends to anybody; by process, so that two runs keep apart.
    offset = _OFFSET_LEAST + os.getpid() % _OFFSETS
    environment = os.environ | {
        "HUB_STATE_DIR": str(tmp_path / "stack"),
        "HUB_PORT_OFFSET": str(offset),
        "HUB_ACCRUAL_PENDING_DAYS": "0",
    }
    for name in ("HUB_DATABASE_URL", "HUB_DATABASE_OWNER_URL", "HUB_REDIS_URL", "HUB_ENV"):
        environment.pop(name, None)
    command = [sys.executable, "-m", "tools.stack", "--follow-parent"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        assert running.stdout is not None
        said = []
        for line in running.stdout:
            said.append(line)
            if line.strip() == "READY":
                break
        else:
            pytest.fail("".join(said[-40:]))
        # What it says from now on is nobody's business, but must not fill the pipe.
        drain = subprocess.Popen(["cat"], stdin=running.stdout, stdout=subprocess.DEVNULL)
        yield offset
        running.send_signal(signal.SIGTERM)
        running.wait(60)
        drain.wait(10)


@pytest.mark.timeout(420)
def test_patients_and_staff_do_their_day_in_a_browser_without_an_axe_violation(
    request: pytest.FixtureRequest,
) -> None:
    browser = require_screens()
    offset: int = request.getfixturevalue("stack")
    environment = os.environ | {
        "CHROMIUM": browser,
        "HUB_URL": f"http://127.0.0.1:{_API_PORT + offset}",
        "HUB_SMS_URL": f"http://127.0.0.1:{_SMS_PORT + offset}",
    }
    ended = subprocess.run(
        ["npx", "playwright", "test", "-c", "tests/browser/playwright.config.ts", "--reporter=json"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-2000:]
    stats = json.loads(ended.stdout)["stats"]
    assert (stats["unexpected"], stats["skipped"], stats["flaky"]) == (0, 0, 0)
    assert stats["expected"] >= 11
