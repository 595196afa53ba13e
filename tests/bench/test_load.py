import asyncio
from collections import Counter

import pytest

from bench.load import make_request, send_all


class Door(asyncio.Protocol):
    """Answers every request, in two pieces, with the status that its path asks for."""

    seen: Counter[bytes]
    open_count = 0
    all_closed: asyncio.Event

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.buffer = b""
        Door.open_count += 1

    def connection_lost(self, _error: Exception | None) -> None:
        Door.open_count -= 1
        if not Door.open_count:
            Door.all_closed.set()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, ended, body = self.buffer.partition(b"\r\n\r\n")
        length = int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0] or 0) if ended else -1
        if len(body) != length:
            return
        self.buffer = b""
        Door.seen[body] += 1
        status = head.split(b" ")[1].removeprefix(b"/")
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.write(b"HTTP/1.1 " + status + b" Told\r\ncontent-le")
        asyncio.get_running_loop().call_soon(self.transport.write, b"ngth: 2\r\n\r\n{}")


async def send(
    requests: list[bytes], *, connections: int, rate_per_s: float, seconds: float = 60
) -> Counter[int]:
    Door.seen, Door.all_closed = Counter(), asyncio.Event()
    server = await asyncio.get_running_loop().create_server(Door, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        sender, _ = await send_all(
            requests, port=port, connections=connections, rate_per_s=rate_per_s, seconds=seconds
        )
        await Door.all_closed.wait()
    assert len(sender.delays_ms) == sender.statuses.total()
    assert sender.sent_at_s == sorted(sender.sent_at_s)
    return sender.statuses


@pytest.mark.parametrize("rate_per_s", [0, 5_000])
@pytest.mark.parametrize("connections", [1, 8, 300])
def test_every_request_is_sent_once_and_every_answer_counted(rate_per_s: float, connections: int) -> None:
    requests = [make_request("/202", b"%d" % number, "text/plain") for number in range(200)]
    statuses = asyncio.run(send(requests, connections=connections, rate_per_s=rate_per_s))
    assert statuses == {202: 200}
    assert Door.seen == {b"%d" % number: 1 for number in range(200)}


def test_refusals_are_counted_apart() -> None:
    requests = [make_request(path, b"{}", "text/plain") for path in ("/202", "/503", "/202")]
    assert asyncio.run(send(requests, connections=1, rate_per_s=0)) == {202: 2, 503: 1}


def test_what_is_due_and_unsent_when_time_is_over_is_dropped() -> None:
    requests = [make_request("/202", b"{}", "text/plain")] * 1_000_000
    statuses = asyncio.run(send(requests, connections=1, rate_per_s=10_000_000, seconds=0.2))
    assert statuses[202] < len(requests)


@pytest.mark.parametrize("rate_per_s", [0, 5_000])
def test_a_load_whose_time_is_over_ends_with_what_was_answered(rate_per_s: float) -> None:
    requests = [make_request("/202", b"{}", "text/plain")] * 5
    assert asyncio.run(send(requests, connections=2, rate_per_s=rate_per_s, seconds=0)) == {}
