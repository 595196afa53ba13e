"""The built screens beside the API: what is theirs, what is not, and what browsers may keep."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.front_ends import FrontEnds, find_front_ends
from tests.api.conftest import serving
from tests.conftest import Servers

PAGE = {"Accept": "text/html,application/xhtml+xml"}
FILES = {
    "frontend/dist/index.html": "<title>cabinet</title>",
    "frontend/dist/sw.js": "// worker",
    "frontend/dist/manifest.webmanifest": "{}",
    "frontend/dist/assets/index-abc.js": "// cabinet",
    "frontend/dist/.secret": "secret",
    "admin/dist/index.html": "<title>staff</title>",
    "admin/dist/assets/index-def.css": "body{}",
    "outside.js": "// not built",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.fixture
def browser(root: Path, database: Servers) -> Generator[httpx.Client]:
    with opened(find_front_ends(root)) as browser:
        yield browser


@contextmanager
def opened(front_ends: FrontEnds) -> Generator[httpx.Client]:
    with serving(create_app(front_ends)) as address, httpx.Client(base_url=address, trust_env=False) as http:
        yield http


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/", "cabinet"),
        ("/profile", "cabinet"),
        ("/administration", "cabinet"),
        ("/c/some-token", "cabinet"),
        ("/admin", "staff"),
        ("/admin/", "staff"),
        ("/admin/patients", "staff"),
    ],
)
def test_every_address_of_a_screen_opens_its_front_end(browser: httpx.Client, path: str, title: str) -> None:
    answer = browser.get(path, headers=PAGE)
    assert answer.status_code == 200
    assert title in answer.text
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/api/nothing", "/api/", "/metrics.php", "/assets/old-chunk.js", "/a/b.map"]
)
def test_what_is_no_screen_is_never_answered_by_a_page(browser: httpx.Client, path: str) -> None:
    answer = browser.get(path, headers=PAGE)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_metrics_stay_the_operators_even_in_a_browser(browser: httpx.Client) -> None:
    assert "cabinet" not in browser.get("/metrics", headers=PAGE).text


def test_machines_get_no_page_for_an_unknown_path(browser: httpx.Client) -> None:
    assert browser.get("/profile", headers={"Accept": "application/json"}).status_code == 404
    assert browser.post("/profile", headers=PAGE).status_code in {404, 405}


def test_hashed_files_are_kept_for_ever_and_the_rest_is_asked_for_again(browser: httpx.Client) -> None:
    kept = browser.get("/assets/index-abc.js")
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert kept.headers["Content-Type"].startswith("text/javascript")
    assert browser.get("/admin/assets/index-def.css").headers["Content-Type"].startswith("text/css")
    assert browser.get("/sw.js").headers["Cache-Control"] == "no-cache"
    assert browser.get("/manifest.webmanifest").headers["Content-Type"] == "application/manifest+json"


def test_an_unchanged_page_is_not_sent_again(browser: httpx.Client) -> None:
    etag = browser.get("/", headers=PAGE).headers["ETag"]
    again = browser.get("/", headers={**PAGE, "If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


def test_pages_run_no_inline_script_and_no_one_frames_them(browser: httpx.Client) -> None:
    policy = browser.get("/", headers=PAGE).headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("path", ["/../../outside.js", "/%2e%2e/%2e%2e/outside.js", "/.secret"])
def test_nothing_but_the_builds_is_served(browser: httpx.Client, path: str) -> None:
    assert browser.get(path).status_code == 404


def test_the_way_in_names_the_screens_when_they_are_built(browser: httpx.Client) -> None:
    assert 'href="/admin"' in browser.get("/api", headers=PAGE).text


def test_without_builds_the_way_in_stands_at_the_root_and_says_what_is_missing(database: Servers) -> None:
    with opened(FrontEnds({})) as browser:
        page = browser.get("/", headers=PAGE)
    assert page.status_code == 200
    assert "Node.js 20" in page.text
