"""One ground for all scenarios of this test process; each runs on a copy."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.ground import Ground, make_ground
from tests.chaos.scenarios import SHORT, run
from tests.chaos.verify import Verdict


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("ground")
    folder.parent.chmod(0o755)
    folder.chmod(0o755)
    return make_ground(folder)


@pytest.fixture
def counted_after(ground: Ground, tmp_path: Path) -> Callable[[str], Verdict]:
    """Run a scenario at the scale of the tests; nothing of it is left running."""
    tmp_path.chmod(0o755)
    return lambda name: run(name, SHORT, ground=ground, folder=tmp_path).verdict
