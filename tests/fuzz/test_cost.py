"""No body of two mebibytes costs its reader more than seconds, whatever its shape.

CPU time of this process is measured, not the clock on the wall, and the bound is ten times what the
slowest of them takes: it is broken by a quadratic reader (minutes), not by a busy machine.
"""

import subprocess
import sys
import time

import pytest

from tests.conftest import ROOT
from tests.fuzz.giants import ENCODED_GIANTS, GIANTS, JSON_GIANTS, LIMIT, XML_GIANTS
from tests.fuzz.laws import read_lawfully

CPU_S_MAX = 10.0
"""The laws read everything twice: five seconds for one reading."""
GROWTH_MAX_BYTES = 12 * 2**20


@pytest.mark.long
@pytest.mark.parametrize("name", GIANTS)
def test_a_giant_is_read_within_a_bounded_amount_of_work(name: str) -> None:
    content = GIANTS[name](LIMIT)
    assert LIMIT // 2 < len(content) <= LIMIT
    begun_at_s = time.process_time()
    read_lawfully(content, None)
    assert time.process_time() - begun_at_s < CPU_S_MAX


@pytest.mark.long
@pytest.mark.parametrize("piece", ["<n#/>", '<a n#=""/>', '<a xmlns="n#"/>', "<?n# ?>"])
def test_names_that_nobody_knows_do_not_stay_in_memory(piece: str) -> None:
    """libxml2 keeps every name it meets as long as the thread lives: two megabytes a body, for ever."""
    child = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.memory", piece],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert int(child.stdout) < GROWTH_MAX_BYTES


def test_no_two_giants_share_a_name() -> None:
    assert len(GIANTS) == len(JSON_GIANTS) + len(ENCODED_GIANTS) + len(XML_GIANTS)


@pytest.mark.parametrize("name", GIANTS)
def test_a_small_giant_is_read_by_the_laws(name: str) -> None:
    read_lawfully(GIANTS[name](20_000), None)
