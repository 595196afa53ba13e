"""No body of two mebibytes costs its reader more than seconds, whatever its shape.

CPU time of this process is measured, not the clock on the wall, and the bound is ten times what the
slowest of them takes: it is broken by a quadratic reader (minutes), not by a busy machine.
"""

import time

import pytest

from tests.fuzz.giants import ENCODED_GIANTS, GIANTS, JSON_GIANTS, LIMIT, XML_GIANTS
from tests.fuzz.laws import read_lawfully

CPU_S_MAX = 10.0
"""The laws read everything twice: five seconds for one reading."""


@pytest.mark.long
@pytest.mark.parametrize("name", GIANTS)
def test_a_giant_is_read_within_a_bounded_amount_of_work(name: str) -> None:
    content = GIANTS[name](LIMIT)
    assert LIMIT // 2 < len(content) <= LIMIT
    begun_at_s = time.process_time()
    read_lawfully(content, None)
    assert time.process_time() - begun_at_s < CPU_S_MAX


def test_no_two_giants_share_a_name() -> None:
    assert len(GIANTS) == len(JSON_GIANTS) + len(ENCODED_GIANTS) + len(XML_GIANTS)


@pytest.mark.parametrize("name", GIANTS)
def test_a_small_giant_is_read_by_the_laws(name: str) -> None:
    read_lawfully(GIANTS[name](20_000), None)
