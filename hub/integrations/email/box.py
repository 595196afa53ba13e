"""The box that failed letters come back to, by POP3: read, then forgotten once what it told is recorded."""

import poplib
import ssl
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any

from hub.db.transaction import assert_no_transaction
from hub.integrations.email.bounces import Bounce, read_bounce
from hub.integrations.email.line import Server

TIMEOUT_S = 10.0
READ_MAX = 100
"""Letters per visit; the rest is read at the next one."""
_LINES_MAX = 1_000
"""Of each letter: enough for the notification and the headers of what came back."""
_LINE_BYTES_MAX = 1_000_000
_ERRORS = (OSError, poplib.error_proto, EOFError)


class BoxUnreachableError(Exception):
    """Could not read or clear the box; what was not forgotten is told again."""


class BounceBox:
    """One visit to the box."""

    def __init__(self, connection: poplib.POP3) -> None:
        """Take over a connection that has logged in."""
        self._connection = connection
        self._numbers: list[int] = []

    def read(self) -> list[Bounce]:
        """Give what came back since the last visit. Raises: BoxUnreachableError."""
        assert_no_transaction()
        with _told_as_unreachable():
            count, _ = self._connection.stat()
            self._numbers = list(range(1, min(count, READ_MAX) + 1))
            letters = [self._connection.top(number, _LINES_MAX)[1] for number in self._numbers]
        return [bounce for lines in letters if (bounce := read_bounce(b"\r\n".join(lines))) is not None]

    def forget(self) -> int:
        """Take away all that was read; how many. Raises: BoxUnreachableError."""
        assert_no_transaction()
        with _told_as_unreachable():
            for number in self._numbers:
                self._connection.dele(number)
            # The server deletes at this word only: a visit that breaks off before has changed nothing.
            self._connection.quit()
        return len(self._numbers)


@contextmanager
def visiting(server: Server, *, context: ssl.SSLContext | None = None) -> Generator[BounceBox]:
    """Log in and hang up at the end. Raises: BoxUnreachableError."""
    assert_no_transaction()
    with _told_as_unreachable():
        connection = _connect(server, context)
    try:
        with _told_as_unreachable():
            connection.file = _PatientFile(connection.file)  # type: ignore[assignment]
            connection.user(server.user)
            connection.pass_(server.password)
        yield BounceBox(connection)
    finally:
        with suppress(*_ERRORS):
            connection.close()


class _PatientFile:
    """Cuts lines that are longer than poplib bears: one such letter must not close the box for ever."""

    def __init__(self, file: Any) -> None:  # noqa: ANN401 - poplib's own
        self._file = file

    def readline(self, limit: int) -> bytes:
        line: bytes = self._file.readline(_LINE_BYTES_MAX)
        return line if len(line) < limit else line[: limit - 3] + b"\r\n"

    def close(self) -> None:
        self._file.close()


def _connect(server: Server, context: ssl.SSLContext | None) -> poplib.POP3:
    if server.security == "none":
        return poplib.POP3(server.host, server.port, TIMEOUT_S)
    trusted = context or ssl.create_default_context()
    return poplib.POP3_SSL(server.host, server.port, timeout=TIMEOUT_S, context=trusted)


@contextmanager
def _told_as_unreachable() -> Generator[None]:
    try:
        yield
    except _ERRORS as error:
        raise BoxUnreachableError(type(error).__name__) from error
