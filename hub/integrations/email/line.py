"""The line to a mail server: TLS as told, a hard deadline on every byte, idle connections kept for re-use."""

import io
import smtplib
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

Security = Literal["none", "starttls", "tls"]
CONNECT_TIMEOUT_S = 5.0
TIMEOUT_S = 30.0
"""One letter from greeting to last answer, however slowly the server speaks."""
IDLE_S_MAX = 45.0
IDLE_MAX = 8
LETTERS_MAX = 100
"""Letters over one connection; servers end longer ones in mid-sentence."""
_CHUNK_BYTES = 65_536
_OK = 250
_SECURITY: dict[str, tuple[Security, int]] = {
    "smtp": ("none", 25),
    "smtp+starttls": ("starttls", 587),
    "smtps": ("tls", 465),
    "pop3": ("none", 110),
    "pop3s": ("tls", 995),
}


class Server(NamedTuple):
    """Where letters go, and how they may."""

    host: str
    port: int
    security: Security
    user: str
    password: str

    def __repr__(self) -> str:
        """Tell no secret."""
        return f"Server({self.host}:{self.port}, {self.security})"


def read_server(url: str) -> Server:
    """Read smtp://, smtp+starttls://, smtps:// or pop3s://, then login:secret@host:port.

    Raises: ValueError.
    """
    parts = urlsplit(url)
    if parts.scheme not in _SECURITY or not parts.hostname:
        raise ValueError("not the address of a mail server")
    security, port = _SECURITY[parts.scheme]
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not (user + password).isascii():
        raise ValueError("login and password of a mail server are ASCII")
    return Server(parts.hostname, parts.port or port, security, user, password)


class SmtpLine(smtplib.SMTP):
    """A connection whose every read and write ends by a deadline."""

    deadline_s = 0.0
    letters = 0
    idle_since_s = 0.0
    is_handed_over = False
    """The last bytes of a letter may have reached the server: only it knows what became of it."""

    def __init__(self, server: Server, *, domain: str, **tls: Any) -> None:  # noqa: ANN401 - smtplib's own
        """Connect and read the greeting. Raises: OSError."""
        self.start(TIMEOUT_S)
        super().__init__(server.host, server.port, domain, timeout=CONNECT_TIMEOUT_S, **tls)

    def start(self, timeout_s: float) -> None:
        """Begin a conversation that may last so long."""
        self.deadline_s = time.monotonic() + timeout_s
        self.is_handed_over = False

    def remaining_s(self) -> float:
        """Time left. Raises: TimeoutError when there is none."""
        left_s = self.deadline_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        return left_s

    def getreply(self) -> tuple[int, bytes]:
        """Read an answer. Raises: smtplib.SMTPServerDisconnected."""
        if self.file is None and self.sock is not None:
            self.file = io.BufferedReader(_TimedReader(self))
        return super().getreply()

    def send(self, s: "ReadableBuffer | str") -> None:
        """Write it all. Raises: smtplib.SMTPServerDisconnected."""
        left = memoryview(s.encode(self.command_encoding) if isinstance(s, str) else s)
        try:
            while left:
                if self.sock is None:
                    raise smtplib.SMTPServerDisconnected("not connected")
                self.sock.settimeout(self.remaining_s())
                left = left[self.sock.send(left[:_CHUNK_BYTES]) :]
        except OSError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected("lost while writing") from error

    def hand_over(self, content: bytes) -> tuple[int, bytes]:
        """Write a letter with its closing dot and read the verdict.

        Raises: smtplib.SMTPServerDisconnected; `is_handed_over` tells whether the dot went out.
        """
        head, tail = content[:-_CHUNK_BYTES], content[-_CHUNK_BYTES:]
        if head:
            self.send(head)
        self.is_handed_over = True
        self.send(tail)
        return self.getreply()


class _SmtpTlsLine(SmtpLine, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""


class _TimedReader(io.RawIOBase):
    """Reads from a line's socket, never past the line's deadline."""

    def __init__(self, line: SmtpLine) -> None:
        super().__init__()
        assert line.sock is not None
        self._line, self._sock = line, line.sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        self._sock.settimeout(self._line.remaining_s())
        return self._sock.recv_into(memoryview(buffer))


def open_line(server: Server, *, domain: str, context: ssl.SSLContext) -> SmtpLine:
    """Connect, encrypt, log in. Raises: OSError, which smtplib's errors are too."""
    if server.security == "tls":
        line: SmtpLine = _SmtpTlsLine(server, domain=domain, context=context)
    else:
        line = SmtpLine(server, domain=domain)
    try:
        if line.sock is not None:
            line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if server.security == "starttls":
            line.starttls(context=context)
        line.ehlo_or_helo_if_needed()
        if server.user:
            line.login(server.user, server.password)
    except BaseException:
        line.close()
        raise
    return line


@dataclass
class LinePool:
    """Lines that wait for the next letter, the freshest first. Safe to call from several threads."""

    open: Callable[[], SmtpLine]
    _idle: deque[SmtpLine] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> SmtpLine:
        """Give a line that has just answered, kept or new. Raises: OSError."""
        if (line := self._pop()) is not None:
            if time.monotonic() - line.idle_since_s <= IDLE_S_MAX and _answers(line):
                return line
            # The freshest one is gone, so are the others: nobody waits for each of them.
            line.close()
            self.close()
        return self.open()

    def give_back(self, line: SmtpLine) -> None:
        """Keep a line whose last letter is settled, unless it has done enough."""
        line.letters += 1
        line.idle_since_s = time.monotonic()
        with self._lock:
            is_kept = line.letters < LETTERS_MAX and len(self._idle) < IDLE_MAX
            if is_kept:
                self._idle.append(line)
        if not is_kept:
            line.close()

    def close(self) -> None:
        """Hang up."""
        while (line := self._pop()) is not None:
            line.close()

    def _pop(self) -> SmtpLine | None:
        with self._lock:
            return self._idle.pop() if self._idle else None


def _answers(line: SmtpLine) -> bool:
    """Forget what the last letter may have left on the line; servers hang up on idle lines silently."""
    line.start(CONNECT_TIMEOUT_S)
    try:
        return line.rset()[0] == _OK
    except OSError:
        return False
