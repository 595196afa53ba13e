from collections.abc import Generator
from datetime import UTC, datetime

import pytest

from hub.kernel import clock


@pytest.fixture(autouse=True)
def days_after_the_samples() -> Generator[None]:
    """The samples are of May 2026; nothing here may depend on the day it is run."""
    with clock.frozen(datetime(2026, 5, 4, 12, tzinfo=UTC)):
        yield
