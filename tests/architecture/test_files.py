"""Files stay small enough to be read in one go; tests too."""

from tests.conftest import ROOT

ROOMS = ("hub", "api", "workers", "schedules", "sandbox", "tools", "tests", "migrations", "bench")
LINES_MAX = 300


def test_every_file_is_at_most_three_hundred_lines() -> None:
    sizes = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if "versions" not in path.parts
    }
    assert len(sizes) > 100
    assert {path: size for path, size in sizes.items() if size > LINES_MAX} == {}
