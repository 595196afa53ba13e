"""The box that failed letters come back to: as much of POP3 (RFC 1939) as a reader needs."""

import asyncio
import contextlib
import hmac
import re
from collections.abc import Awaitable, Callable
from typing import ClassVar

from sandbox.mail.room import MailRoom

IDLE_S = 60.0


class ByeError(Exception):
    """The visit is over."""


class Visit:
    """One reader, with the box as it was when he came."""

    def __init__(
        self,
        room: MailRoom,
        login: tuple[str, str] | None,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._room, self._login = room, login
        self._reader, self._writer = reader, writer
        self._letters = room.list_returned()
        self._deleted: set[int] = set()
        self._user = ""
        self._is_known = False

    async def run(self) -> None:
        """Talk until somebody hangs up."""
        with contextlib.suppress(ByeError, ConnectionError, TimeoutError, ValueError):
            await self._say("+OK mail.sandbox")
            while line := await asyncio.wait_for(self._reader.readline(), IDLE_S):
                verb, *words = line.decode(errors="replace").split()
                handler = self._HANDLERS.get(verb.upper())
                if handler is None or not (self._is_known or verb.upper() in {"USER", "PASS", "QUIT"}):
                    await self._say("-ERR not now")
                else:
                    await handler(self, words)
        self._writer.transport.abort()

    async def name(self, words: list[str]) -> None:
        self._user = " ".join(words)
        await self._say("+OK")

    async def prove(self, words: list[str]) -> None:
        given = f"{self._user}:{' '.join(words)}"
        wanted = ":".join(self._login) if self._login else given
        self._is_known = hmac.compare_digest(given.encode(), wanted.encode())
        await self._say("+OK" if self._is_known else "-ERR wrong login")

    async def count(self, _: list[str]) -> None:
        await self._say(f"+OK {len(self._letters)} {sum(map(len, self._letters))}")

    async def show(self, words: list[str]) -> None:
        number = self._number(words)
        lines = re.split(rb"\r?\n", self._letters[number])
        body_at = lines.index(b"") + 1 if b"" in lines else len(lines)
        shown = lines[: body_at + int(words[1])] if len(words) > 1 else lines
        stuffed = [b"." + line if line.startswith(b".") else line for line in shown]
        self._writer.write(b"+OK\r\n" + b"\r\n".join(stuffed) + b"\r\n.\r\n")
        await self._writer.drain()

    async def delete(self, words: list[str]) -> None:
        self._deleted.add(self._number(words))
        await self._say("+OK")

    async def leave(self, _: list[str]) -> None:
        self._room.take_away([self._letters[number] for number in self._deleted])
        await self._say("+OK")
        raise ByeError

    def _number(self, words: list[str]) -> int:
        """Count from nought. Raises: ValueError, which ends the visit."""
        number = int(words[0]) - 1
        if not 0 <= number < len(self._letters):
            raise ValueError
        return number

    async def _say(self, line: str) -> None:
        self._writer.write(f"{line}\r\n".encode())
        await self._writer.drain()

    _HANDLERS: ClassVar[dict[str, Callable[["Visit", list[str]], Awaitable[None]]]] = {
        "USER": name,
        "PASS": prove,
        "STAT": count,
        "TOP": show,
        "RETR": show,
        "DELE": delete,
        "QUIT": leave,
    }


async def open_box(room: MailRoom, host: str, port: int, *, login: tuple[str, str] | None) -> asyncio.Server:
    """Open the port; the login is the mail server's own."""

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Visit(room, login, reader, writer).run()

    return await asyncio.start_server(meet, host, port)
