"""The SMTP side: as much of RFC 5321 as a client needs, with STARTTLS, AUTH and every fault on request."""

import asyncio
import base64
import binascii
import hmac
import re
import ssl
from collections.abc import Awaitable, Callable
from typing import ClassVar

from sandbox.mail.returning import make_notification
from sandbox.mail.room import MailRoom

SIZE_MAX = 10_485_760
IDLE_S = 300.0
_PATH = re.compile(r"(?:FROM|TO):\s*<([^<>\s]*)>(.*)", re.IGNORECASE)
_MAILBOX = re.compile(r"[^@\s]+@[^@\s]+")


class HangUpError(Exception):
    """The session is over."""


class Session:
    """One client."""

    def __init__(
        self,
        room: MailRoom,
        login: tuple[str, str] | None,
        context: ssl.SSLContext,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._room, self._login, self._context = room, login, context
        self._reader, self._writer = reader, writer
        self._is_encrypted = writer.get_extra_info("ssl_object") is not None
        self._is_known = False
        self._sender: str | None = None
        self._recipients: list[str] = []

    async def run(self) -> None:
        """Talk until somebody hangs up."""
        self._room.count_session()
        try:
            if self._room.spend_fault("down"):
                return
            await self._say("220 mail.sandbox ESMTP")
            while True:
                verb, _, words = (await self._read_line()).decode(errors="replace").partition(" ")
                handler = self._HANDLERS.get(verb.upper())
                if handler is None:
                    await self._say("502 5.5.1 What?")
                else:
                    await handler(self, words.strip())
        except (HangUpError, ConnectionError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            pass
        finally:
            self._writer.transport.abort()

    async def greet(self, _: str) -> None:
        self._reset()
        extensions = ["mail.sandbox", f"SIZE {SIZE_MAX}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
        if not self._is_encrypted:
            extensions.append("STARTTLS")
        extensions.append("AUTH PLAIN")
        await self._say(*[f"250-{word}" for word in extensions[:-1]], f"250 {extensions[-1]}")

    async def encrypt(self, _: str) -> None:
        if self._is_encrypted or self._room.spend_fault("tls"):
            await self._say("454 4.7.0 TLS is not available")
            return
        await self._say("220 2.0.0 Go ahead")
        await self._writer.start_tls(self._context)
        self._is_encrypted = True
        self._reset()

    async def authenticate(self, words: str) -> None:
        mechanism, _, proof = words.partition(" ")
        if mechanism.upper() != "PLAIN":
            await self._say("504 5.5.4 PLAIN only")
            return
        if not proof:
            await self._say("334 ")
            proof = (await self._read_line()).decode(errors="replace")
        self._is_known = not self._room.spend_fault("auth") and self._is_right(proof)
        await self._say("235 2.7.0 Welcome" if self._is_known else "535 5.7.8 Wrong login")

    async def begin(self, words: str) -> None:
        found = _PATH.fullmatch(words)
        size = re.search(r"\bSIZE=(\d+)", found[2]) if found else None
        if self._room.spend_fault("busy"):
            await self._say("421 4.3.2 Come back later")
            raise HangUpError
        if self._login is not None and not self._is_known:
            await self._say("530 5.7.0 Who are you?")
        elif found is None:
            await self._say("501 5.1.7 Bad sender")
        elif size is not None and int(size[1]) > SIZE_MAX:
            await self._say("552 5.3.4 Too large")
        else:
            self._sender = found[1]
            await self._say("250 2.1.0 Ok")

    async def address(self, words: str) -> None:
        found = _PATH.fullmatch(words)
        fault = self._room.spend_fault("greylist", "reject", address=found[1] if found else "")
        if self._sender is None:
            await self._say("503 5.5.1 MAIL first")
        elif fault is not None:
            is_greylist = fault.mode == "greylist"
            await self._say("451 4.7.1 Greylisted" if is_greylist else "550 5.1.1 No such user here")
        elif found is None or not _MAILBOX.fullmatch(found[1]):
            await self._say("501 5.1.3 Bad recipient")
        else:
            self._recipients.append(found[1])
            await self._say("250 2.1.5 Ok")

    async def take(self, _: str) -> None:
        if self._sender is None or not self._recipients:
            await self._say("503 5.5.1 RCPT first")
            return
        await self._say("354 End with a dot")
        content = await self._read_letter()
        if self._room.spend_fault("spam"):
            await self._say("554 5.7.1 Looks like spam")
        else:
            await self._keep(content)
        self._reset()

    async def start_anew(self, _: str) -> None:
        self._reset()
        await self._say("250 2.0.0 Ok")

    async def answer(self, _: str) -> None:
        await self._say("250 2.0.0 Ok")

    async def leave(self, _: str) -> None:
        await self._say("221 2.0.0 Bye")
        raise HangUpError

    async def _keep(self, content: bytes) -> None:
        for recipient in self._recipients:
            self._room.take(
                sender=self._sender or "",
                recipient=recipient,
                content=content,
                is_encrypted=self._is_encrypted,
            )
            if self._room.spend_fault("bounce", address=recipient):
                self._room.give_back(make_notification(content, recipient))
        fault = self._room.spend_fault("slow", "lost-answer")
        if fault is not None and fault.mode == "slow":
            await asyncio.sleep(fault.delay_s)
        if fault is not None and fault.mode == "lost-answer":
            raise HangUpError
        await self._say("250 2.0.0 Ok: queued")

    async def _read_letter(self) -> bytes:
        lines: list[bytes] = []
        size = 0
        while (line := await self._read_line(keep_end=True)) != b".\r\n":
            size += len(line)
            if size > SIZE_MAX:
                await self._say("552 5.3.4 Too large")
                raise HangUpError
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def _reset(self) -> None:
        self._sender, self._recipients = None, []

    def _is_right(self, proof: str) -> bool:
        try:
            _, user, password = base64.b64decode(proof, validate=True).decode().split("\0")
        except (binascii.Error, ValueError):
            return False
        known_user, known_password = self._login or (user, password)
        is_user = hmac.compare_digest(user.encode(), known_user.encode())
        return is_user and hmac.compare_digest(password.encode(), known_password.encode())

    async def _read_line(self, *, keep_end: bool = False) -> bytes:
        line = await asyncio.wait_for(self._reader.readline(), IDLE_S)
        if not line.endswith(b"\n"):
            raise HangUpError
        return line if keep_end else line.rstrip(b"\r\n")

    async def _say(self, *lines: str) -> None:
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self._writer.drain()

    _HANDLERS: ClassVar[dict[str, Callable[["Session", str], Awaitable[None]]]] = {
        "EHLO": greet,
        "HELO": greet,
        "STARTTLS": encrypt,
        "AUTH": authenticate,
        "MAIL": begin,
        "RCPT": address,
        "DATA": take,
        "RSET": start_anew,
        "NOOP": answer,
        "QUIT": leave,
    }


async def listen(
    room: MailRoom,
    host: str,
    port: int,
    *,
    login: tuple[str, str] | None,
    context: ssl.SSLContext,
    is_tls: bool = False,
) -> asyncio.Server:
    """Open a port, in TLS from the first byte or by STARTTLS; a login, if any, is asked of everybody."""

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Session(room, login, context, reader, writer).run()

    return await asyncio.start_server(meet, host, port, limit=SIZE_MAX, ssl=context if is_tls else None)
