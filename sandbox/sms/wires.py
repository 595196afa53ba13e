"""A server protocol whose connections can be cut before an answer, which ASGI itself has no word for."""

import asyncio
from typing import ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

Peer = tuple[str, int]


class CuttableProtocol(H11Protocol):
    """HTTP/1.1 as usual; open connections are known by their peer."""

    open_wires: ClassVar[dict[Peer, asyncio.Transport]] = {}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.client is not None:
            self.open_wires[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self.client is not None:
            self.open_wires.pop(self.client, None)
        super().connection_lost(exc)


def cut(peer: Peer) -> None:
    """Drop a connection: whoever waits at its other end gets no byte of an answer."""
    transport = CuttableProtocol.open_wires.get(peer)
    if transport is not None:
        transport.abort()
