"""`python -m bench.load`: a sender of webhooks that costs little, so that it measures the door, not itself.

Bodies are made before the clock starts; connections are kept alive; one request is under way on each.
Without --rate every connection sends as soon as it is answered; with it sending follows the clock, and
delays are counted from the moment at which a request was due, so that a slow door cannot hide its queue.
"""

import argparse
import asyncio
import base64
import gc
import json
import re
import sys
import time
from collections import Counter, deque
from collections.abc import Sequence
from typing import cast

import uvloop

from bench.events import patient_refs, visits
from bench.measures import percentile
from tools.seed import INFOBASE, INFOBASE_SECRET
from tools.stack.ports import LOOPBACK

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_HEAD_END = b"\r\n\r\n"
_SENDING_MAX_S = 60.0
_STALLED_AFTER_S = 30.0


class Sender:
    """All requests of one load: what is still to send, what came back, and when."""

    def __init__(self, requests: Sequence[bytes], seconds: float) -> None:
        self._requests = requests
        self._stops_at_s = time.perf_counter() + seconds
        self._next = 0
        self._begun_at_s: dict[int, float] = {}
        self._free: deque[Connection] = deque()
        self._due: deque[int] = deque()
        self.sent_at_s: list[float] = []
        self.delays_ms: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.ended = asyncio.Event()
        self._is_paced = False
        self._epoch_s = time.time() - time.perf_counter()

    def add(self, connection: "Connection") -> None:
        """Take up a connection that is ready to send."""
        self._free.append(connection)

    def run_closed(self) -> None:
        """Send on every connection, and again after each answer."""
        while self._free and self._is_going_on():
            self._send(self._free.popleft(), self._take(time.perf_counter()))

    async def run_paced(self, rate_per_s: float) -> None:
        """Send by the clock, on whichever connection is free."""
        self._is_paced = True
        started_at_s = time.perf_counter()
        while self._is_going_on():
            due_at_s = started_at_s + self._next / rate_per_s
            ahead_s = due_at_s - time.perf_counter()
            if ahead_s > 0:
                await asyncio.sleep(ahead_s)
            self._due.append(self._take(due_at_s))
            self._send_due()

    def answered(self, connection: "Connection", number: int, status: int) -> None:
        """Note an answer and go on."""
        self.delays_ms.append((time.perf_counter() - self._begun_at_s.pop(number)) * 1000)
        self.statuses[status] += 1
        self._free.append(connection)
        if self._is_paced:
            self._send_due()
        else:
            self.run_closed()
        self.end_if_idle()

    def end_if_idle(self) -> None:
        """Note the end once nothing is under way and nothing more will be sent."""
        if not self._begun_at_s and not self._is_going_on():
            self.ended.set()

    def _is_going_on(self) -> bool:
        return self._next < len(self._requests) and time.perf_counter() < self._stops_at_s

    def _take(self, begun_at_s: float) -> int:
        number = self._next
        self._next += 1
        self._begun_at_s[number] = begun_at_s
        self.sent_at_s.append(self._epoch_s + begun_at_s)
        return number

    def _send_due(self) -> None:
        if time.perf_counter() >= self._stops_at_s:
            for number in self._due:
                del self._begun_at_s[number]
            self._due.clear()
        while self._due and self._free:
            self._send(self._free.popleft(), self._due.popleft())

    def _send(self, connection: "Connection", number: int) -> None:
        connection.send(number, self._requests[number])


class Connection(asyncio.Protocol):
    """One kept-alive connection, one request at a time."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._number = -1
        self._lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be ready."""
        self._transport = cast("asyncio.Transport", transport)
        self._sender.add(self)

    def send(self, number: int, request: bytes) -> None:
        """Send one request."""
        assert self._transport is not None
        self._number = number
        self._transport.write(request)

    async def close(self) -> None:
        """Hang up, and wait until that is done."""
        if self._transport is not None:
            self._transport.close()
            await self._lost.wait()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        """Be gone; what was under way is never answered, and the load then ends by its timeout."""
        self._lost.set()

    def data_received(self, data: bytes) -> None:
        """Look whether the whole answer is there."""
        self._received += data
        head_end = self._received.find(_HEAD_END)
        if head_end < 0:
            return
        length = _LENGTH.search(self._received, 0, head_end)
        if length is None or len(self._received) < head_end + len(_HEAD_END) + int(length[1]):
            return
        status = int(self._received[9:12])
        self._received = b""
        self._sender.answered(self, self._number, status)


async def send_all(
    requests: Sequence[bytes],
    *,
    port: int,
    connections: int,
    rate_per_s: float = 0,
    seconds: float = _SENDING_MAX_S,
) -> tuple[Sender, float]:
    """Send everything, or for so long; give what came back and in how many seconds. Raises: TimeoutError."""
    sender = Sender(requests, seconds)
    loop = asyncio.get_running_loop()
    opened = []
    for _ in range(connections):
        _, connection = await loop.create_connection(lambda: Connection(sender), LOOPBACK, port)
        opened.append(connection)
    started_at_s = time.perf_counter()
    async with asyncio.timeout(seconds + _STALLED_AFTER_S):
        if rate_per_s:
            await sender.run_paced(rate_per_s)
        else:
            sender.run_closed()
        sender.end_if_idle()
        await sender.ended.wait()
    elapsed_s = time.perf_counter() - started_at_s
    for connection in opened:
        await connection.close()
    return sender, elapsed_s


def make_request(path: str, content: bytes, content_type: str) -> bytes:
    """Write a POST with the demo base's credential."""
    pair = base64.b64encode(f"{INFOBASE}:{INFOBASE_SECRET}".encode()).decode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {LOOPBACK}\r\nAuthorization: Basic {pair}\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def main() -> None:
    """Send, and write one JSON object about it."""
    words = _read_words()
    bodies = visits(words.events, first_no=words.first_no, patients=patient_refs(is_demo=words.demo))
    requests = [make_request(words.path, body.content, body.content_type) for body in bodies]
    gc.freeze()
    gc.disable()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sender, elapsed_s = runner.run(
            send_all(
                requests,
                port=words.port,
                connections=words.connections,
                rate_per_s=words.rate,
                seconds=words.seconds,
            )
        )
    told = {
        "elapsed_s": elapsed_s,
        "statuses": dict(sender.statuses),
        "p50_ms": percentile(sender.delays_ms, 0.50),
        "p99_ms": percentile(sender.delays_ms, 0.99),
        "cpu_s": time.process_time(),
        "sent_at_s": {body.event_id: at for body, at in zip(bodies, sender.sent_at_s, strict=False)}
        if words.with_instants
        else {},
    }
    json.dump(told, sys.stdout)


def _read_words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--first-no", type=int, required=True)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--rate", type=float, default=0, help="requests per second; 0 = as fast as answered")
    parser.add_argument("--seconds", type=float, default=_SENDING_MAX_S, help="stop sending after these")
    parser.add_argument("--demo", action="store_true", help="visits of the demo patients")
    parser.add_argument("--with-instants", action="store_true", help="tell when each event was due")
    return parser.parse_args()


if __name__ == "__main__":
    main()
