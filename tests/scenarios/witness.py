"""A witness on the wire to the SMS gateway: passes calls on, and remembers what reached it and when."""

import json
import threading
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx


@dataclass
class Witness:
    """What was seen; `hold` keeps answers back that the gateway has given already."""

    gateway: httpx.Client
    url: str = ""
    taken: Counter[str] = field(default_factory=Counter)
    """Sends that the gateway took, by our key."""
    calls: list[tuple[float, float, int]] = field(default_factory=list)
    """Arrival, answer, status of each send."""
    held: int = 0
    hold_after: int | None = None
    """Hold every answer once so many were taken."""
    release: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self, mode: str) -> None:
        assert self.gateway.post("/faults", json={"mode": mode}).is_success

    def see(self, key: str, arrived_at_s: float, status: int) -> bool:
        """Take in one send; whether its answer is to be held."""
        with self.lock:
            self.calls.append((arrived_at_s, time.monotonic(), status))
            if status == httpx.codes.OK:
                self.taken[key] += 1
            is_held = self.hold_after is not None and self.taken.total() > self.hold_after
            self.held += is_held
        return is_held


@contextmanager
def watching(gateway: httpx.Client) -> Generator[Witness]:
    """Stand between the hub and the gateway."""
    witness = Witness(gateway)

    class Wire(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self._pass_on()

        def do_GET(self) -> None:
            self._pass_on()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _pass_on(self) -> None:
            arrived_at_s = time.monotonic()
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {"Authorization": self.headers["Authorization"], "Content-Type": "application/json"}
            answer = gateway.request(self.command, self.path, content=content, headers=headers)
            is_send = self.command == "POST"
            if is_send and witness.see(json.loads(content)["client_id"], arrived_at_s, answer.status_code):
                witness.release.wait(60)
            self.send_response(answer.status_code)
            if "retry-after" in answer.headers:
                self.send_header("Retry-After", answer.headers["retry-after"])
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A killed worker leaves broken wires behind; they are the point."""

    server = Server(("127.0.0.1", 0), Wire)
    witness.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield witness
    finally:
        witness.release.set()
        server.shutdown()
        thread.join()
        server.server_close()
