"""The sender, a process of its own: `python -m tests.chaos.load ORDER`. It is paced by the clock alone.

Each webhook is due at its instant, however slow the hub is (an open model), over a bounded number of kept
connections. What is not acknowledged is sent again, as 1C's exchange plan does, or given up: the order says.
Every answer is one line of an append-only list.
"""

import asyncio
import json
import random
import sys
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CONNECTIONS = 64
_TIMEOUT_S = 15.0
_WAITS_S = (0.2, 0.5, 1.0, 2.0)
ACCEPTED = 202


@dataclass(frozen=True, slots=True)
class Order:
    """What to send and how. `calls`: instant in seconds and body of each webhook."""

    port: int
    login: str
    secret: str
    calls: list[tuple[float, str]]
    retries: bool
    give_up_after_s: float
    answers: str
    """Path of the list of answers."""

    def write(self, path: Path) -> None:
        path.write_text(json.dumps({name: getattr(self, name) for name in self.__slots__}))


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of the list. `status` 0: no answer came."""

    webhook: int
    attempt: int
    status: int
    items: list[dict[str, Any]]
    retry_after_s: float
    error: str
    late_s: float
    """How long after its instant it was sent: the hub or the machine was too slow for the pace."""
    took_s: float

    @property
    def is_acknowledged(self) -> bool:
        return self.status == ACCEPTED


class Line:
    """One kept connection."""

    def __init__(self, order: Order) -> None:
        self._order = order
        token = b64encode(f"{order.login}:{order.secret}".encode()).decode()
        self._head = (
            f"POST /api/1c/v1/events HTTP/1.1\r\nHost: 127.0.0.1:{order.port}\r\n"
            f"Authorization: Basic {token}\r\nContent-Type: application/json\r\nContent-Length: "
        )
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, body: str) -> tuple[int, Mapping[str, str], bytes]:
        """Send and read one answer. Raises: OSError, EOFError, TimeoutError; then the connection is gone."""
        content = body.encode()
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                if self._streams is None:
                    self._streams = await asyncio.open_connection("127.0.0.1", self._order.port)
                reader, writer = self._streams
                writer.write(f"{self._head}{len(content)}\r\n\r\n".encode() + content)
                await writer.drain()
                status, headers = _read_head(await reader.readuntil(b"\r\n\r\n"))
                answer = await reader.readexactly(int(headers["content-length"]))
        except BaseException:
            self.close()
            raise
        if headers.get("connection") == "close":
            self.close()
        return status, headers, answer

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


class Sender:
    """Sends the calls of an order and writes down what came back."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._due: asyncio.PriorityQueue[tuple[float, int, int]] = asyncio.PriorityQueue()
        self._open = len(order.calls)
        self._done = asyncio.Event()
        self._random = random.Random(0)
        self._list = Path(order.answers).open("a", encoding="utf-8")  # noqa: SIM115 - as long as the process

    async def run(self) -> None:
        """The first call goes alone; the clock of the others starts when it is acknowledged."""
        first = Line(self._order)
        await self._send(first, time.monotonic(), 0, 1)
        first.close()
        self._open -= 1
        started = time.monotonic()
        self._give_up_at = started + self._order.give_up_after_s
        for number, (at_s, _) in enumerate(self._order.calls[1:], 1):
            self._due.put_nowait((started + at_s, number, 1))
        lines = [asyncio.create_task(self._serve()) for _ in range(_CONNECTIONS)]
        await self._done.wait()
        for line in lines:
            line.cancel()
        await asyncio.gather(*lines, return_exceptions=True)

    async def _serve(self) -> None:
        line = Line(self._order)
        while True:
            due, number, attempt = await self._due.get()
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            answer = await self._send(line, due, number, attempt)
            if not answer.is_acknowledged and self._order.retries and time.monotonic() < self._give_up_at:
                wait_s = max(answer.retry_after_s, _WAITS_S[min(attempt, len(_WAITS_S)) - 1])
                again_at = time.monotonic() + wait_s * self._random.uniform(0.8, 1.2)
                self._due.put_nowait((again_at, number, attempt + 1))
                continue
            self._open -= 1
            if not self._open:
                self._done.set()

    async def _send(self, line: Line, due: float, number: int, attempt: int) -> Answer:
        sent_at = time.monotonic()
        status, items, retry_after_s, error = 0, [], 0.0, ""
        try:
            status, headers, content = await line.post(self._order.calls[number][1])
            retry_after_s = float(headers.get("retry-after", "0"))
            answer = json.loads(content)
            if status == ACCEPTED:
                items = answer.get("items", [answer])
            else:
                error = str(answer.get("code", ""))
        except (OSError, EOFError, TimeoutError) as failure:
            error = type(failure).__name__
        told = Answer(
            webhook=number,
            attempt=attempt,
            status=status,
            items=items,
            retry_after_s=retry_after_s,
            error=error,
            late_s=round(sent_at - due, 3),
            took_s=round(time.monotonic() - sent_at, 3),
        )
        self._list.write(json.dumps({name: getattr(told, name) for name in told.__slots__}) + "\n")
        self._list.flush()
        return told


def _read_head(head: bytes) -> tuple[int, dict[str, str]]:
    first, *rest = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in rest if line)
    return int(first.split()[1]), {name.strip().lower(): value.strip() for name, _, value in pairs}


def main() -> None:
    order = Order(**json.loads(Path(sys.argv[1]).read_text()))
    asyncio.run(Sender(order).run())


if __name__ == "__main__":
    main()
