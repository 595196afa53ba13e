"""The XSD for 1C developers: how to write. What is understood, the lenient reader decides: ADR 0010."""

from functools import cache
from pathlib import Path

_PATH = Path(__file__).with_name("exchange.xsd")


@cache
def read() -> bytes:
    """Give the schema as it lies beside the code."""
    return _PATH.read_bytes()
